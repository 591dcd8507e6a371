"""The saved file: what it consists of, and why one size is shown as different numbers."""

from __future__ import annotations

from explainer.cost.figures import sum_of
from explainer.cost.units import Size, rounded
from explainer.formula.derivation import Derivation
from explainer.formula.tree import Symbol
from explainer.i18n.bilingual import Bi, grouped, same
from explainer.walkthrough.measured import SavedFile

WEIGHTS = Symbol("B_w", Bi("参数所占字节", "bytes of the parameters"))
BUFFERS = Symbol("B_b", Bi("缓冲区所占字节", "bytes of the buffers"), neutral=0)
NAMES = Symbol("B_n", Bi("名称和形状的清单（data.pkl）所占字节", "bytes of the list of names and shapes (data.pkl)"))
CONTAINER = Symbol(
    "B_z", Bi("压缩包的文件头、对齐填充和目录所占字节", "bytes of the archive's headers, filling and directory")
)
WHY = Bi(
    zh="文件里除参数外还有缓冲区、名称和形状的清单，以及压缩包自身的文件头和目录；没有参数的层（如丢弃层、池化层）不影响文件的大小。",
    en="Beside the parameters the file holds the buffers, a list of names and shapes, and the archive's own headers and "
    "directory; layers without parameters (dropout, pooling) add nothing to it.",
)
AS_KIB = Bi(
    zh="{bytes} B除以1024是{kib} KiB；文件管理器常把KiB写作KB，于是看上去像是“{look} M”。除以1,000,000则是{mb} MB，除以1,048,576"
    "是{mib} MiB。三个数是同一大小的不同写法；没有参数的层（如丢弃层）不影响文件大小。",
    en="{bytes} B divided by 1024 is {kib} KiB, which file managers often write as KB, so that it looks like '{look} M'. "
    "Divided by 1,000,000 it is {mb} MB, by 1,048,576 {mib} MiB: three numbers for one size, and layers without parameters, "
    "such as dropout, have nothing to do with it.",
)


def file_parts(file: SavedFile) -> Derivation:
    """B_w + B_b + B_n + B_z."""
    return sum_of([(WEIGHTS, file.weights), (BUFFERS, file.buffers), (NAMES, file.names), (CONTAINER, file.container)])


def why_kib(count: int) -> Bi:
    """Why a file of so many bytes is shown as 540,459 KB, 553 MB and 528 MiB alike."""
    size = Size(count)
    return AS_KIB.format(
        bytes=count,
        kib=same(rounded(size.exactly("KiB"), 1)),
        look=same(grouped(round(size.exactly("KiB") / 1000))),
        mb=same(rounded(size.exactly("MB"))),
        mib=same(rounded(size.exactly("MiB"))),
    )
