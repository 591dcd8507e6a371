"""The student's number and name out of a file's name: 20230101_张三_作业1.csv, 2024003_Ann-O-Lee.pdf."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

from explainer.homework.expressions import expression
from explainer.homework.submissions.decode import name_text

_NUMBER = expression(r"(?<![A-Za-z0-9])[A-Za-z]{0,4}\d{4,20}(?![A-Za-z0-9])")
_FIRST = expression(r"\d{2,20}(?=$|[_\-\s.+,，、()（）\[\]【】\u4e00-\u9fff])")  # 07_张三.csv
_NOT_NAMES = expression(
    r"作业|实验|答案|练习|提交|报告|第.*[次题章讲]|班|课|卷|学号|姓名|参数|大学|学院|副本|最终|终稿"
)
_NO_NAMES = frozenset(
    [
        "homework",
        "hw",
        "assignment",
        "assign",
        "assignsubmission",
        "file",
        "onlinetext",
        "submission",
        "submitted",
        "answer",
        "answers",
        "ans",
        "solution",
        "solutions",
        "sheet",
        "worksheet",
        "exercise",
        "exercises",
        "lab",
        "report",
        "final",
        "draft",
        "copy",
        "new",
        "late",
        "test",
        "exam",
        "quiz",
        "paper",
        "class",
        "group",
        "team",
        "student",
        "name",
        "version",
        "attempt",
        "question",
        "questions",
        "doc",
        "document",
        "notebook",
        "net",
        "model",
        "lenet",
        "vgg",
        "resnet",
        "alexnet",
        "unet",
        "untitled",
        "v",
        "ver",
        "task",
        "part",
        "feedback",
    ]
)
_PLATFORM = expression(r"_\d+_assignsubmission_(?:file|onlinetext)", re.IGNORECASE)  # Moodle's downloads
MAX_PART = 300


def from_path(path: PurePath) -> tuple[str, str]:
    """(number, name), each "" if not to be seen: out of the file's name, then its folder's; a platform's folder speaks first."""
    number = name = ""
    parts = [name_text(path.stem)[:MAX_PART], name_text(path.parent.name)[:MAX_PART]]
    platform = _PLATFORM.search(parts[1])
    if platform:  # how the file in it is called was the student's choice
        number = _number_in(parts[1][: platform.start()]) or _number_in(parts[0])
        parts.reverse()
    for part in parts:
        found = _number_in(part)
        number = number or found
        name = (
            name
            or _chinese(unicodedata.normalize("NFKC", part))
            or _lettered(unicodedata.normalize("NFC", part), found)
        )
    return number, name


def _number_in(part: str) -> str:
    plain = unicodedata.normalize("NFKC", part)
    found = _NUMBER.search(plain) or _FIRST.match(plain)
    return found[0] if found else ""


def owner_of(path: PurePath) -> str:
    """Who the learning platform says has sent a file: the participant of a Moodle download; "" where it does not say."""
    for part in (name_text(path.parent.name), name_text(path.name)):
        found = _PLATFORM.search(part[:MAX_PART])
        if found:
            return part[: found.start()] + "_" + found[0].split("_")[1]
    return ""


def _chinese(part: str) -> str:
    """The first piece that is Chinese letters only, two to four of them (or with ·), and no word for homework."""
    for piece in re.split(r"[\d_\-\s.+,，、()（）\[\]【】]+", part):
        chinese = re.fullmatch(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]+·[\u4e00-\u9fff·]+", piece)
        if chinese and not _NOT_NAMES.search(piece):
            return piece
    return ""


def _lettered(part: str, number: str) -> str:
    """A name in any other alphabet, beside a number or a platform's mark: Ann-O-Lee, Иван Петров, O'Neill, 山田 太郎."""
    platform = _PLATFORM.search(part)
    if platform:
        part = part[: platform.start()]
    elif not number:
        return ""
    pieces = [
        piece.strip(" .-+")
        for piece in re.split(r"[_,，、;()（）\[\]【】]+", part.replace(number, "_") if number else part)
    ]
    kept = []
    for piece in pieces:
        words = [word for word in re.split(r"[\s.+]+", piece) if word]
        if words and all(_is_name(word) for word in words):
            kept.append(piece)
        elif kept:
            break
    return " ".join(kept)


def _is_name(word: str) -> bool:
    """Letters of one or several scripts, with hyphens and apostrophes between them, and no word for homework."""
    bare = [piece for piece in re.split(r"[-'’·‐]", word) if piece]
    if not bare or not all(unicodedata.category(char)[0] in "LM" for piece in bare for char in piece):
        return False
    return not any(piece.lower() in _NO_NAMES for piece in bare) and not _NOT_NAMES.search(word)
