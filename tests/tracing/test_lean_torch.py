"""Shapes without torch's compiler and sympy, and nobody but torch's own kernels ever meets the stand-ins."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest


def run(script: str, *arguments: str, cwd=None) -> str:
    """What a fresh interpreter prints."""
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments], capture_output=True, text=True, cwd=cwd
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


HEAVY = "print(sorted({'torch._dynamo', 'torch._dynamo.utils', 'sympy'} & set(sys.modules)))"


@pytest.mark.parametrize("command", ["densenet121", "vit_b_16", "net.py --show memory"])
def test_explaining_imports_neither_the_compiler_nor_sympy(command, tmp_path):
    (tmp_path / "net.py").write_text(
        textwrap.dedent("""
        import torch
        from torch import nn

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
                self.head = nn.Linear(36, 5)

            def forward(self, x):
                return torch.softmax(self.head(torch.flatten(self.features(x), 1)) * 2 + 1, 1)

        EXAMPLE_INPUT = (1, 3, 8, 8)
        """)
    )
    script = f"""
        import sys
        from explainer.cli.console import main
        assert main([*sys.argv[1:], "--lang", "en", "--no-cache", "-o", "x.md"]) == 0
        {HEAVY}
        """
    assert run(script, *command.split(), cwd=tmp_path) == "[]"
    assert "DISAGREES" not in (tmp_path / "x.md").read_text("utf-8")


def test_a_file_s_own_imports_are_the_real_ones(tmp_path):
    """At import, in the constructor and in the forward: the compiler and sympy are what they always are."""
    (tmp_path / "net.py").write_text(
        textwrap.dedent("""
        import torch
        import torch._dynamo.config
        import sympy
        from torch import nn
        from torch.fx.experimental.symbolic_shapes import ShapeEnv

        assert isinstance(sympy.Symbol("x"), sympy.Basic) and torch._dynamo.__file__

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.head = nn.Linear(4, int(sympy.Integer(3)))

            @torch.compiler.disable
            def forward(self, x):
                return self.head(x)

        EXAMPLE_INPUT = (1, 4)
        """)
    )
    script = """
        import sys
        from explainer.cli.console import main
        assert main(["net.py", "--lang", "en", "-o", "x.md"]) == 0
        assert sys.modules["torch._dynamo"].__file__ and sys.modules["sympy"].__file__
        """
    run(script, cwd=tmp_path)


def test_what_is_imported_first_in_a_forward_is_real(tmp_path):
    (tmp_path / "net.py").write_text(
        textwrap.dedent("""
        from torch import nn

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.head = nn.Linear(4, 3)

            def forward(self, x):
                y = self.head(x).relu()
                import sympy
                import torch._dynamo.utils
                assert isinstance(sympy.Symbol("x"), sympy.Basic)
                assert torch._dynamo.utils.is_compile_supported("cpu") in (True, False)
                return y + 1

        EXAMPLE_INPUT = (1, 4)
        """)
    )
    script = """
        from explainer.cli.console import main
        assert main(["net.py", "--lang", "en", "-o", "x.md"]) == 0
        """
    run(script, cwd=tmp_path)
    assert "needs values" not in (tmp_path / "x.md").read_text("utf-8")


def test_an_author_s_own_operator_meets_no_stand_in():
    script = """
        import sys, torch
        from explainer.rules import default_registry
        from explainer.tracing.forward import trace

        @torch.library.custom_op("mine::twice", mutates_args=())
        def twice(x: torch.Tensor) -> torch.Tensor:
            return x * 2

        @twice.register_fake
        def _(x):
            seen.append([name for name in ("sympy", "torch._dynamo") if name in sys.modules and not sys.modules[name].__file__])
            return torch.empty_like(x)

        class Net(torch.nn.Module):
            def forward(self, x):
                return twice(x)

        seen = []
        trace(Net(), (torch.empty(2, 3),), atomic=default_registry().is_atomic)
        print(seen)
        """
    assert run(script) == "[[]]"


def test_compiled_code_is_counted_and_works_afterwards():
    """The marks put off are made when the compiler comes."""
    script = """
        import torch
        from explainer.tracing.flops import FlopCounter
        x = torch.empty(4, 4, device="meta")
        with FlopCounter() as counter, torch.no_grad():
            (x @ x).relu()
        assert counter.total == 128
        compiled = torch.compile(lambda y: (y @ y).relu() + 1, backend="eager")
        assert compiled(torch.ones(4, 4)).shape == (4, 4)
        with FlopCounter() as counter:
            compiled(torch.ones(4, 4))
            torch.relu(x)
        print(counter.total)
        """
    assert run(script) == "128"


def test_torchvision_stands_complete_after_its_import():
    script = f"""
        import sys
        from explainer.source.torchvision_models import torchvision
        torchvision()
        {HEAVY}
        from torchvision.ops import roi_align
        import torchvision.ops.roi_align
        module = sys.modules["torchvision.ops.roi_align"]
        assert module.is_compile_supported("cpu") in (True, False)
        import torch._dynamo.utils
        assert torch._dynamo.utils.__file__
        """
    assert run(script) == "[]"
