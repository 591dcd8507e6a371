"""What needs the model to be run again: measured once beside the trace, and kept with the walkthrough as plain data.

Only what was measured stands here. Formulas and sentences about it are made by whoever reads it (`explainer.cost`).
Bytes are bytes, sizes include the batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from explainer.i18n.bilingual import Bi
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.counted import Counted
from explainer.walkthrough.polynomial import Polynomial

Want = Literal[
    "memory",
    "training",
    "kv_cache",
    "saved_file",
    "file_on_disk",
    "in_symbols",
    "batch",
    "counters",
    "rows",
    "family",
    "family_macs",
    "sequence_macs",
    "relatives",
    "ideas",
]
"""What can be measured: the peak of inference and what each call writes; what training keeps; the cache of a generative
transformer; the saved file, predicted, and saved for real; the totals as formulas; what another batch changes; what the tools that count would print, and layer by layer;
the formulas of the family, and what modules and stretches are proven to be, which stand beside what was measured and not in it."""

Relation = Literal["new", "view", "in_place", "unchanged"]
"""What an output's memory is: its own; a view of an input's; the input, written over; the input itself, untouched."""

Total = Literal["params", "macs", "activations", "inputs_bytes", "weights_bytes", "peak_bytes", "kept_bytes"]
"""What a batch may change: counts of parameters, of multiply-accumulates and of elements; bytes."""

Sizes = Mapping[str, int]


class Written(Struct, frozen=True):
    """What one call did with memory. new_bytes: the storage that its outputs take, shared storage not among them."""

    path: str
    relation: Relation
    new_bytes: int


class Alive(Struct, frozen=True):
    """A storage at the peak: the call that made it, the shape that it was made with, its bytes."""

    path: str
    shape: Shape
    bytes: int


class Moment(Struct, frozen=True):
    """A call at the moment when the most is alive in it, in bytes by the reason why.

    made: what it makes. read: what it was given. later: what a later call reads, or the model returns. idle: what nothing
    reads any more, and a name in the program still holds. Weights and the model's inputs are not among them.
    """

    path: str
    made: int
    read: int
    later: int
    idle: int

    @property
    def bytes(self) -> int:
        return self.made + self.read + self.later + self.idle


class Peak(Struct, frozen=True):
    """The moment of inference at which most is alive.

    activations_bytes: what the calls have made. inputs_bytes: held by the caller throughout. weights_bytes: parameters
    and buffers. at: the call that was running. alive: what is alive then, oldest first, the inputs not among them.
    written: what each call did with memory, in order. timeline: what is alive at each call; () in a file of older date, and
    where the trace is too long for it.
    """

    activations_bytes: int
    inputs_bytes: int
    weights_bytes: int
    at: str
    alive: tuple[Alive, ...]
    written: tuple[Written, ...]
    timeline: tuple[Moment, ...] = ()

    @property
    def bytes(self) -> int:
        """Activations and inputs together: the tensors alive beside the weights."""
        return self.activations_bytes + self.inputs_bytes

    @property
    def total_bytes(self) -> int:
        """Everything: activations, inputs, weights."""
        return self.bytes + self.weights_bytes


class Kept(Struct, frozen=True):
    """What training keeps for the backward pass.

    by_call: bytes by the path of the call that saved them first; every storage counts once, parameters and buffers do
    not. input_bytes: what of it is the model's own input. batch: the first dimension of the first input, or None.
    fractions: how many floating-point numbers are among it, None in a file of older date; fractions_bytes: their bytes.
    """

    by_call: Mapping[str, int]
    input_bytes: int
    batch: int | None
    fractions: int | None = None
    fractions_bytes: int = 0

    @property
    def bytes(self) -> int:
        return sum(self.by_call.values())

    @property
    def bytes_each(self) -> int | None:
        """Per example of the batch, where it comes out whole."""
        return self.bytes // self.batch if self.batch and self.bytes % self.batch == 0 else None


class Training(Struct, frozen=True):
    """What training starts from, and what it keeps.

    trainable: how many trainable parameters there are of each size in bytes, the smallest size first: ((4, 138357544),).
    frozen_bytes: of the frozen ones. kept: None where the model could not be run in training mode.
    """

    trainable: tuple[tuple[int, int], ...]
    frozen_bytes: int
    kept: Kept | None


class KvCache(Struct, frozen=True):
    """The form of a generative transformer's cache: a key and a value for each layer, head and token.

    queries: the query heads. bytes_each: of one number. measured_bytes: the cache that the model itself returns, or None.
    """

    layers: int
    heads: int
    head_size: int
    queries: int
    length: int
    batch: int
    bytes_each: int
    measured_bytes: int | None

    @property
    def bytes(self) -> int:
        return 2 * self.layers * self.heads * self.head_size * self.length * self.batch * self.bytes_each


class SavedFile(Struct, frozen=True):
    """The file that `torch.save(model.state_dict(), "model.pt")` writes, predicted to the byte.

    weights, buffers: bytes of tensors, shared storage once; names: the pickled list. container: everything else.
    records: how many storages there are.
    """

    weights: int
    buffers: int
    names: int
    container: int
    records: int

    @property
    def bytes(self) -> int:
        return self.weights + self.buffers + self.names + self.container


class InSymbols(Struct, frozen=True):
    """The totals as formulas in the input's sizes.

    params: a constant. macs, activations (elements that take memory of their own): None where no formula was proved.
    sizes: the trace's own, by name. bases: the sizes whose runs made the formulas; proof: those at which they were
    checked. valid_for, notes: what to say of it; fixed: the names of sizes that may not vary.
    """

    params: int
    macs: Polynomial | None
    activations: Polynomial | None
    sizes: Sizes = field(default_factory=dict)
    bases: tuple[Sizes, ...] = ()
    proof: tuple[Sizes, ...] = ()
    valid_for: Bi | None = None
    notes: tuple[Bi, ...] = ()
    fixed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        formulas = [formula for formula in (self.macs, self.activations) if formula is not None]
        if any(variable.name not in self.sizes for formula in formulas for variable in formula.variables):
            raise ValueError("a formula is in a size that the input does not have")


class Change(Struct, frozen=True):
    """One total at two batches; None where it could not be measured."""

    key: Total
    before: int | None
    after: int | None

    @property
    def changes(self) -> bool:
        return self.before != self.after


class Batch(Struct, frozen=True):
    """The totals at the trace's own batch (before) and at another (after)."""

    before: int
    after: int
    changes: tuple[Change, ...]

    def __post_init__(self) -> None:
        if min(self.before, self.after) < 1:
            raise ValueError("a batch has at least one sample")

    def proportional(self, change: Change) -> bool:
        """Whether the total grows exactly as the batch does."""
        if change.before is None or change.after is None:
            return False
        return change.before * self.after == change.after * self.before

    @property
    def turned(self) -> Batch:
        """The same table from the other batch to the trace's own."""
        changes = tuple(Change(change.key, change.after, change.before) for change in self.changes)
        return Batch(self.after, self.before, changes)


@dataclass(frozen=True)
class Measured:
    """All that was measured of one model; nothing by default.

    done: what was asked for and answered, with a figure or with the reason in `unknown`, or that there is none (no cache
    in a convolutional network). file_on_disk: bytes of the file, saved once. batches: a table for each other batch.
    counters: what the tools that count would print.

    >>> Measured().has("memory")
    False
    """

    done: frozenset[Want] = frozenset()
    peak: Peak | None = None
    training: Training | None = None
    kv_cache: KvCache | None = None
    saved_file: SavedFile | None = None
    file_on_disk: int | None = None
    in_symbols: InSymbols | None = None
    batches: tuple[Batch, ...] = ()
    counters: Counted | None = None
    unknown: Mapping[Want, Bi] = field(default_factory=dict)

    def __post_init__(self) -> None:
        answers: Mapping[Want, object] = {"training": self.training, "in_symbols": self.in_symbols}
        for want, answer in answers.items():
            if want in self.done and answer is None:
                raise ValueError(f"{want} is said to be measured and is not there")
        if "memory" in self.done and self.peak is None and "memory" not in self.unknown:
            raise ValueError("the peak is not there, and nothing says why")

    def has(self, want: Want) -> bool:
        """Whether it was measured, if only to find that it cannot be."""
        return want in self.done

    def at_batch(self, batch: int) -> Batch | None:
        """The table for that batch, if it was measured."""
        return next((table for table in self.batches if table.after == batch), None)
