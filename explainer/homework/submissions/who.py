"""The student's number and name out of a file's name: 20230101_张三_作业1.csv."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

_NUMBER = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{0,4}\d{4,20}(?![A-Za-z0-9])")
_FIRST = re.compile(r"\d{2,20}(?=$|[_\-\s.+,，、()（）\[\]【】\u4e00-\u9fff])")  # 07_张三.csv
_NOT_NAMES = re.compile(
    r"作业|实验|答案|练习|提交|报告|第.*[次题章讲]|班|课|卷|学号|姓名|参数|大学|学院|副本|最终|终稿"
)


def from_path(path: PurePath) -> tuple[str, str]:
    """(number, name), each "" if not to be seen. The file's name speaks first, then its folder's (Moodle's downloads)."""
    number = name = ""
    for part in (path.stem, path.parent.name):
        part = unicodedata.normalize("NFKC", part)
        found = _NUMBER.search(part) or _FIRST.match(part)
        number = number or (found[0] if found else "")
        name = name or _name(part)
    return number, name


def _name(part: str) -> str:
    """The first piece that is Chinese letters only, two to four of them (or with ·), and no word for homework."""
    for piece in re.split(r"[\d_\-\s.+,，、()（）\[\]【】]+", part):
        chinese = re.fullmatch(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]+·[\u4e00-\u9fff·]+", piece)
        if chinese and not _NOT_NAMES.search(piece):
            return piece
    return ""
