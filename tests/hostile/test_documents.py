"""Markdown from strangers, typeset: nothing runs, nothing is read or fetched that the page does not need, and no input hangs."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.cli.console import main

ACTING = {
    "script": "<script>alert(1)</script>",
    "an image's handler": "<img src=x onerror=alert(1)>",
    "a frame": "<iframe src='file:///etc/passwd'></iframe>",
    "an object": "<object data='file:///etc/passwd'></object>",
    "a link that runs": "[x](javascript:alert(1))",
    "a link with data": "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "a style that fetches": "<style>@import url('http://192.0.2.1/x.css');</style>",
    "svg": "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "a meta refresh": "<meta http-equiv=refresh content='0;url=http://192.0.2.1/'>",
    "a base": "<base href='http://192.0.2.1/'>",
    "a title": "# <script>alert(1)</script>",
    "code": "```html\n<script>alert(1)</script>\n```",
    "math": "$\\href{javascript:alert(1)}{x}$ and $</math><script>alert(1)</script>$",
    "a fence's name": "```<script>\nx\n```",
    "a table": "| <script>alert(1)</script> |\n| --- |\n| <b onclick=alert(1)>x</b> |",
}


@pytest.mark.parametrize("name", ACTING)
def test_nothing_acts_on_the_page(name: str, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(ACTING[name], encoding="utf-8")
    assert main(["render", str(tmp_path / "notes.md"), "-o", str(tmp_path / "x.html")]) == 0
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    body = page[page.index("<body") :]
    tags = " ".join(re.findall(r"<[a-zA-Z][^>]*>", body))
    assert "alert(1)" not in tags and not re.search(r"<(iframe|object|embed|meta|base|link)\b", tags)
    assert "javascript:" not in tags and "data:text" not in tags and "onerror" not in tags
    assert not re.search(r"<script[^>]*>\s*alert", body)


READING = {
    "an absolute path": "![x](/etc/passwd)",
    "a file address": "![x](file:///etc/passwd)",
    "upwards": "![x](../secret.png)",
    "the network": "![x](http://192.0.2.1:9/x.png)",
    "the network by raw HTML": "<img src='http://192.0.2.1:9/x.png'>",
    "a link to a file": "[x](file:///etc/passwd)",
}


@pytest.mark.parametrize("name", READING)
def test_nothing_else_is_read(name: str, tmp_path: Path) -> None:
    secret = b"\x89PNG\r\n\x1a\n" + b"SECRETSECRET" * 20
    (tmp_path / "secret.png").write_bytes(secret)
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "notes.md").write_text(READING[name], encoding="utf-8")
    started = time.process_time()
    for ending in ("html", "pdf"):
        assert main(["render", str(folder / "notes.md"), "-o", str(folder / f"x.{ending}")]) in (0, 2)
        if (folder / f"x.{ending}").exists():
            data = (folder / f"x.{ending}").read_bytes()
            assert b"root:" not in data and b"SECRETSECRET" not in data and b"U0VDUkVU" not in data
    assert time.process_time() - started < 20


GROWING = {
    "backticks": "`",
    "stars": "*a ",
    "underscores": "_",
    "dollars": "$",
    "brackets": "[",
    "images": "![",
    "links": "[a](",
    "quotes": "> ",
    "angles": "<",
    "pipes": "|a",
    "backslashes": "\\",
    "lists": "- ",
    "fractions": "$\\frac{",
    "entities": "&#x",
}


@pytest.mark.parametrize("name", GROWING)
def test_twice_the_text_takes_at_most_about_twice_the_time(name: str, tmp_path: Path) -> None:
    """Processor time, of texts large enough to be measured; a quadratic reader takes four times as long."""

    def taken(count: int) -> float:
        (tmp_path / "notes.md").write_text(GROWING[name] * count, encoding="utf-8")
        started = time.process_time()
        assert main(["render", str(tmp_path / "notes.md"), "-o", str(tmp_path / "x.html")]) in (0, 2)
        return time.process_time() - started

    taken(10)
    first, second = taken(2000), taken(4000)
    assert second < 1 or second < 3.2 * first, (first, second)


@settings(max_examples=30)
@given(
    text=st.text(
        alphabet=st.one_of(st.sampled_from("`*_$[]()<>|\\#-!&:{}^~\n \t\"'="), st.characters(codec="utf-8")),
        max_size=400,
    )
)
def test_any_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "any.md").write_text(text, encoding="utf-8")
    assert main(["render", str(folder / "any.md"), "-o", str(folder / "any.html")]) == 0
