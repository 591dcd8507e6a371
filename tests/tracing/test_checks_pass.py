"""Checks of values are taken to pass on the meta device; questions that decide something else are not answered."""

from __future__ import annotations

import warnings

import pytest
import torch
from value_checks import branching, complaining, doing_something, explicit, looping, plain, raising

from explainer.tracing.assumed import checks_pass


@pytest.mark.parametrize("check", [plain, raising, complaining, explicit])
def test_a_check_passes(check):
    with warnings.catch_warnings(), checks_pass():
        warnings.simplefilter("error")
        assert check(torch.empty(2, 3, device="meta")) == 1


@pytest.mark.parametrize("question", [branching, doing_something, looping, lambda x: bool(x.sum() > 0)])
def test_a_decision_needs_values(question):
    with checks_pass(), pytest.raises(RuntimeError, match="meta"):
        question(torch.empty(2, 3, device="meta"))


@pytest.mark.parametrize(("values", "passes"), [((0.0, 1.0), True), ((float("nan"), 1.0), False)])
def test_what_has_values_is_asked_for_them(values, passes):
    with checks_pass():
        if passes:
            assert raising(torch.tensor([values])) == 1
        else:
            with pytest.raises(ValueError, match="nan"):
                raising(torch.tensor([values]))


def test_the_tensor_class_comes_back_as_it_was():
    before = dict(vars(torch.Tensor))
    with checks_pass():
        pass
    assert dict(vars(torch.Tensor)) == before
