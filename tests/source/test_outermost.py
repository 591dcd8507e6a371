"""`explain net.py` of a file with several classes: the one that uses all the others, if there is one."""

import pytest

from explainer.errors import UserError
from explainer.source.load import load

HEAD = "import torch\nfrom torch import nn\n"


def cls(name: str, *lines: str, base: str = "nn.Module") -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return f"class {name}({base}):\n    def __init__(self):\n        super().__init__()\n{body}"


A = cls("A", "self.fc = nn.Linear(2, 3)")
FILES = {
    "in a method": (A + cls("B", "self.a = A()"), "B"),
    "written first": (cls("B", "self.a = A()") + A, "B"),
    "in a function within a method": (A + cls("B", "make = lambda: A()", "self.a = make()"), "B"),
    "through a function of the file": (A + "def make():\n    return A()\n" + cls("B", "self.a = make()"), "B"),
    "from a table": (A + "TABLE = {'a': [A]}\n" + cls("B", "self.a = TABLE['a'][0]()"), "B"),
    "as a class's attribute": (A + cls("B", "self.a = self.kind()") + "    kind = A\n", "B"),
    "as a default": (A + "class B(nn.Module):\n    def __init__(self, kind=A):\n        super().__init__()\n        self.a = kind()\n", "B"),
    "as a base": (A + cls("B", "self.other = nn.Linear(3, 4)", base="A"), "B"),
    "several deep": (A + cls("B", "self.a = A()") + cls("C", "self.b = B()"), "C"),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_the_class_that_uses_the_others_is_taken_and_that_is_said(case, tmp_path):
    text, name = FILES[case]
    (tmp_path / "net.py").write_text(HEAD + text, encoding="utf-8")
    loaded = load(str(tmp_path / "net.py"))
    assert loaded.name == name
    assert f"{name} is taken" in loaded.notes[0].en and f"取用 {name}" in loaded.notes[0].zh


@pytest.mark.parametrize(
    "text",
    [
        A + cls("B"),
        A + cls("B", "self.a = A()") + cls("C", "self.a = A()"),
        A + cls("B", "self.c = C") + cls("C", "self.b = B"),
        cls("B", "self.c = C") + cls("C", "self.b = B") + A,
    ],
    ids=["strangers", "two users", "a circle beside one", "one beside a circle"],
)
def test_where_no_class_uses_all_the_others_one_must_be_named_as_the_user_writes_the_file(text, tmp_path):
    path = tmp_path / "net.py"
    path.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(UserError) as raised:
        load(str(path))
    assert f"for example {path}:" in raised.value.message.en and f"例如 {path}:" in raised.value.message.zh
