"""The id of a worksheet: short, typeable, with two check characters, and enough to make the sheet again.

    T3-conv+bn-n10-l2-s7-2024001-34       topics, 10 numbers to find, level 2, seed 7, the student 2024001
    M3-vgg16-m8-l1-s7B-2V                 the model vgg16, 8 questions of mixed styles, paper B, nobody's in particular

The first digit is the version of the draw: it changes when the same id would give other questions or other options. What was handed
out under an older one is drawn as it was. A test holds what the ids of each version give.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from random import Random
from typing import Literal
from urllib.parse import quote, unquote

from explainer.errors import UserError
from explainer.homework.expressions import expression
from explainer.i18n.bilingual import Bi

Styles = Literal["number", "formula", "choice", "mixed"]
VERSION = 3  # the numbers of textbooks, no two questions alike, 100 points in all
WITH_WHOLES = 4  # also of a block, or of what a token uses: sheets on models that have these; all others are as before
OLDER: dict[Styles, tuple[int, ...]] = {"number": (1,), "formula": (1,), "choice": (2,), "mixed": (2,)}
"""The versions that are still drawn, so that what was handed out can be graded."""

_LETTERS: dict[Styles, str] = {"number": "n", "formula": "f", "choice": "c", "mixed": "m"}
_CHECK = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0, 1, I, O: they are mistaken for each other
_ID = expression(
    r"(?P<kind>[TM])(?P<version>\d)-(?P<names>.+?)-(?P<style>[nfcm])(?P<count>\d{1,3})-l(?P<level>\d)"
    r"-s(?P<seed>\d{1,12})(?P<paper>[A-Z]?)(?:-(?P<student>.+))?"
)

UNREADABLE = Bi(
    zh="“{id}”不是练习编号：编号形如 {example}，请照练习题首页抄写。",
    en="'{id}' is not the id of a worksheet: an id looks like {example}; copy it from the sheet's first page.",
)
MISTYPED = Bi(
    zh="练习编号“{id}”有误：最后两个校验字符与前面不符，请对照练习题首页检查。",
    en="The worksheet id '{id}' is mistyped: its last two characters do not match the rest; compare it with the sheet's "
    "first page.",
)
OTHER_VERSION = Bi(
    zh="练习编号“{id}”出自另一版本的出题程序（第{version}版，现为第{ours}版），无法还原原题。",
    en="The worksheet id '{id}' comes from another version of the generator ({version}, this is {ours}): its questions "
    "cannot be made again.",
)
EXAMPLE = "T3-conv+bn-n10-l2-s7-2024001-34"


@dataclass(frozen=True)
class SheetId:
    """What an id says. names: the topics' keys, or the one name of the model; inputs: as given to `--input`."""

    kind: Literal["model", "topics"]
    names: tuple[str, ...]
    count: int
    level: int
    style: Styles
    seed: int
    paper: str = ""
    student: str = ""
    inputs: tuple[str, ...] = ()
    version: int = VERSION

    @property
    def text(self) -> str:
        """`T3-conv+bn-n10-l2-s7-2024001-34`."""
        body = self.body
        return f"{body}-{_check(body)}"

    @property
    def body(self) -> str:
        """The id without its check characters."""
        names = "+".join(_written(name) for name in self.names)
        names += "".join("@" + _written(shape) for shape in self.inputs)
        head = f"{'M' if self.kind == 'model' else 'T'}{self.version}-{names}"
        text = f"{head}-{_LETTERS[self.style]}{self.count}-l{self.level}-s{self.seed}{self.paper}"
        return f"{text}-{_written(self.student)}" if self.student else text

    def random(self, *use: object) -> Random:
        """Chance that is the same on every machine: from a hash of the id's text and of what it is used for."""
        words = "\x1f".join((self.body, *map(str, use)))
        return Random(int.from_bytes(hashlib.sha256(words.encode()).digest()))


def read_id(text: str) -> SheetId:
    """The id read back; spaces, full-width characters and a lower-case check do not matter. Raises UserError."""
    given = "".join(unicodedata.normalize("NFKC", text[:500]).split())
    body, dash, check = given.rpartition("-")
    found = _ID.fullmatch(body)
    if not found or not dash or len(check) != 2:
        raise UserError(UNREADABLE.format(id=text.strip()[:80], example=EXAMPLE))
    if check.upper() != _check(body):
        raise UserError(MISTYPED.format(id=text.strip()[:80]))
    style = next(style for style, sign in _LETTERS.items() if sign == found["style"])
    version = int(found["version"])
    drawn = (VERSION, *OLDER[style], *([WITH_WHOLES] if found["kind"] == "M" else []))
    if version not in drawn:
        raise UserError(OTHER_VERSION.format(id=text.strip()[:80], version=version, ours=VERSION))
    names, *inputs = found["names"].split("@")
    return SheetId(
        kind="model" if found["kind"] == "M" else "topics",
        names=tuple(unquote(name) for name in names.split("+")),
        count=int(found["count"]),
        level=int(found["level"]),
        style=style,
        seed=int(found["seed"]),
        paper=found["paper"],
        student=unquote(found["student"] or ""),
        inputs=tuple(unquote(shape) for shape in inputs),
        version=version,
    )


def _written(text: str) -> str:
    """Whatever would be taken for a part of the id is written %2D-like; Chinese stays Chinese."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(c if c.isalnum() or c in "-_.:,~" else quote(c, safe="") for c in plain)


def _check(body: str) -> str:
    """Two characters: one mistyped or two exchanged ones are found (all but 1 in 1024)."""
    number = int.from_bytes(hashlib.sha256(body.encode()).digest()[:4])
    return _CHECK[number % 32] + _CHECK[number // 32 % 32]
