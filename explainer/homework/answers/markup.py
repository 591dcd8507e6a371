r"""Marks around an answer that say nothing of it, blanked out at their place: `✓`, `**1792**`, `\boxed{…}`, a table's bars.

Every character is replaced by just one, so that a caret still points to where the student wrote it. One pass, linear.
"""

from __future__ import annotations

import re

from explainer.homework.answers.retracted import blank, unless_empty, without_denials, without_retractions
from explainer.homework.answers.rows import in_several_lines, unlisted, without_numbering, without_rows, without_summary
from explainer.homework.expressions import expression

BLANK = dict.fromkeys("✓✔✅☑∵", " ") | dict.fromkeys("①②③④⑤⑥⑦⑧⑨⑩⑪⑫", ";")
GROUPS = expression(r"\\(?P<name>boxed|fbox|underbrace|overbrace|underline|bm|boldsymbol|textbf|mathbf)\s*\{")
BRACED = ("underbrace", "overbrace")  # what they hold stays together, and a word stands below
LAYER = expression(r"\^(?:\{[\[(]?[lL](?P<braced>-1)?[\])]?\}|[\[(][lL](?P<bare>-1)?[\])])")
BOLD = expression(r"(?<![\w)\]}*])\*\*(?=[^\s*])([^*\n]{1,200}(?:\*[^*\n]{1,200}){0,20}?)(?<=[^\s*])\*\*(?![\w(*])")
PER = expression(r"(?<=[A-Za-z])/(?=(?:[a-z]{4,}|map|row)\b)")  # 75 weights/filter
CALLED = expression(  # =SUM(760,2275), sum([760, 2275]) of a spreadsheet or a program
    r"(?<![\w.])(?P<name>sum|prod|product)\s?(?P<open>\(\s?\[?)(?P<given>[\d\s,，;.*+x×^-]+)(?P<close>\]?\s?\))",
    re.IGNORECASE,
)
MODEL = expression(r"\b(?=[A-Za-z]*[a-z][A-Z]|[A-Z]{3,})(?P<name>[A-Za-z]{3,12})-(?P<n>\d{1,3})\b")  # LeNet-5
CONTRACTED = expression(r"\b[A-Za-z]{2,6}n['’]t\b", re.IGNORECASE)  # isn't, doesn't
COMMENTED = expression(r"([\d)]\s{1,10})#(?=\s*\d)")  # 8 * (3*9 + 1)  # 224
# =156，156×4: the comma begins the next step, and groups no digits.
NEXT_STEP = expression(
    r"[=＝]\s{0,3}(?P<n>\d{1,3})(?:，(?=\s{0,2}\d{3}\s{0,2}[×*·xX+÷/−-])|,(?=(?P=n)\s{0,2}[×*·xX+÷/−-]))"
)
RULED = expression(r"(?:_|＿){4,}")
OPEN_BATCH = expression(r"[\[(（]\s*[?？](?=\s*[,，])")
FENCE = expression(r"^[ \t]*```[ \t]*\w{0,12}[ \t]*$|^[ \t]*(?:>>>|In ?\[\d*\]:|Out ?\[\d*\]:)", re.MULTILINE)
LETTERED = expression(
    r"\b[A-Za-z](?:\s?[,，、]\s?[A-Za-z]\b){1,4}(?:,?\s(?:and|&)\s[A-Za-z]\b)(?!\s?[=(^])|\b[A-Za-z](?:\s?[,，、]\s?[A-Za-z]\b){2,4}(?!\s?[=(^\])])"
)
HEADING = expression(r"^[ \t]*#{1,6}[ \t]+(?=\D)", re.MULTILINE)
ASKED = expression(r"(?<=[A-Za-z\u3400-\u9fff])[?？](?=\s*\S)")
DASH = expression(r"(?<=\s)[–](?=\s+[A-Za-z\u3400-\u9fff]{2})")  # 128 – the bias counts once
AXES = expression(r"#[ \t]*[A-Z](?:[ \t]*[,x×*][ \t]*[A-Z]\b)+[ \t]*$", re.MULTILINE)  # # N, C, H, W
OBJECT = expression(r"\s*\{(?=[^{}]*(?:[\"'’”]|\b[A-Za-z]\w{0,11})\s*:)[^{}]*\}\s*")
INDEXED = expression(r"\s*(?:\[\s?\d{1,9}\s?\]\s?){2,6}\s*")  # [6][14][14]
EXCLAIMED = expression(r"(?:！|(?<=[^\d)\s])!|!{2,})+(?=\s|$|[\u3400-\u9fff])")  # 3648! may be a factorial
HEADED = expression(r"[【\[［〔](?:解|答|解答|答案|分析|解析|过程|步骤)[】\]］〕]")
PERCENTAGE = expression(  # (99 % of them): a share stands beside the figure
    r"[(（]?\s?(?:约|大约|about|around)?\s?(?<![\d.*×+-])\d{1,3}(?:\.\d{1,4})?\s?[%％](?!\s?(?:of|的))\s?(?:以上|以下|左右)?(?:\s?[)）])?"
)
DECLARED = expression(  # W ∈ R^{320×320}
    r"[A-Za-zΑ-ω](?:_\w)?\s?(?:∈|\\in)\s?(?:R|ℝ|\\mathbb\{R\})\s?\^\s?\{?(?P<sizes>\d{1,9}(?:\s?(?:[×x*·]|\\times|\\cdot)\s?\d{1,9}){0,4})\}?"
)
COUNTED = expression(  # sum(p.numel() for p in model[0].parameters()) = 3648
    r"\bsum\(\s?(?P<p>\w{1,20})\.numel\(\)\s+for\s+(?P=p)\s+in\s+[\w.\[\]]{1,60}\.parameters\(\)\s?\)"
)


def unmarked(text: str) -> str:
    """The answer without its marks; of the same length."""
    if "numel" in text:
        text = COUNTED.sub(blank, text)
    if "(" in text:
        text = CALLED.sub(_called, text)
    if "w/o" in text:
        text = re.sub(r"\bw/o\b", "no ", text)
    if "-" in text:
        text = MODEL.sub(r"\g<name>\g<n> ", text)
    if "/" in text:
        text = PER.sub(" ", text)
    text = in_several_lines(text)
    if "n't" in text or "n’t" in text or "N'T" in text:
        text = CONTRACTED.sub(lambda m: "not".ljust(len(m.group())), text)
    if any(char in BLANK for char in text):
        text = "".join(BLANK.get(char, char) for char in text)
    if "__" in text or "＿＿" in text:  # the line that was written upon
        text = RULED.sub(blank, text)
    if "，" in text or "," in text:
        text = NEXT_STEP.sub(lambda m: f"{m.group()[:-1]};", text)
    if "`" in text or ">>>" in text or "In" in text or "Out" in text:
        text = FENCE.sub(blank, text)
    text = without_retractions(text)
    if "," in text or "、" in text or "，" in text:
        text = LETTERED.sub(_lettered, text)
    if "解" in text or "答" in text or "析" in text:
        text = HEADED.sub(blank, text)
    text = without_denials(text)
    if "#" in text:
        text = HEADING.sub(blank, text)
    if "?" in text or "？" in text:
        text = ASKED.sub(";", text)
    if "–" in text:
        text = DASH.sub(";", text)
    text = without_summary(text)
    if "#" in text:
        text = AXES.sub(blank, text)
    if "][" in text and INDEXED.fullmatch(text):
        text = text.replace("][", ", ")
    if "!" in text or "！" in text:
        text = EXCLAIMED.sub(lambda m: ";" * len(m.group()), text)
    if "{" in text and OBJECT.fullmatch(text):
        text = text.replace("{", " ").replace("}", " ")
    if "%" in text or "％" in text:
        text = unless_empty(PERCENTAGE, text)
    if "∈" in text or "\\in" in text:
        text = DECLARED.sub(_declared, text)
    if "#" in text:
        text = re.sub(r"#(?=\s{0,3}=\s?\d)", " ", text)
        text = COMMENTED.sub(r"\1=", text)
        text = re.sub(r"#(?=\s?[A-Za-z])", " ", text)
    if "\n" in text:
        text = unlisted(text)
    text = without_rows(text)
    if "**" in text:
        text = BOLD.sub(lambda m: f"  {m.group(1)}  ", text)
    if "\\" in text:
        text = _ungrouped(text)
    if "^" in text:
        text = LAYER.sub(lambda m: ("_prev" if m["braced"] or m["bare"] else "").ljust(len(m.group())), text)
    if "?" in text or "？" in text:
        text = OPEN_BATCH.sub(lambda m: m.group()[:-1] + "N", text)
    text = without_numbering(text)
    if text.rstrip().endswith("√"):  # a tick, as many keyboards have it
        text = text.rstrip()[:-1].ljust(len(text))
    end = len(text.rstrip())
    if text[:end].endswith(("?", "？")) and (text[: end - 1].rstrip()[-1:].isalnum() or text[: end - 1].endswith(")")):
        text = text[: end - 1] + " " + text[end:]
    return text


def _called(found: re.Match[str]) -> str:
    """`SUM(1,2)` as `   (1+2)`."""
    sign = "+" if found["name"].lower() == "sum" else "*"
    given = re.sub("[,，;]", sign, found["given"])
    before = found.start("given") - found.start()
    return "(".rjust(before) + given + ")".ljust(found.end() - found.start("close"))


def _lettered(found: re.Match[str]) -> str:
    """`q, k, v` as one word: three things, and no sizes."""
    if any(char in "CHWNLcnhw" for char in found.group()):
        return found.group()
    letters = [char for char in found.group().replace("and", "") if char.isalpha()]
    return "".join(letters).ljust(len(found.group()))


def _declared(found: re.Match[str]) -> str:
    """The sizes alone, at their place."""
    before = found.start("sizes") - found.start()
    return (
        " " * before
        + found["sizes"]
        + ";".ljust(len(found.group()) - before - len(found["sizes"]), " ")[
            : len(found.group()) - before - len(found["sizes"])
        ]
    )


def _ungrouped(text: str) -> str:
    """`\\boxed{1792}` as `1792`, `\\underbrace{3\\times3}_{weights}` as `(3\\times3)`, at their places."""
    signs = list(text)
    open_groups: list[str] = []  # the command of each brace that is open; "" for a brace by itself
    starts = {found.end() - 1: found for found in GROUPS.finditer(text)}
    label = False  # the braces that hold the word below
    at = 0
    while at < len(text):
        char = text[at]
        if char == "{":
            found = starts.get(at)
            name = found["name"] if found else "label" if label else ""
            open_groups.append(name)
            if found:
                signs[found.start() : at + 1] = " " * (at + 1 - found.start())
                signs[at] = "(" if name in BRACED else " "
            label = False
        elif char == "}" and open_groups:
            name = open_groups.pop()
            if name:
                signs[at] = ")" if name in BRACED else " "
            after = re.compile(r"\s*[_^](?=\{)").match(text, at + 1) if name in BRACED else None
            if after:
                signs[at + 1 : after.end()] = " " * (after.end() - at - 1)
                label = True
                at = after.end() - 1
        if "label" in open_groups or (char == "}" and signs[at] == "}" and label):
            signs[at] = " "
        at += 1
    return "".join(signs)
