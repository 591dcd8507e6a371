"""Markdown ⇒ one self-contained HTML file, for the screen and for printing from a browser."""

from __future__ import annotations

from pathlib import Path


def to_html(markdown: str, *, base: Path | None = None) -> str:
    """The document as a page with everything inside it: style, fonts, formulas as MathML, pictures.

    `base` is the folder of the Markdown file: pictures in it are carried along; without it no picture is read.
    """
    from markupsafe import Markup

    from explainer.render.math import to_mathml
    from explainer.render.page_assets import fill, stylesheet
    from explainer.render.page_contents import outline
    from explainer.render.page_fonts import embedded_faces
    from explainer.render.page_labels import labels
    from explainer.render.page_markdown import read_page

    page = read_page(markdown, base=base, formula=lambda latex, display: to_mathml(latex, display=display))
    words = labels(page.language)
    text = "".join((page.title_html, page.subtitle_html, page.body, *words.values()))
    return fill(
        "page.html",
        page=page,
        words=words,
        body=Markup(page.body),
        title=Markup(page.title_html),
        subtitle=Markup(page.subtitle_html),
        contents=outline(page.headings),
        style=Markup(embedded_faces(text, page.language) + stylesheet("page.css")),
    )
