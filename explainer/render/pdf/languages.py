"""The language of each part in a tagged PDF: WeasyPrint says that of the whole document alone, and a reader would read English aloud as Chinese."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from explainer.render.pdf.kept_lines import Exchange
from explainer.render.pdf.quicker import exchanged

_WHOLE = ("html", "body")  # the document's own, which the catalogue holds


@contextmanager
def languages_told() -> Iterator[None]:
    """While a document is written. A version of WeasyPrint that tags otherwise tells none."""
    with exchanged(_exchanges):
        yield


def _exchanges() -> list[Exchange]:
    from weasyprint.pdf import tags

    return [(tags, "_build_box_tree", _telling(tags._build_box_tree, tags.pydyf.String))]


def _telling(tree: Callable[..., Iterator[Any]], string: Callable[[str], Any]) -> Callable[..., Iterator[Any]]:
    def told(box: Any, *more: Any) -> Iterator[Any]:
        element = getattr(box, "element", None)
        language = element.get("lang") if element is not None and element.tag not in _WHOLE else None
        for tag in tree(box, *more):
            if language:
                tag["Lang"] = string(language)
            yield tag

    return told
