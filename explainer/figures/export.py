"""A figure as a file: SVG, PNG for slides, PDF for papers."""

from __future__ import annotations

from pathlib import Path

from explainer.errors import UserError
from explainer.figures.figure import Figure
from explainer.i18n.bilingual import Bi
from explainer.render.files import check_target, folder_written, write

ENDINGS = (".svg", ".png", ".pdf")
DPI = 300  # of a PNG: as printers want it
NO_PNG = Bi(
    zh="写不了PNG：resvg-py没有装好。请运行 pip install resvg-py；SVG和PDF不受影响。",
    en="Cannot write PNG: resvg-py is not installed properly. Run pip install resvg-py; SVG and PDF work without it.",
)
ONE_FILE = Bi(
    zh="{path} 只放得下一张图：要写出几张图，请给一个文件夹，例如 -o figures/。",
    en="{path} takes one figure: for several give a folder, for example -o figures/.",
)
NOT_A_FOLDER = Bi(
    zh="写不了 {path}：没有文件夹 {parent}，请先建立它。",
    en="Cannot write {path}: there is no folder {parent}; create it first.",
)


def to_png(figure: Figure) -> bytes:
    """The figure in pixels, on white. Raises UserError where the renderer is missing."""
    try:
        import resvg_py
    except ImportError as error:
        raise UserError(NO_PNG) from error
    return bytes(resvg_py.svg_to_bytes(svg_string=figure.to_svg(), dpi=DPI, skip_system_fonts=True))


def to_pdf(figure: Figure) -> bytes:
    """The figure as a page of its own size. Raises UserError where PDF is not available."""
    from explainer.render.pdf.write import svg_page

    canvas = figure.canvas()
    return svg_page(
        figure.to_svg(outlined=False), canvas.width * 163 / 462, canvas.height * 163 / 462, figure.title[figure.lang]
    )


def written(figure: Figure, ending: str) -> bytes:
    """The figure in this format. Raises UserError."""
    if ending == ".png":
        return to_png(figure)
    return to_pdf(figure) if ending == ".pdf" else (figure.to_svg() + "\n").encode()


def check_place(path: Path, many: bool) -> bool:
    """Whether the path is a folder for figures (which need not be there yet). Raises UserError where it cannot be written."""
    if path.suffix.lower() in ENDINGS and not path.is_dir():
        if many:
            raise UserError(ONE_FILE.format(path=str(path)))
        check_target(path, ENDINGS)
        return False
    if not many and path.suffix and not path.is_dir():
        check_target(path, ENDINGS)
    if not path.resolve().parent.is_dir():
        raise UserError(NOT_A_FOLDER.format(path=str(path), parent=str(path.parent)))
    return True


def save(figures: list[Figure], path: Path) -> None:
    """One figure into a file, its ending the format; several, or one, into a folder as SVG. Raises UserError."""
    if check_place(path, len(figures) > 1):
        with folder_written(path, {f"{one.name}.svg": written(one, ".svg") for one in figures}):
            pass
    else:
        write(path, written(figures[0], path.suffix.lower()))
