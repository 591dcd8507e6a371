"""Letters of the figures, ready to be drawn: `templates/fonts/outlines.json.gz`, made of the bundled fonts.

A figure in a file carries its letters as outlines. To open a font with eight thousand letters for fifty of them takes
longer than to explain a network, so those that figures use are kept here; any other is still looked up in its font.

    python tools/build_outlines.py            write the file
    python tools/build_outlines.py --check    compare it with what would be written
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path

from explainer.figures.svg.fonts import OUTLINES, FontFile
from explainer.render.html.assets import fonts_dir

HOME = Path(__file__).resolve().parents[1] / "explainer"
LATIN = {*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x391, 0x3CA), *map(ord, "−–—…“”‘’•†‡′″∞")}
FILES: tuple[tuple[str, set[int] | None], ...] = (
    ("latin-regular.ttf", LATIN),
    ("latin-bold.ttf", LATIN),
    ("latin-italic.ttf", LATIN),
    ("mono-regular.ttf", LATIN),
    ("symbols.ttf", None),
    ("punctuation.ttf", None),
    ("song-regular.ttf", set()),
    ("hei-bold.ttf", set()),
)
SPOKEN = ("figures", "vocabulary", "formula")  # whose words stand in figures
_CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff01-\uff60]")


def chinese() -> set[int]:
    """The Chinese letters of the figures' own words, and of the names of symbols."""
    text = "".join(path.read_text(encoding="utf-8") for name in SPOKEN for path in (HOME / name).rglob("*.py"))
    rules = (HOME / "rules").rglob("*.py")
    text += "".join("".join(re.findall(r"Symbol\([^)]*\)[^)]*\)", path.read_text(encoding="utf-8"))) for path in rules)
    return {ord(char) for char in _CHINESE.findall(text)}


def built() -> bytes:
    """The file's bytes; the same for the same fonts and words."""
    found = {}
    for file, wanted in FILES:
        font = FontFile(file)
        letters = set(font.letters) if wanted is None else wanted or chinese()
        drawn = {chr(letter): font.letter(chr(letter)) for letter in sorted(letters & set(font.letters))}
        found[file] = {"em": font.em, "letters": drawn}
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return gzip.compress(text.encode(), 9, mtime=0)


def main() -> int:
    """Write the file, or compare it."""
    path = fonts_dir() / OUTLINES
    if "--check" in sys.argv:
        same = path.is_file() and gzip.decompress(path.read_bytes()) == gzip.decompress(built())
        print(
            "outlines.json.gz is up to date" if same else "outlines.json.gz differs: run python tools/build_outlines.py"
        )
        return 0 if same else 1
    path.write_bytes(built())
    print(f"{path.name}: {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
