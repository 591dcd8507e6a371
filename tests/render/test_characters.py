"""Whatever a page says can be set in the bundled fonts: a machine may have no others."""

from __future__ import annotations

import ast
from pathlib import Path

from fontTools.ttLib import TTFont

ROOT = Path(__file__).parent.parent.parent
SAYING = ("lesson", "rules", "recognition", "figures", "vocabulary", "ledger", "cost", "document")


def test_every_character_of_our_texts_is_in_a_font_of_ours():
    drawn = set().union(*(TTFont(path).getBestCmap() for path in (ROOT / "templates" / "fonts").glob("*.ttf")))
    for package in SAYING:
        for path in (ROOT / "explainer" / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Bi"):
                    continue
                text = "".join(
                    part.value
                    for part in ast.walk(node)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )
                missing = {char for char in text if char >= " " and ord(char) not in drawn}
                assert not missing, (path.name, missing, text)
