"""How much a submission may take, and what is said when it takes more."""

from __future__ import annotations

from dataclasses import dataclass

from explainer.comparison.facts import Facts
from explainer.i18n.bilingual import Bi, joined


@dataclass(frozen=True)
class Limits:
    """seconds: of the clock; cpu_seconds: of the processor; the others in bytes.

    memory: address space beyond what torch itself takes. disk: in the directory to write in, and of each file.
    output: what it may print; result: the JSON that comes back.
    """

    seconds: float = 60.0
    cpu_seconds: int = 60
    memory: int = 2 * 2**30
    disk: int = 16 * 2**20
    output: int = 2**20
    result: int = 16 * 2**20
    open_files: int = 64


@dataclass(frozen=True)
class Failure:
    """A submission that could not be run, in a sentence. id: `time`, `memory`, …, or `user` for a plain mistake in it.

    seen: the steps before the one at which its forward pass broke.
    """

    id: str
    message: Bi
    seen: Facts | None = None


MESSAGES: dict[str, Bi] = {
    "time": Bi(
        zh='程序运行超过{seconds}秒仍未结束，已被终止。请检查有没有死循环，训练代码是否放在了 if __name__ == "__main__" 之下。',
        en="The program was still running after {seconds} s and was stopped. Look for an endless loop, and for training "
        'code that is not under if __name__ == "__main__".',
    ),
    "memory": Bi(
        zh="程序要的内存超过上限（{memory} GiB），已被终止。请检查各层的大小。",
        en="The program asked for more memory than it may have ({memory} GiB) and was stopped. Check the sizes of the layers.",
    ),
    "processes": Bi(
        zh="程序试图启动别的进程或线程。定义模型不需要它们，请去掉这段代码。",
        en="The program tried to start other processes or threads. Defining a model needs none: remove that code.",
    ),
    "files": Bi(
        zh="程序试图读写不允许访问的文件{path}。提交的代码只能使用它自己的临时目录。",
        en="The program tried to use a file that it may not touch{path}. A submission has only a temporary directory of its own.",
    ),
    "disk": Bi(
        zh="程序写的文件太大（上限{disk} MiB）。",
        en="The program wrote files that are too large (at most {disk} MiB are allowed).",
    ),
    "refused": Bi(
        zh="程序试图做不允许的事（如连接网络、给其他进程发信号），已被拒绝。模型的代码不需要这些，请删去。",
        en="The program tried something that is not allowed, such as using the network or signalling other processes, and was "
        "refused. A model needs none of this: take it out.",
    ),
    "network": Bi(
        zh="程序试图连接网络。提交的代码不能上网，请不要下载预训练权重或数据。",
        en="The program tried to use the network, which a submission cannot reach: do not download weights or data.",
    ),
    "output": Bi(
        zh="程序打印的内容超过{output} KiB，已被终止。请去掉循环里的print。",
        en="The program printed more than {output} KiB and was stopped. Remove the print() calls in loops.",
    ),
    "exit": Bi(
        zh="程序自己结束了运行（例如调用了sys.exit、exit或os._exit），没有留下模型。请去掉这一调用。",
        en="The program ended itself (by sys.exit, exit or os._exit, for example) and left no model. Remove that call.",
    ),
    "killed": Bi(
        zh="程序被系统终止（{signal}）。",
        en="The program was ended by the system ({signal}).",
    ),
    "crash": Bi(
        zh="程序崩溃了（{signal}）。请先在自己的电脑上运行一遍。",
        en="The program crashed ({signal}). Run it on your own computer first.",
    ),
    "recursion": Bi(
        zh="程序的递归没有终止。请检查哪个函数调用了自己。",
        en="The program calls itself without end. Look for a function that calls itself.",
    ),
    "strange": Bi(
        zh="程序送回的结果不是一份可以读懂的推导，不予采用。",
        en="What the program sent back is no derivation that can be read, so it is not used.",
    ),
    "error": Bi(
        zh="程序出错：{reason}。请先在自己的电脑上运行一遍。",
        en="The program failed: {reason}. Run it on your own computer first.",
    ),
    "root": Bi(
        zh="当前是root身份，又不能换成普通身份，所以不运行提交的代码。请以普通用户运行，或把Python装到所有用户都能读的目录。",
        en="This is running as root and cannot change to an ordinary user, so the submission is not run. Run it as an ordinary "
        "user, or install Python where every user can read it.",
    ),
    "sandbox": Bi(
        zh="隔离运行的进程无法启动：{reason}。",
        en="The process that runs submissions could not be started: {reason}.",
    ),
}
PROTECTIONS: dict[str, Bi] = {
    "network": Bi(zh="断开网络", en="no network"),
    "processes": Bi(zh="看不到其他进程", en="no sight of other processes"),
    "files": Bi(zh="碰不到其他文件", en="no access to other files"),
    "user": Bi(zh="不以root身份运行", en="not run as root"),
}
MISSING = Bi(
    zh="注意：此系统不支持以下保护：{names}。时间、内存、输出等限制仍然有效。请只运行信得过的代码。",
    en="Note: this system does not grant these protections: {names}. The limits on time, memory and output still hold. Run only "
    "code that you trust.",
)


def failure(kind: str, limits: Limits, **words: object) -> Failure:
    """The sentence for what went wrong."""
    values: dict[str, object] = {
        "seconds": f"{limits.seconds:g}",
        "memory": f"{limits.memory / 2**30:g}",
        "disk": f"{limits.disk / 2**20:g}",
        "output": f"{limits.output / 2**10:g}",
        "path": "",
        **words,
    }
    return Failure(kind, MESSAGES[kind].format(**values))


def missing(granted: set[str]) -> Bi | None:
    """What the system did not grant, or None."""
    names = [text for name, text in PROTECTIONS.items() if name not in granted]
    return MISSING.format(names=joined(names)) if names else None
