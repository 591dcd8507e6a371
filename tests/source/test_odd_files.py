"""Files that are not what their ending says: one sentence with the true cause, in both languages."""

import pytest

from explainer.errors import UserError
from explainer.source.load import load

CAUSES = {
    "empty.json": (b"", "the file is empty", "文件是空的"),
    "blank.json": (b" \n", "the file is empty", "文件是空的"),
    "torn.json": (b'{"model_type": "be', "it is no JSON", "不是JSON"),
    "deep.json": (b"[" * 100_000, "it is no JSON", "不是JSON"),
    "list.json": (b"[1, 2]", "it has no model_type", "里面没有 model_type"),
    "object.json": (b'{"a": 1}', "it has no model_type", "里面没有 model_type"),
    "number.json": (b'{"model_type": 3}', "it has no model_type", "里面没有 model_type"),
    "binary.pt": (b"\x00\x01PK", "no file that torch.save wrote", "不是torch.save写出的文件"),
    "text.pth": (b"hello, these are no weights", "no file that torch.save wrote", "不是torch.save写出的文件"),
}


@pytest.mark.parametrize("name", CAUSES)
def test_the_true_cause_is_said(name, tmp_path):
    content, english, chinese = CAUSES[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as raised:
        load(str(tmp_path / name))
    assert english in raised.value.message.en and chinese in raised.value.message.zh
