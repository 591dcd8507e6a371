"""Markdown ⇒ PDF on A4 paper, through WeasyPrint."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explainer.collector import cleared_behind, collector_off
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, same
from explainer.unused_code import give_back

if TYPE_CHECKING:
    from explainer.render.pdf.drawings import Drawings

Pictures = Mapping[str, Callable[[], str]]

_MOST_LAYERS_LISTED = 60  # beyond that the table of contents lists sections only


NO_PDF = Bi(
    zh="写不了PDF：{missing}没有装好。请运行 {command}；Markdown和HTML不受影响。",
    en="Cannot write PDF: {missing} is not installed properly. Run {command}; Markdown and HTML work without it.",
)


class PdfUnavailable(UserError):
    """WeasyPrint, or a native library under it, is not installed; `missing` names it."""

    def __init__(self, missing: str) -> None:
        super().__init__(NO_PDF.format(missing=missing, command=pango_command(missing)))
        self.missing = missing


def to_pdf(markdown: str, *, base: Path | None = None, pictures: Pictures | None = None, css: str = "") -> bytes:
    """The document as a PDF; the same bytes for the same text. Raises `PdfUnavailable`.

    `base` is the folder of the Markdown file: pictures in it are carried along; without it no picture is read.
    pictures: our own drawings by the address that the text has for them. css: a style sheet of the user's own, behind ours.
    """
    from explainer.render.pdf.languages import languages_told
    from explainer.render.pdf.quicker import quicker
    from explainer.render.pdf.reading_order import labels_in_order

    give_back()  # the pages take what the pass has no more need of
    with (
        cleared_behind(),
        collector_off(),
    ):  # a tagged document holds itself in a circle, and its fonts want a last word
        document = laid_out(markdown, base=base, pictures=pictures, css=css)
        labels_in_order(document.pages)
        with quicker(), languages_told():
            content: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
        del document
    return content


def laid_out(markdown: str, *, base: Path | None = None, pictures: Pictures | None = None, css: str = "") -> Any:
    """WeasyPrint's pages, each box in its place. Raises `PdfUnavailable`."""
    from explainer.render.pdf.chinese_justify import chinese_justified
    from explainer.render.pdf.filled_pages import filled
    from explainer.render.pdf.parsed import parsed
    from explainer.render.pdf.quicker import quicker

    weasyprint = load_weasyprint()
    fonts, drawings = fonts_and_drawings()
    html = print_html(markdown, base=base, pictures=pictures, placed=drawings.placed, css=css)
    with collector_off(), chinese_justified(weasyprint), quicker(css), filled():
        page = parsed(weasyprint, html, only_ours(weasyprint))
        return page.render(font_config=fonts, cache=drawings.images)


def fonts_and_drawings() -> tuple[Any, Drawings]:
    """The fonts of one document, and its drawings, whose letters are in them."""
    from weasyprint.text.fonts import FontConfiguration

    from explainer.render.pdf.drawings import Drawings

    fonts = FontConfiguration()
    return fonts, Drawings(fonts)


def svg_page(svg: str, width: float, height: float, title: str) -> bytes:
    """One of our drawings, its letters text, as a PDF of its own size in millimetres. Raises `PdfUnavailable`."""
    from html import escape

    from explainer.render.html.fonts import linked_faces

    weasyprint = load_weasyprint()
    page = f"@page{{size:{width:.3f}mm {height:.3f}mm;margin:0}}body{{margin:0;line-height:1}}svg,img{{display:block}}"
    fonts, drawings = fonts_and_drawings()
    html = f"<!DOCTYPE html><title>{escape(title)}</title><style>{linked_faces()}{page}</style>{drawings.placed(svg)}"
    with collector_off():
        document = weasyprint.HTML(string=html, base_url=None, url_fetcher=only_ours(weasyprint))
        content: bytes = document.write_pdf(font_config=fonts, cache=drawings.images)
    return content


def print_html(
    markdown: str,
    *,
    base: Path | None = None,
    pictures: Pictures | None = None,
    placed: Callable[[str], str] | None = None,
    css: str = "",
) -> str:
    """The page as WeasyPrint gets it. placed: what stands in it for an SVG; by itself the SVG."""
    from markupsafe import Markup

    from explainer.render.html.assets import fill, stylesheet
    from explainer.render.html.contents import outline
    from explainer.render.html.fonts import linked_faces
    from explainer.render.html.labels import labels
    from explainer.render.html.reader import contents_printed, read_page
    from explainer.render.math.latex import to_compact
    from explainer.render.pdf.parsed import used_rules

    def formula(latex: str, display: bool) -> str:
        return to_compact(latex, display=display)

    page = read_page(markdown, base=base, formula=formula, compact=True, pictures=pictures, placed=placed)
    words = labels(page.label_language)
    html = fill(
        "print.html",
        page=page,
        words=words,
        body=Markup(page.body),
        title=Markup(page.title_html),
        subtitle=Markup(page.subtitle_html),
        contents=outline(page.headings, most=_MOST_LAYERS_LISTED) if contents_printed(markdown) else [],
    )
    return html.replace("<style>", f"<style>\n{linked_faces()}{used_rules(stylesheet('print.css'), html)}{css}", 1)


def load_weasyprint() -> Any:
    """WeasyPrint, or `PdfUnavailable`: without Pango its import raises OSError."""
    from importlib import import_module

    from explainer.render.pdf.deferred_fonttools import fonttools_deferred
    from explainer.render.pdf.libraries import found_by_soname

    try:
        with fonttools_deferred():
            with found_by_soname(), suppress(OSError):
                return import_module("weasyprint")
            return import_module("weasyprint")  # somewhere else than where the system looks
    except ImportError as error:
        raise PdfUnavailable(error.name or "weasyprint") from error
    except OSError as error:
        raise PdfUnavailable(_library_in(str(error))) from error


def _library_in(message: str) -> str:
    """`cannot load library 'libpango-1.0-0': …` ⇒ `libpango-1.0-0`."""
    import re

    found = re.search(r"cannot load library '([^']+)'|\b(lib[\w.+-]+)", message)
    return next((name for name in found.groups() if name), "pango") if found else "pango"


def pango_command(missing: str = "pango") -> Bi:
    """What installs WeasyPrint's native libraries on this system."""
    if "weasyprint" in missing.lower():
        return same("pip install weasyprint")
    system = platform.system()
    if system == "Darwin":
        return same("brew install pango")
    if system == "Windows":
        return Bi(
            "MSYS2里的 pacman -S mingw-w64-ucrt-x86_64-pango，并设置环境变量 WEASYPRINT_DLL_DIRECTORIES",
            "pacman -S mingw-w64-ucrt-x86_64-pango in MSYS2 and set WEASYPRINT_DLL_DIRECTORIES",
        )
    release = Path("/etc/os-release")
    family = release.read_text(encoding="utf-8", errors="replace") if release.exists() else ""
    if "fedora" in family or "rhel" in family:
        return same("sudo dnf install pango")
    if "arch" in family.split("ID_LIKE=")[-1][:12] or "ID=arch" in family:
        return same("sudo pacman -S pango")
    if "alpine" in family:
        return same("sudo apk add pango")
    return same("sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0")


def only_ours(weasyprint: Any) -> Any:
    """Data: URIs and our own fonts; nothing else is ever opened."""
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    from explainer.render.html.assets import fonts_dir

    fonts = fonts_dir().resolve()

    class OnlyOurs(weasyprint.urls.URLFetcher):  # type: ignore[misc]
        """Refuses every address that is not ours."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            address = urlsplit(url)
            if address.scheme == "data":
                return super().fetch(url, headers)
            if address.scheme == "file" and address.netloc in ("", "localhost"):
                path = Path(url2pathname(address.path)).resolve()
                if path.parent == fonts and path.is_file():
                    return weasyprint.urls.URLFetcherResponse(url, path.read_bytes(), {"Content-Type": "font/ttf"})
            raise ValueError(f"not allowed: {address.scheme} address")

    return OnlyOurs(allowed_protocols=("data", "file"))
