"""What a module or a stretch of a forward *is*: recognised by running it beside its definition, never by a name.

Plain data; found by `explainer.recognition`. Ideas may lie inside one another: an attention holds its rotary embeddings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from explainer.formula.derivation import Derivation, derive
from explainer.formula.tree import Expr, Number, Product, Sum, Symbol
from explainer.i18n.bilingual import Bi
from explainer.memory import cached_property
from explainer.vocabulary.shape import Shape

Kind = Literal[
    "plumbing",
    "rms_norm",
    "layer_norm",
    "l2_norm",
    "group_norm",
    "activation",
    "mlp",
    "gated_mlp",
    "squeeze_excitation",
    "attention",
    "channel_attention",
    "linear_attention",
    "rotary",
    "patch_embedding",
    "mixture_of_experts",
    "stem",
    "head",
]
"""`plumbing`: steps that no value of an input and no parameter reaches: positions, masks."""

MOST_CALLS = 20_000  # of a pass: of a longer one no stretch is run again
Plain = str | int | float | bool | None
Way = Literal["graph", "run", "gradients"]
"""By what a proof was made: the graph of the calls; a run beside the definition; the gradients of one token."""


class Proof(Struct, frozen=True):
    """How an idea was proven.

    words: the same as a sentence. trials: how many runs; sizes: the shapes of the random numbers that went in. difference: the
    largest difference from the definition, as a part of the largest number of the output. axis: the dimension along which it was
    found to work, from the end (-1 is the last). model: the settings in which the small model that ran differs from the model
    itself; empty for the model itself.
    """

    way: Way
    words: Bi
    trials: int = 0
    sizes: tuple[Shape, ...] = ()
    difference: float = 0.0
    axis: int | None = None
    model: tuple[tuple[str, int | float], ...] = ()


@dataclass(frozen=True)
class Idea:
    """Calls that together are one idea.

    path: the module; stretch: it is a part of that module's forward only, not all of it. calls: their indexes in the walkthrough,
    sorted; those of ideas inside are among them. settings, as read off (what does not apply is missing):

    rms_norm, layer_norm, l2_norm: `eps`, `offset` (1 where the weight is 1+w), `weight`, `bias` (whether there is one), `axis`; `eps_at` where it
        does not stand under the root: `root` (added to the root), `floor` (the root is at least that)
    group_norm: `groups`, `eps`, `weight`, `bias`
    activation: `function` (`GELU`, `GELU (tanh)`, `SiLU`, …)
    mlp, gated_mlp: `function`, `d_in`, `d_hidden`, `d_out`, `fused` (gate and value come from one layer), `batch_norm` (behind the first layer); where a gate is limited:
    `gate_limit` (the gate is at most that), `value_limit` (the value lies within ± that), `value_shift` (what is added to it then)
    squeeze_excitation: `function`, `gate`, `channels`, `squeezed`, `batch_norm` (behind the first layer)
    attention: `mask` (`causal`, `full`, `window`, `regions`, `other`), `window`, `bias` (`alibi`, `position`), `scale`, `heads`, `kv_heads`,
    `head_width`, `value_width`, `cap` (of the scores), `sinks` (a learned score takes a share of every row), `cross`, `learned_queries` (parameters,
    which no input reaches); `windows` that a
    sequence is cut into, of `positions` each; `partition` of a map (`block`: neighbours, `grid`: places `apart` from one another, over
    the whole map) into windows of `window_height` × `window_width` places; `sequence`, all positions where other attentions are cut into windows;
    `queries` and `keys`, where the keys are fewer, or the query is a single one; `kv_latent`, the width of what keys and values come from where that is narrower
    channel_attention (rows and columns of the scores are channels): `heads`, `channels`, `head_channels`
    linear_attention, φ(Q)·(φ(K)ᵀ·V): `function` (φ, missing where it is not known), `normalised` (divided by φ(Q)·Σφ(K)), `heads`, `head_width`, `value_width`
    rotary: `pairing` (`half`, `interleaved`), `width` (of the rotated part), `head_width`, `base`
    patch_embedding: `patch`, `channels`, `width`
    stem: `of` (`image`, `patches`, `tokens`), `stride` (pixels of the image that are one place)
    head: `reads` (`mean` of all places, `one` with its `position` from 0, `each`)
    mixture_of_experts: `experts`, `used`, `shared` (whether an expert serves every token), `expert_params`; `expert` (mlp, gated_mlp)
    and its settings, where that was proven

    >>> Idea("rms_norm", "model.norm", (7, 8, 9), {"eps": 1e-6}, proof).calls    # doctest: +SKIP
    (7, 8, 9)
    """

    kind: Kind
    path: str
    calls: tuple[int, ...]
    settings: Mapping[str, Plain]
    proof: Proof
    stretch: bool = False


E = Symbol("E", Bi(zh="专家数", en="experts"))
K = Symbol("k", Bi(zh="每词用到的专家数", en="number of experts that a token uses"))


class Experts(Struct, frozen=True):
    """Tensors of which one token uses `used` of `experts` equal parts.

    names: the tensors. mixtures: how many equal mixtures there are; params: of one expert in one mixture.
    """

    names: tuple[str, ...]
    mixtures: int
    experts: int
    used: int
    params: int

    @property
    def idle(self) -> int:
        """The parameters that one token does not use."""
        return self.mixtures * (self.experts - self.used) * self.params


@dataclass(frozen=True)
class Active:
    """What one token uses of a mixture of experts.

    total: all parameters of the model. macs: the multiply-accumulates of the walkthrough's pass if each token meets the experts
    that it chooses and no others; None where they are not known. hypers: the source's names for E and k, where found.
    """

    total: int
    experts: tuple[Experts, ...]
    macs: int | None
    proof: Proof
    hypers: Mapping[str, str] = field(default_factory=dict)

    @property
    def params(self) -> int:
        """The parameters that one token uses."""
        return self.total - sum(group.idle for group in self.experts)

    @cached_property
    def derivation(self) -> Derivation:
        """All, less the experts that are not chosen: 46702792704−32·(8−2)·176160768."""
        idle: list[tuple[bool, Expr]] = [(True, Number(self.total))]
        for group in self.experts:
            rest = Sum(((True, Number(group.experts, E)), (False, Number(group.used, K))))
            factors: tuple[Expr, ...] = (Number(group.mixtures), rest, Number(group.params))
            idle.append((False, Product(tuple((True, factor) for factor in factors))))
        return derive(Sum(tuple(idle)), {})
