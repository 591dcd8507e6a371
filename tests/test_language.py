"""The checklist of language (docs/language.md) as far as a machine can go through it: all texts of ours, and documents as they are printed."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

import explainer
from explainer.cli.app import declared

ROOT = Path(__file__).parent.parent
HAN = "[\u4e00-\u9fff]"
SYNONYMS = {  # what is not written: what is
    "步长": "步幅",
    "汇聚层": "池化层",
    "特征映射": "特征图",
    "批量规范化": "批归一化",
    "批标准化": "批归一化",
    "滤波器": "卷积核",
    "信道": "通道",
    "偏差项": "偏置",
    "权值": "权重",
    "就地": "原地",
    "旁路": "捷径",
    "运算强度": "计算强度",
    "老师": "教师",
    "您": "你",
    "VGG-16": "VGG16",
    "参数个数": "参数量",
    "参数数量": "参数量",
    "卷积操作": "卷积",
    "全链接": "全连接",
    "缺省": "默认",
    "缺省值": "默认值",
    "批阅": "批改",
    "一个词用": "一个词元用",
    "每个词只": "每个词元只",
    "占大头": "为主",
    "逐词生成": "逐词元生成",
    "候选值": "候选记忆元",
    "稠密连接的块": "稠密连接块",
    "池化层中窗口": "池化窗口",
    "读不懂": "无法识别",
    "讲解": "讲义",
    "读不了": "无法读取",
    "走不下去": "无法继续",
    "对不上": "不符",
    "算出来是": "等于",
    "构造模型的几个数": "构造参数",
}
DOUBLED_ON_PURPOSE = ("一维一维", "一层一层", "逐个逐个")
WRONG_ZH = {
    "half-width punctuation between Chinese characters": re.compile(rf"{HAN}[,;:!?()]{HAN}"),
    "a word or a mark twice": re.compile(
        r"([\u4e00-\u9fff]{2,})\1|的的|了了|是是|在在|和和|，，|。。|、、|，。|。，|；。"
    ),
    "a space beside a digit": re.compile(rf"{HAN} \d|\d {HAN}"),
    "a bracket in a bracket": re.compile("（[^（）]*（(?!pytorch|aten|字节)[^（）]*）"),
    "two colons in a sentence's beginning": re.compile("^[^。；|]{0,60}：这是[^。；|]{0,20}："),
    "即 at a sentence's beginning": re.compile("。即"),
    "a space before a tick": re.compile("[。；] ✓"),
}
RAW_ZH = {  # with its code and formulas
    "half-width commas between names": re.compile(r"`[^`\s,=(]+, [^`,=(]+`"),
    "half-width punctuation after code": re.compile(r"`[,;:] ?(?=[\u4e00-\u9fff])"),
}
QUOTES_OUTPUT = ("no full stop", "Chinese punctuation", *RAW_ZH, "a bracket in a bracket")
"""What a page of docs may have: commands, and brackets beside addresses."""
WRONG_EN = {
    "a word twice": re.compile(r"\b([a-z]+) \1\b"),
    "a space before punctuation": re.compile(r"\w [,;!?](?=\s|$)"),
    "Chinese punctuation": re.compile("[，。：；、（）]"),
}


def texts():
    """Every Bi(zh, en) of the program, and where it stands."""
    for file in sorted((ROOT / "explainer").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Bi"):
                continue
            given = dict(zip(("zh", "en"), node.args, strict=False)) | {one.arg: one.value for one in node.keywords}
            for lang, value in given.items():
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", lang, value.value


def synonyms(text: str) -> list[str]:
    return [
        f"{word} → {right}" for word, right in SYNONYMS.items() if word in text and right not in text
    ]  # both: it teaches them


def faults(lang: str, text: str) -> list[str]:
    if lang == "en":
        return [name for name, wrong in WRONG_EN.items() if wrong.search(text)]
    kept = text
    for one in DOUBLED_ON_PURPOSE:
        kept = kept.replace(one, "")
    return [name for name, wrong in WRONG_ZH.items() if wrong.search(kept)] + synonyms(text)


def in_a_terminal(text: str) -> bool:
    """Commands and file names stand among Chinese words with spaces there."""
    return bool(re.search(r"explain |--[a-z]|\.[a-z]{2,4}\b|[A-Za-z]{2}|\d[A-Z]", text))


def test_all_texts():
    found = []
    for place, lang, text in texts():
        said = faults(lang, text)
        if in_a_terminal(text):
            said = [one for one in said if one != "a space beside a digit"]
        found += [(place, said, text[:80])] if said else []
    assert not found


def test_the_faults_are_found():
    wrong = (
        "参数,共28个",
        "卷积卷积层",
        "共 28个",
        "步长为2",
        "您的答案",
        "结果。。",
        "形状不变。 ✓",
        "变为512。即F=512",
    )
    assert all(faults("zh", text) for text in wrong)
    assert all(faults("en", text) for text in ("the the layer", "one , two", "two。"))
    assert not faults("zh", "步幅（又称步长）为2，共28个参数。")
    nested = "V为表的行数，即索引（如词元（token）编号）的个数。"
    assert document_faults("zh", nested) and document_faults("zh", "另有4步没有参数：`relu, add`。")
    assert not document_faults("zh", "另有4步没有参数：`relu`、`add`。")


# ── documents ──

LESSONS = {
    "vgg11": "vgg11",
    "resnet18": "resnet18",
    "vit": "vit_b_16",
    "unet": "examples/unet.py:UNet",
    "lstm": "examples/lstm.py",
}


@cache
def measured(name: str) -> explainer.Explanation:
    """With all that its documents need, measured once."""
    lesson = explainer.explain_source(LESSONS[name], lang="en", detail="handout")
    lesson.document()
    return lesson


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("language")


def made(folder: Path, lang: str, *words: str) -> str:
    out = folder / f"{abs(hash((lang, words)))}.md"
    printed = words[0] in ("which", "compare")
    done = CliRunner().invoke(declared(lang), [*words, "--lang", lang, *([] if printed else ["-o", str(out)])])
    assert done.exit_code in (0, 1), done.output
    return done.output if printed else out.read_text(encoding="utf-8")


def paragraphs(document: str) -> list[str]:
    """The running text, without formulas, code and tables."""
    document = re.sub(r"^\$\$.*?^\$\$", "", document, flags=re.M | re.S)
    document = re.sub(r"```.*?```|<!--.*?-->", "", document, flags=re.S)
    lines = [line.strip() for line in document.splitlines()]
    return [line for line in lines if line and not re.match(r"[|!#]|\*[^*]", line)]


def plain(text: str) -> str:
    """Without code, formulas, and the bold word that a paragraph begins with."""
    return re.sub(r"^\*\*.*?\*\*.*?(?:：|: )|`[^`]*`|\$[^$]*\$|\\", "", text)


def document_faults(lang: str, document: str) -> list[tuple[str, str]]:
    found = []
    for line in document.splitlines():
        if not line.startswith(("<!--", "    ")):
            bare = re.sub(r"`[^`]*`|\$[^$]*\$|\[[^]]*\]\([^)]*\)|\\", "¤", line)
            found += [(one, line[:90]) for one in faults(lang, bare) if one != "a space before punctuation"]
            found += [(name, line[:90]) for name, wrong in RAW_ZH.items() if lang == "zh" and wrong.search(line)]
    for line in paragraphs(document):
        words = len(re.findall(HAN, line)) if lang == "zh" else len(line.split())
        asks = line.startswith((">", "**")) or "＿" in line or " = " in line
        if words >= 10 and not asks and not re.search(r"[。！？：；.!?:✓✗）)\d$`*]$", line):
            found.append(("no full stop", line[-60:]))
    return found


def twice(document: str) -> list[str]:
    """Sentences that stand twice in the running text."""
    said = Counter(
        sentence.strip()
        for line in paragraphs(document)
        for sentence in re.split(r"(?<=[。！？])|(?<=[.!?]) ", plain(line))
    )
    return [one for one, n in said.items() if n > 1 and (len(re.findall(HAN, one)) >= 12 or len(one.split()) >= 10)]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("detail", ["handout", "standard"])
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson(name, detail, lang, monkeypatch):
    monkeypatch.chdir(ROOT)
    document = replace(measured(name), langs=(lang,), detail=detail).to_markdown()
    assert not re.search(r"第[\d、]+步的输出|outputs? of steps? \d", document)  # steps that have no numbers here
    assert not document_faults(lang, document)
    assert not [one for one in twice(document) if not REPEATED.search(one)]


REPEATED = re.compile(
    "^✓|结构相同|公式对这|源代码|相等的|The formula holds|have the same structure|blocks? (?:are|have)|identical"
)
"""What is said of each block with its own numbers; two blocks may have the same."""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_other_documents(folder, lang, monkeypatch):
    monkeypatch.chdir(ROOT)
    documents = {
        "ledger": made(folder, lang, "model", "vgg11", "--ledger"),
        "sheet": made(folder, lang, "worksheet", "vgg11", "--key", str(folder / f"key.{lang}.md")),
        "compare": made(folder, lang, "compare", "vgg11", "vgg13"),
        "which": made(folder, lang, "which", "vgg11", "133M"),
        "key": (folder / f"key.{lang}.md").read_text(encoding="utf-8"),
    }
    if lang == "zh":
        results = ROOT / "examples" / "homework" / "results"
        documents |= {path.stem: path.read_text(encoding="utf-8") for path in sorted(results.rglob("*.md"))}
    found = {name: document_faults(lang, text) for name, text in documents.items()}
    spaced = re.compile(r"\d{8} |vgg1")  # a student's number and name; names as they are typed, in a terminal
    assert not {
        name: left for name, said in found.items() if (left := [one for one in said if not spaced.search(one[1])])
    }


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs").glob("*.md")) + sorted(ROOT.glob("README*.md")), ids=lambda one: one.name
)
def test_the_pages(path):
    lang = "zh" if path.name.endswith(".zh.md") else "en"
    text = path.read_text(encoding="utf-8")
    if path.name.startswith(
        ("mistakes", "submissions", "answers", "language", "coverage", "other-lessons")
    ):  # these quote what students and others write
        text = "\n".join(
            line for line in text.splitlines() if not line.startswith("|") and "`" not in line and "“" not in line
        )
    found = document_faults(lang, re.sub(r"```.*?```", "", text, flags=re.S))
    assert not [one for one in found if one[0] not in QUOTES_OUTPUT]
