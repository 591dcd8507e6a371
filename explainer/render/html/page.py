"""Markdown ⇒ one self-contained HTML file, for the screen and for printing from a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

Pictures = Mapping[str, Callable[[], str]]

_FONTS_GO_HERE = "/* fonts */"


def to_html(
    markdown: str, *, base: Path | None = None, fonts: bool = True, pictures: Pictures | None = None, css: str = ""
) -> str:
    """The document as a page with everything inside it: style, fonts, formulas as MathML, pictures.

    `base` is the folder of the Markdown file: pictures in it are carried along; without it no picture is read.
    pictures: our own drawings by the address that the text has for them.
    fonts: carried along too; without them a page has some ten kilobytes and is made thirty times faster, and the reader's
    machine draws the letters. css: a style sheet of the user's own, behind ours (`render/own_style.py`).
    """
    from markupsafe import Markup

    from explainer.render.html.assets import fill, stylesheet
    from explainer.render.html.contents import outline
    from explainer.render.html.fonts import embedded_faces
    from explainer.render.html.labels import labels
    from explainer.render.html.reader import read_page
    from explainer.render.math.latex import to_mathml

    def formula(latex: str, display: bool) -> str:
        return to_mathml(latex, display=display)

    page = read_page(markdown, base=base, formula=formula, pictures=pictures)
    words = labels(page.label_language)
    html = fill(
        "page.html",
        page=page,
        words=words,
        body=Markup(page.body),
        title=Markup(page.title_html),
        subtitle=Markup(page.subtitle_html),
        contents=outline(page.headings),
        style=Markup(_FONTS_GO_HERE + stylesheet("page.css") + css),
    )
    return html.replace(_FONTS_GO_HERE, embedded_faces(html, page.language) if fonts else "", 1)
