"""The examples in our docstrings give what they say; what is public has a docstring."""

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import explainer
from explainer.i18n.bilingual import Bi

HOME = Path(explainer.__file__).parent
WITH_EXAMPLES = sorted(path for path in HOME.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: str(path.relative_to(HOME)))
def test_an_example_gives_what_it_says(path):
    module = importlib.import_module(
        ".".join(path.relative_to(HOME.parent).with_suffix("").parts).removesuffix(".__init__")
    )
    result = doctest.testmod(module, extraglobs={"Bi": Bi}, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert not result.failed


def test_what_is_public_has_an_example():
    """And every public member of a class says what it is."""
    for name in explainer.__all__:
        thing = getattr(explainer, name)
        assert ">>> " in (inspect.getdoc(thing) or ""), name
        if inspect.isclass(thing) and not issubclass(thing, Exception):
            members = [one for one in vars(thing).items() if not one[0].startswith("_")]
            undocumented = [
                key for key, one in members if isinstance(one, property) or inspect.isfunction(one) if not one.__doc__
            ]
            assert not undocumented, (name, undocumented)
