"""`explain check … -o a.csv -o b.xlsx`: a table that is not written is said, never left out in silence."""

import pytest

from explainer.cli.commands.check import ONE_TABLE, run
from explainer.errors import UserError


def test_two_tables_are_refused_before_any_work(tmp_path):
    with pytest.raises(UserError) as raised:
        run("en", ("vgg16", str(tmp_path)), "en", outputs=(tmp_path / "a.csv", tmp_path / "b.xlsx"))
    assert raised.value.message == ONE_TABLE
    assert not list(tmp_path.iterdir())
