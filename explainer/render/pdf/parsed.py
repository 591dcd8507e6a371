"""Our HTML as WeasyPrint's tree: it is well-formed, so that the parser of XML reads it, which takes a twentieth of the time of one for everybody's HTML."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any
from xml.etree import ElementTree

_RULE = re.compile(r"([^{}@]+)\{[^{}]*\}")  # at no depth: what stands in @page has no classes
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CLASS = re.compile(r"\.([a-zA-Z][\w-]*)")
_CLASSES = re.compile(r'class="([^"]*)"')
_INSIDE = re.compile(r"\([^()]*\)")  # of these one is enough
_APART = re.compile(r",(?![^(]*\))")  # between selectors, not within :is(…)


def parsed(weasyprint: Any, html: str, url_fetcher: Any) -> Any:
    """WeasyPrint's `HTML`. What is not well-formed (a drawing of somebody else's) goes through its own parser."""
    try:
        root = ElementTree.fromstring(html)
    except ElementTree.ParseError:
        return weasyprint.HTML(string=html, base_url=None, url_fetcher=url_fetcher, media_type="print")

    class Parsed(weasyprint.HTML):  # type: ignore[misc]
        """A tree that is there already."""

        def __init__(self) -> None:
            wrapper = import_module("cssselect2").ElementWrapper
            self.base_url, self.url_fetcher, self.media_type = None, url_fetcher, "print"
            self.wrapper_element = wrapper.from_html_root(root, content_language=None)
            self.etree_element = self.wrapper_element.etree_element

    return Parsed()


def used_rules(css: str, html: str) -> str:
    """The style sheet without the selectors of classes that the page does not have, which would be parsed and tried on every element."""
    there = {name for names in _CLASSES.findall(html) for name in names.split()}

    def kept(rule: re.Match[str]) -> str:
        selectors = _APART.split(rule[1])
        wanted = [one for one in selectors if there.issuperset(_CLASS.findall(_INSIDE.sub("", one)))]
        return ",".join(wanted) + rule[0][len(rule[1]) :] if wanted else ""

    return _RULE.sub(kept, _COMMENT.sub("", css))
