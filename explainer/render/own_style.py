"""A style sheet of the user's own, added behind ours: `--css FILE`. It can reach nothing outside the page.

What would make a browser or a renderer open an address is refused, with the line in which it stands.
"""

from __future__ import annotations

import re
from pathlib import Path

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, same
from explainer.plain_file import text_of
from explainer.render.files import reason

MOST = 2**20  # bytes
UNREADABLE = Bi(
    zh="无法读取样式文件 {path}：{reason}。请检查路径，文件须为UTF-8编码。",
    en="Cannot read the style sheet {path}: {reason}. Check the path; the file must be UTF-8.",
)
REACHES_OUT = Bi(
    zh="样式文件 {path} 第{line}行的 {what} 会从别处取东西，而页面不打开任何地址；请删去它。图片可写成 url(data:…)，字体请写系统里的字体名。",
    en="{what} in line {line} of the style sheet {path} would fetch something, and a page opens no address: take it out. A picture may be "
    "url(data:…), a font the name of one that is installed.",
)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\n\f]?|([^\n0-9a-fA-F]))")
_REACHES = re.compile(
    r"@import|@font-face|@namespace|(?:url|src|image|image-set|cross-fade|element)\s*\((?!\s*[\"']?data:)",
    re.IGNORECASE,
)


def own_style(path: Path) -> str:
    """The style sheet's text, fit to stand in a page. Raises UserError."""
    try:
        text = text_of(path, MOST)
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else same("UTF-8")
        raise UserError(UNREADABLE.format(path=str(path), reason=why)) from error
    plain = _ESCAPE.sub(_letter, text)  # comments too: what a comment is to us may be a string to a browser
    if found := _REACHES.search(plain):
        line = plain.count("\n", 0, found.start()) + 1
        raise UserError(REACHES_OUT.format(path=str(path), line=str(line), what=found[0].rstrip("( \t\n")))
    return text.replace("\0", "").replace("</", r"<\/")


def _letter(found: re.Match[str]) -> str:
    """What an escape stands for: `\\75rl(` is `url(`."""
    if found[2]:
        return found[2]
    number = int(found[1], 16)
    return chr(number) if 0 < number < 0x110000 else "\ufffd"
