"""A teacher's own terms: 步长 for 步幅, 汇聚层 for 池化层, from a small TOML file."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, Lang, words_in_a_row
from explainer.i18n.glossary import TERMS
from explainer.plain_file import text_of

Terms = Mapping[Lang, Mapping[str, str]]

# Words that the texts also use and that a teacher may want otherwise, beside the glossary's own.
_ALSO = (
    Bi("最大池化层", "max pooling layer"),
    Bi("平均池化层", "average pooling layer"),
    Bi("批归一化层", "batch normalization layer"),
    Bi("池化", "pooling"),
)


def read_terms(path: Path) -> Terms:
    """`"步幅" = "步长"`, one a line; English ones in a table `[en]`. Raises UserError."""
    try:
        content = tomllib.loads(text_of(path))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:  # a folder is no file
        raise UserError(
            Bi(zh="没有术语文件 {path}：请检查路径。", en="There is no terms file {path}: check the path.").format(
                path=str(path)
            )
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(
            Bi(
                zh='术语文件 {path} 无法读取（{reason}）：每行写成 "步幅" = "步长"，用UTF-8编码。',
                en='The terms file {path} cannot be read ({reason}): write lines like "kernel" = "filter" under [en], '
                "in UTF-8.",
            ).format(path=str(path), reason=str(error).splitlines()[0])
        ) from error
    return check_terms(content)


def check_terms(content: Mapping[str, object]) -> Terms:
    """Terms as a mapping; those outside the tables `zh` and `en` count for their own script. Raises UserError."""
    terms: dict[Lang, dict[str, str]] = {"zh": {}, "en": {}}
    for key, value in content.items():
        if key == "notation" and isinstance(value, Mapping):
            continue  # names for formulas in answers: `homework/grading/policy.py`
        if key in ("zh", "en") and isinstance(value, Mapping):
            lang: Lang = "zh" if key == "zh" else "en"
            for old, new in value.items():
                terms[lang][old] = _word(old, new, lang)
        else:
            lang = "en" if key.isascii() else "zh"
            terms[lang][key] = _word(key, value, lang)
    return terms


def replaced(text: str, lang: Lang, terms: Terms) -> str:
    """The text with the teacher's words, the longest first, each place once."""
    words = terms.get(lang)
    if not words:
        return text
    pattern = "|".join(re.escape(old) for old in sorted(words, key=len, reverse=True))
    if lang == "zh":
        return re.sub(pattern, lambda found: words[found[0]], text)
    return re.sub(rf"\b({pattern})((?:es|s)?)\b", lambda found: _english(found, words), text, flags=re.IGNORECASE)


def _english(found: re.Match[str], words: Mapping[str, str]) -> str:
    """A whole word, its plural and its capital kept: Biases → Offsets."""
    new = words[found[1].lower()]
    if found[1][:1].isupper():
        new = new[:1].upper() + new[1:]
    return new + ("s" if found[2] else "")


def _word(old: str, new: object, lang: Lang) -> str:
    known = [name[lang] for name in (*(term.name for term in TERMS), *_ALSO) if name[lang]]
    if old not in known:
        near = difflib.get_close_matches(old, known, n=3, cutoff=0.3) or known
        raise UserError(
            Bi(
                zh="术语文件里的“{old}”不是本程序的术语，可以替换的有：{known}。",
                en="'{old}' in the terms file is no term of this program; some that can be replaced: {known}.",
            ).format(old=old, known=words_in_a_row(near))
        )
    if not isinstance(new, str) or not new.strip() or len(new) > 40 or not new.isprintable():
        raise UserError(
            Bi(
                zh="术语“{old}”的替换词应是一个不超过40字的词，写在引号里。",
                en="The replacement for '{old}' must be a word of at most 40 characters, in quotes.",
            ).format(old=old)
        )
    return new.strip()
