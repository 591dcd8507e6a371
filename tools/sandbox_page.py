"""Write the table of limits into docs/sandbox.md and docs/sandbox.zh.md, from the numbers that the code goes by.

python tools/sandbox_page.py
"""

from __future__ import annotations

from pathlib import Path

from explainer.comparison.sandbox import call_filter
from explainer.comparison.sandbox.files import MAX_FILES, MAX_SOURCE
from explainer.comparison.sandbox.limits import Limits
from explainer.i18n.bilingual import Bi, Lang

ROOT = Path(__file__).resolve().parent.parent
PAGES: dict[Lang, str] = {"en": "docs/sandbox.md", "zh": "docs/sandbox.zh.md"}
BEGIN, END = "<!-- limits: written by tools/sandbox_page.py -->\n", "<!-- end of limits -->\n"

HEAD = Bi("| | 限制 | 办法 |\n| :--- | :--- | :--- |\n", "| | limit | how |\n| :--- | :--- | :--- |\n")
ROWS: tuple[tuple[Bi, Bi, Bi], ...] = (
    (
        Bi("时间", "time"),
        Bi("{seconds}秒（实际时间），{cpu}秒（处理器时间）", "{seconds} s by the clock, {cpu} s of the processor"),
        Bi("由外部终止；`RLIMIT_CPU`", "killed from outside; `RLIMIT_CPU`"),
    ),
    (
        Bi("内存", "memory"),
        Bi("torch本身之外再用{memory} GiB", "{memory} GiB beyond torch itself"),
        Bi(
            "`RLIMIT_AS`；不属于任何进程的内存（共享内存、内存文件、消息队列）由系统调用过滤器拒绝；能建cgroup v2的地方再加上它",
            "`RLIMIT_AS`; memory that belongs to no process (shared memory, memory files, message queues) is refused by the "
            "filter of system calls; and a cgroup v2 where one can be made",
        ),
    ),
    (
        Bi("进程与线程", "processes and threads"),
        Bi("不能新建", "none"),
        Bi(
            "过滤器；`RLIMIT_NPROC` 为0；结束时终止整个PID命名空间和进程组",
            "the filter; `RLIMIT_NPROC` 0; at the end its PID namespace and its process group are killed",
        ),
    ),
    (
        Bi("输出", "output"),
        Bi("打印{output} MiB，送回{result} MiB", "{output} MiB printed, {result} MiB sent back"),
        Bi("计数，超过即终止", "counted, then killed"),
    ),
    (
        Bi("文件", "files"),
        Bi("一个{disk} MiB的临时目录，用完即删；同时打开{open_files}个", "one directory of {disk} MiB, gone afterwards; {open_files} open at a time"),
        Bi(
            "单独的根目录，其中只有只读的Python和系统库；Landlock",
            "a root of its own with Python and the system's libraries, read only; Landlock",
        ),
    ),
    (
        Bi("源文件", "source files"),
        Bi("每个{source} KiB，共{files}个，不含链接", "{source} KiB each, {files} in all, no links"),
        Bi("读之前检查", "checked before they are read"),
    ),
    (
        Bi("网络", "network"),
        Bi("不能上网，本机地址也连不上", "none, this machine's own addresses included"),
        Bi("没有网卡的网络命名空间；过滤器（任何套接字都建不了）；Landlock", "a network namespace without interfaces; the filter (no socket of any family); Landlock"),
    ),
    (
        Bi("其他进程", "other processes"),
        Bi("看不见，也不能发信号", "neither seen nor signalled"),
        Bi("PID与IPC命名空间，单独的会话，过滤器，Landlock", "PID and IPC namespaces, an own session, the filter, Landlock"),
    ),
    (
        Bi("系统调用", "system calls"),
        Bi("拒绝{calls}个；另一套编号（32位、x32）全部拒绝", "{calls} are refused, and other tables of numbers (32 bits, x32) altogether"),
        Bi("seccomp", "seccomp"),
    ),
    (
        Bi("身份", "identity"),
        Bi("用户 `nobody`，没有任何特权", "the user `nobody`, no capabilities"),
        Bi("`setresuid`，`PR_SET_NO_NEW_PRIVS`；绝不以root身份运行", "`setresuid`, `PR_SET_NO_NEW_PRIVS`; never root"),
    ),
    (
        Bi("环境", "environment"),
        Bi("只有语言和线程数，没有你的任何环境变量", "a language and the number of threads, nothing of yours"),
        Bi("环境变量清空，标准输入为空，不留打开的文件", "`env` empty, standard input empty, no open files"),
    ),
)  # fmt: skip


def table(lang: Lang) -> str:
    """The rows, with the numbers of `Limits`."""
    limits = Limits()
    numbers = {
        "seconds": f"{limits.seconds:g}",
        "cpu": str(limits.cpu_seconds),
        "memory": f"{limits.memory / 2**30:g}",
        "output": f"{limits.output / 2**20:g}",
        "result": f"{limits.result / 2**20:g}",
        "disk": f"{limits.disk / 2**20:g}",
        "open_files": str(limits.open_files),
        "source": str(MAX_SOURCE // 1024),
        "files": str(MAX_FILES),
        "calls": str(sum(len(calls) for calls, _ in call_filter.REFUSED)),
    }
    rows = ("| " + " | ".join(cell[lang].format(**numbers) for cell in row) + " |\n" for row in ROWS)
    return HEAD[lang] + "".join(rows)


def page(text: str, lang: Lang) -> str:
    """The page with its table written anew. Raises ValueError where the marks are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"no marks for the table: {BEGIN.strip()} … {END.strip()}")
    return before + begin + table(lang) + end + after


def main() -> None:
    """Write both pages."""
    for lang, name in PAGES.items():
        path = ROOT / name
        path.write_text(page(path.read_text(encoding="utf-8"), lang), encoding="utf-8")


if __name__ == "__main__":
    main()
