"""JSON: {"features.0.params": 1792}, or a list of {"question": …, "answer": …}; numbers stay as they were written."""

from __future__ import annotations

import json
from typing import Any

from explainer.homework.submissions.base import MAX_NAME, Broken, Entry, Found, plain, squeezed, who
from explainer.homework.submissions.decode import decoded
from explainer.homework.submissions.scan import QUANTITIES, is_name
from explainer.homework.submissions.tables import ANSWER, NUMBER, NUMBERED, QUESTION
from explainer.i18n.bilingual import Bi

NOT_JSON = Bi(
    zh="不是正确的JSON（第{line}行第{column}列附近有误）；请改正后重交。",
    en="This is not valid JSON (look near line {line}, column {column}); correct it and hand it in again.",
)
TOO_DEEP = Bi(zh="JSON嵌套得太深，没有读。", en="The JSON is nested too deeply and was not read.")
TOO_MANY_PARTS = Bi(
    zh="JSON的内容太多（超过{most}个部分），没有读。",
    en="The JSON has too many parts (more than {most}) and was not read.",
)
NO_ANSWER = Bi(
    zh="{name} 的值不是数、文字或数的列表，无法识别。",
    en="The value of {name} is no number, text or list of numbers, and could not be read.",
)
NO_ANSWERS = Bi(
    zh='JSON中没有答案；请按 {{"features.0.params": "1792"}} 的格式书写。',
    en='The JSON has no answers; write it as {{"features.0.params": "1792"}}.',
)

MAX_PARTS = 1_000_000  # commas and brackets: what a parsed file takes in memory grows with them


class _Object(list[tuple[str, Any]]):
    """A JSON object as its pairs, so that a name given twice is seen."""


def read_json(content: bytes) -> list[Found]:
    """Raises Broken where the file is no JSON."""
    value = parsed(decoded(content))
    if isinstance(value, list) and not isinstance(value, _Object):
        several = [one for one in value if isinstance(one, _Object) and _nested(one) is not None]
        if several and len(several) == len(value):
            return [_person(one) for one in several]
    return [_person(value)]


def parsed(text: str) -> Any:
    """The value, numbers as text and objects as pairs. Raises Broken."""
    parts = text.count(",") + 2 * text.count("[") + 4 * text.count("{")
    if parts > MAX_PARTS:
        raise Broken(TOO_MANY_PARTS.format(most=MAX_PARTS))
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_Object)
    except json.JSONDecodeError as error:
        raise Broken(NOT_JSON.format(line=error.lineno, column=error.colno)) from error
    except RecursionError as error:
        raise Broken(TOO_DEEP) from error


def _nested(pairs: _Object) -> Any:
    return next((value for key, value in pairs if squeezed(key) in ANSWER and isinstance(value, list)), None)


def _person(value: Any) -> Found:
    found = Found()
    if isinstance(value, _Object):
        for key, said in value:
            if who(key) and isinstance(said, str):
                found.say(key, said)
        value = _nested(value) or _Object(
            (key, said) for key, said in value if not (who(key) and isinstance(said, str))
        )
    if isinstance(value, _Object):
        for key, said in value:
            _answer(found, key, said)
    elif isinstance(value, list):
        for at, one in enumerate(value, start=1):
            _item(found, at, one)
    if not found.entries:
        found.problems.append(NO_ANSWERS.format())
    return found


def _answer(found: Found, key: str, said: Any) -> None:
    """A question and its answer; or a layer with its quantities: {"features.0": {"params": 1792, "shape": [64, 224, 224]}}."""
    if isinstance(said, _Object) and said and not is_name(key) and all(name in QUANTITIES for name, _ in said):
        for quantity, value in said:
            _add(found, f"{key}.{quantity}", value)
    elif isinstance(said, _Object) and squeezed(key) in ANSWER:
        for name, value in said:
            _answer(found, name, value)
    else:
        _add(found, key, said)


def _item(found: Found, at: int, one: Any) -> None:
    """One of a list: an object with a question and an answer, or with one pair; or the answers in order."""
    if not isinstance(one, _Object):
        _add(found, str(at), one)
        return
    fields = {squeezed(key): said for key, said in one}
    asked = next((fields[key] for key in fields if key in QUESTION), None)
    number = next((fields[key] for key in fields if key in NUMBER), "")
    answer = [fields[key] for key in fields if key in ANSWER]
    if answer and (asked or number):
        _add(found, str(asked or number), answer[0], str(number))
    else:
        for key, said in one:
            _answer(found, key, said)


def _add(found: Found, key: str, said: Any, number: str = "") -> None:
    key = plain(key[:1_000])
    text = _text(said)
    if text is None:
        found.problems.append(NO_ANSWER.format(name=key[:MAX_NAME]))
    ordinal = NUMBERED.fullmatch(number[:MAX_NAME] or key)
    name = key if is_name(key) else ""
    given = _written(said)[:MAX_WRITTEN] if text is None else text
    found.entries.append(Entry(given, name, ordinal[1] if ordinal else "", key[:MAX_NAME], unread=text is None))


def _text(said: Any) -> str | None:
    """What was written: [512, 7, 7] for a shape, several lines for a list of texts or for parts with names."""
    if said is None:
        return ""
    if isinstance(said, str):
        return said
    if isinstance(said, _Object):
        parts = [(key, _text(value)) for key, value in said]
        if not parts or not all(isinstance(value, str) for _, value in said):
            return None
        return "\n".join(f"{key}: {text}" for key, text in parts)
    if isinstance(said, list) and all(isinstance(one, str) for one in said):
        numbers = all(one.strip().replace(".", "", 1).isdigit() for one in said)
        return f"[{', '.join(said)}]" if numbers else "\n".join(said)
    return None


MAX_WRITTEN = 300  # characters shown of a value that could not be read


def _written(said: Any) -> str:
    """A value as it was written, for the teacher to see. Raises RecursionError where it is nested too deeply."""
    if isinstance(said, _Object):
        return "{" + ", ".join(f"{key}: {_written(value)}" for key, value in said[:MAX_WRITTEN]) + "}"
    if isinstance(said, list):
        return "[" + ", ".join(_written(one) for one in said[:MAX_WRITTEN]) + "]"
    return {True: "true", False: "false", None: "null"}[said] if said is None or isinstance(said, bool) else str(said)
