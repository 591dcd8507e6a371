"""A feedback page as HTML without fonts inside: a class has hundreds, and each is read on a screen that has fonts.

The page is the walkthrough's own otherwise: Markdown read the same way, formulas as MathML, the same style.
"""

from __future__ import annotations


def to_light_html(markdown: str) -> str:
    """One self-contained file of some ten kilobytes; what the reader's machine has draws the letters."""
    from markupsafe import Markup

    from explainer.render.math import to_mathml
    from explainer.render.page_assets import fill, stylesheet
    from explainer.render.page_labels import labels
    from explainer.render.page_markdown import read_page

    page = read_page(markdown, base=None, formula=lambda latex, display: to_mathml(latex, display=display))
    return fill(
        "page.html",
        page=page,
        words=labels(page.label_language),
        body=Markup(page.body),
        title=Markup(page.title_html),
        subtitle=Markup(page.subtitle_html),
        contents=[],
        style=Markup(stylesheet("page.css")),
    )
