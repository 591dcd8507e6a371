"""Files that a class may hand in to break the grader: `hostile_file(random, folder, n)` writes one of twenty kinds."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from random import Random

from strings import HOSTILE, SIGNS

NAME = "features.0.params"
ENDINGS = (".md", ".txt", ".csv", ".json", ".ipynb", ".xlsx", ".docx", ".pdf", ".html", "")


def hostile_file(chance: Random, folder: Path, n: int) -> None:
    """One more file, pipe, link or folder; the same for the same state of `chance`."""
    ending = chance.choice(ENDINGS)
    path = folder / f"x{n:03}{ending}"
    sign, text = chance.choice(list(SIGNS.values())), chance.choice(HOSTILE)
    match n % 14:
        case 0:
            os.mkfifo(path)
        case 1:
            path.symlink_to(chance.choice(["/etc/passwd", "/dev/zero", ".", "nowhere"]))
        case 2:
            with path.open("wb") as file:
                file.truncate(3_000_000_000)  # sparse
        case 3:
            path.write_bytes((f"{NAME}: " + sign * 30_000).encode("utf-8", "surrogatepass"))
        case 4:
            path.write_bytes(json.dumps({text: text, NAME: text, "学号": text, "name": text}).encode())
        case 5:
            path.write_bytes(chance.randbytes(5_000))
        case 6:
            path.write_text("[" * 50_000 + '{"a":' * 50_000)
        case 7:
            stream = io.BytesIO()
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(chance.choice(["word/document.xml", "xl/workbook.xml"]), b"<a>" * 3_000_000)
            path.write_bytes(stream.getvalue())
        case 8:  # says that it is somebody else, and wrong
            path.write_text(f"学号：2023{chance.randrange(5):03}\n{NAME}: 1\n", encoding="utf-8")
        case 9:  # one table with rows for everybody, all wrong
            rows = "".join(f"2023{student:03},1\n" for student in range(5))
            path.with_suffix(".csv").write_text(f"student,{NAME}\n{rows}")
        case 10:
            raw = os.path.join(os.fsencode(folder), f"2024{n:03}_王小明.txt".encode("gb18030"))
            Path(os.fsdecode(raw)).write_bytes(f"{NAME}: 1792\n".encode("gb18030"))
        case 11:
            Path(
                os.fsdecode(os.path.join(os.fsencode(folder), b"\xff\x1b[31m\n" + str(n).encode() + b".md"))
            ).write_bytes(b"x")
        case 12:
            path.mkdir()
            (path / "..a.csv").write_text(sign * 1_000)
            (path / ("b" * 200 + ".md")).write_text(f"- {NAME}: {sign * 50}\n" * 100)
        case _:
            path.write_bytes(f"question,answer\n{NAME},{text}\n".encode("utf-8", "surrogatepass"))
