"""What a student wrote where only the question's own wording should stand."""

from __future__ import annotations

import unicodedata

from explainer.homework.classroom.assignment import Asked
from explainer.homework.question import WORDS
from explainer.homework.submissions.scan import says_something
from explainer.i18n.bilingual import LANGS

A_REMARK = 40  # letters of what is said without a figure: `A或B`, `see the picture`


def said_beside(asked: Asked, wording: str) -> str:
    """What a student wrote where only the question's wording should stand; "" if it is the worksheet's own."""
    if asked.item is None or not (says_something(wording) or 0 < len(_squeezed(wording)) <= A_REMARK):
        return ""
    from explainer.homework.worksheets.question_text import FIND

    own = [_squeezed(text[lang]) for text in (asked.question.text, asked.title) for lang in LANGS]
    find = FIND[asked.item.style].format(what=WORDS[asked.question.quantity])
    given = _squeezed(wording)
    printed = any(_squeezed(text) in given for text in (find.zh, find.en)) or any(given in text for text in own)
    return (
        ""
        if printed or given == _squeezed(asked.question.name) or (given.isdigit() and given == asked.key)
        else wording
    )


def _squeezed(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text).lower() if char.isalnum())
