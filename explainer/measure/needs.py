"""What a document, a JSON file or a question needs to have been measured. Runs nothing and imports no torch."""

from __future__ import annotations

from collections.abc import Collection

from explainer.walkthrough.measured import Want

ON_THE_PAGE: frozenset[Want] = frozenset({"memory", "training", "kv_cache", "saved_file", "in_symbols"})
"""What the section on memory has, and the JSON."""
IN_BYTES: frozenset[Want] = frozenset({"memory", "training", "kv_cache", "saved_file"})
"""What a number of bytes may mean."""


def needs(
    show: Collection[str] = (),
    *,
    measure: bool = False,
    batch: bool = False,
    ledger: bool = False,
    json: bool = False,
    symbols: bool = False,
    relatives: bool = False,
    detail: str = "",
) -> frozenset[Want]:
    """What must be measured for these options of a document.

    show: its figures (`memory`); measure: the file saved for real; batch: the table of what another batch changes;
    ledger: the table of what the tools print, instead of the lesson; json: the JSON, which has what the document has, so
    that the document can be made of it, and the section on memory; symbols: the formulas of the family. detail: how much the
    document says; each names blocks by what their stretches are, the handout has the family's formula of the parameters,
    that of the multiply-accumulates where tokens go in (a pass of an image's network costs more), and its ready-made models.

    >>> needs(("params", "shape", "macs"))
    frozenset()
    """
    found: set[Want] = {"counters"} if ledger else set()
    if json:
        found |= ON_THE_PAGE
    found |= {"ideas"} if json or (detail and not ledger) else set()
    if not ledger:
        found |= ON_THE_PAGE if "memory" in show else set()
        found |= {"saved_file", "file_on_disk"} if measure else set()
        found |= {"batch"} if batch else set()
        found |= {"family"} if symbols or relatives or detail == "handout" else set()
        found |= {"relatives"} if relatives or detail == "handout" else set()
        found |= {"family_macs"} if symbols and "macs" in show else set()
        found |= {"sequence_macs"} if detail == "handout" and "macs" in show else set()
    return frozenset(found)
