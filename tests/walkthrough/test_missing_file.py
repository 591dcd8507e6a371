"""A lesson's file that cannot be read at all is not called one that somebody else wrote."""

import pytest

import explainer


@pytest.mark.parametrize(
    ("name", "english", "chinese"),
    [("none.json", "There is no file", "没有这个文件"), ("", "cannot be read", "无法读取")],
)
def test_the_file_is_not_blamed_for_what_is_in_it(name, english, chinese, tmp_path):
    with pytest.raises(explainer.UserError) as raised:
        explainer.load(str(tmp_path / name))
    assert english in raised.value.message.en and chinese in raised.value.message.zh
    assert "walkthrough" not in raised.value.message.en
