"""A comparison as plain figures for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explainer.comparison.differences import Comparison, Difference
from explainer.export.what_if_json import term_dict
from explainer.i18n.bilingual import Lang

if TYPE_CHECKING:
    pass
from explainer.comparison.report import sentence


def to_dict(comparison: Comparison, lang: Lang) -> dict[str, Any]:
    """Plain JSON: the totals of both, each difference with its sentence."""
    return {
        "same": comparison.same,
        "undecided": comparison.undecided,
        "failure": comparison.failure[lang] if comparison.failure else None,
        "reference": _figures(comparison.reference),
        "submission": _figures(comparison.submission) if comparison.submission else None,
        "arguments": [{"name": c.name, "expected": c.expected, "given": c.given} for c in comparison.built_otherwise],
        "terms": [term_dict(term) for term in comparison.terms],
        "differences": [_entry(comparison, difference, lang) for difference in comparison.differences],
        "note": comparison.note[lang] if comparison.note else None,
    }


def _figures(facts: Any) -> dict[str, Any]:
    return {
        "name": facts.name,
        "params": facts.params,
        "trainable": facts.trainable,
        "buffers": facts.buffers,
        "macs": facts.macs,
        "at_least": facts.incomplete,
    }


def _entry(comparison: Comparison, difference: Difference, lang: Lang) -> dict[str, Any]:
    ours, theirs = difference.reference, difference.submission
    return {
        "kind": difference.kind,
        "reference": ours.path if ours else None,
        "submission": theirs.path if theirs else None,
        "changes": [{"name": c.name, "expected": c.expected, "given": c.given} for c in difference.changes],
        "params": difference.params,
        "follows": difference.follows,
        "message": sentence(comparison, difference)[lang],
    }
