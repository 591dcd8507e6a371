"""Where the page templates, style sheets and bundled fonts are, in a wheel and in a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path


def templates_dir() -> Path:
    """The folder of page templates, style sheets and fonts."""
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "templates", package.parent / "templates"):
        if (folder / "page.html").is_file():
            return folder
    raise FileNotFoundError("the page templates are missing: the installation of explainer is incomplete")


def fonts_dir() -> Path:
    """The folder of the bundled fonts: the only files a renderer may open by address."""
    return templates_dir() / "fonts"


@cache
def stylesheet(name: str) -> str:
    """The text of one of our style sheets."""
    return (templates_dir() / name).read_text(encoding="utf-8")


def fill(template: str, **values: object) -> str:
    """Fill one of our page templates; whatever is not marked safe is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(templates_dir()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)
