"""Functions that look at values; in a file of their own, for pytest writes the assertions of tests anew."""

from __future__ import annotations

import warnings

import torch


def plain(x):
    assert (x == x).all(), "not a number"
    assert not torch.isnan(x).any()
    assert torch.isfinite(x).all() and not torch.isinf(x).any()
    torch._assert((x < 1e9).all(), "too large")
    torch._check_tensor_all(x < 1e9)
    assert x.max().item() <= 5
    assert not x.min().item() < 0
    return 1


def raising(x):
    if torch.isnan(x).any():
        raise ValueError("nan")
    if not torch.isfinite(x).all():
        raise ValueError("inf")
    if torch.isnan(x).any() or not torch.isfinite(x).all():
        raise ValueError("either")
    if x.dim() == 2 and torch.isnan(x).any():
        raise ValueError("both")
    if (x < 0).any().item():
        raise ValueError("below 0")
    return 1


def complaining(x):
    if x.max() > 1:
        warnings.warn("large", stacklevel=1)
    return 1


def explicit(x):
    torch.distributions.Normal(x, x.exp(), validate_args=True)
    torch.distributions.Categorical(logits=x, validate_args=True)
    return 1


def branching(x):
    return 1 if x.sum() > 0 else 2


def doing_something(x):
    if x.sum() > 0:
        x = x + 1
    return x


def looping(x):
    while x.sum() > 0:
        x = x - 1
    return x
