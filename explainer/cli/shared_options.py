"""Options that several commands have. What only one command has is declared beside it."""

from __future__ import annotations

from pathlib import Path

import click

from explainer.cli.declare import argument, option
from explainer.i18n.bilingual import Bi

MOST_BATCH = 1_000_000

MODEL = argument("model", metavar="MODEL")
OUTPUT = Bi(
    "输出文件，格式由结尾决定：.md、.html、.pdf 或 .json；可重复",
    "output file, its ending the format: .md .html .pdf .json; may be repeated",
)
LANG_HELP = Bi(
    "语言：zh、en 或 zh,en（双语）；默认按系统语言", "language: zh, en, or zh,en for both; default: the locale's"
)
CSS = option(
    "--css",
    "css",
    help=Bi(
        "加在HTML和PDF样式之后的样式文件（CSS）；变量见 docs/pages.zh.md",
        "a style sheet (CSS) added behind the page's own, for HTML and PDF; docs/pages.md has its variables",
    ),
    type=Path,
    metavar="FILE",
)
LANG = option("--lang", help=LANG_HELP, metavar="zh|en|zh,en")
ONE_LANG = option(
    "--lang", help=Bi("语言：zh 或 en；默认按系统语言", "language: zh or en; default: the locale's"), metavar="zh|en"
)
INPUT = option(
    "--input",
    "inputs",
    help=Bi(
        "输入形状，批量在前，如 1,3,224,224 或 1,128:int64；数值写成 n=int:3、mask=none；可重复",
        "input shape, batch first: 1,3,224,224 or 1,128:int64; a value: n=int:3, mask=none; may be repeated",
    ),
    multiple=True,
    metavar="SHAPE",
)
# `main` has read it from the words before any command runs: it counts for what is wrong with these words, too.
DEBUG = option(
    "--debug", help=Bi("出错时显示完整回溯", "show the traceback of an error"), is_flag=True, expose_value=False
)
# Every command that runs a model has these: `walked` takes what they give.
RUNNING = (
    LANG,
    INPUT,
    option(
        "--arg",
        "arguments",
        help=Bi("构造参数，如 num_classes=10；可重复", "constructor argument, num_classes=10; may be repeated"),
        multiple=True,
        metavar="NAME=VALUE",
    ),
    option(
        "--batch",
        help=Bi("批量大小（各输入的第一维）", "batch size (the first dimension of every input)"),
        type=click.IntRange(1, MOST_BATCH),
        metavar="N",
    ),
    option("--train", help=Bi("按训练模式运行", "explain the training mode instead of evaluation"), is_flag=True),
    option(
        "--real",
        help=Bi(
            "分配权重，在CPU上实际运行（用于结果依赖数值的模型）",
            "run for real on the CPU, weights and all (for models that depend on values)",
        ),
        is_flag=True,
    ),
    option(
        "--no-cache",
        help=Bi("不用缓存：重新运行模型，也不保存结果", "leave the cache alone: run the model again, and keep nothing"),
        is_flag=True,
    ),
    DEBUG,
)
JSON = option("--json", "as_json", help=Bi("以JSON输出", "print JSON"), is_flag=True)
# How answers are judged.
JUDGING = (
    JSON,
    option("--hint", help=Bi("只给提示，不给答案", "a hint only, not the answer"), is_flag=True),
    option(
        "--tolerance",
        help=Bi("答案允许的相对误差，例如1%", "share by which a number may be off, for example 1%"),
        metavar="1%",
    ),
    option(
        "--layout",
        help=Bi("形状的写法：nhwc把通道放在最后", "how shapes are written: nhwc has the channels last"),
        type=click.Choice(["nchw", "nhwc"]),
    ),
    option(
        "--terms",
        help=Bi("本课自己的记号：[notation] 表", "the class's own notation: a table [notation]"),
        type=Path,
        metavar="FILE",
    ),
)
RUBRIC = option("--rubric", help=Bi("评分标准（TOML）", "a rubric (TOML)"), type=Path, metavar="FILE")
