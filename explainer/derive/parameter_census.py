"""What torch itself counts, taken from the model's tensors and the run; independent of every rule."""

from __future__ import annotations

from collections.abc import Iterable, Set

import torch
from torch import nn

from explainer.derive.plain import dtype_name
from explainer.tracing.computed_weights import attribute
from explainer.tracing.members import named_modules, named_parameters
from explainer.walkthrough.parts import Tensor


class ParameterCensus:
    """The model's parameters by identity: each is counted once, where first seen."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.modules = named_modules(model)
        self.by_name = dict(named_parameters(model, self.modules))
        self.names = {id(parameter): name for name, parameter in self.by_name.items()}
        self._seen: set[str] = set()
        self._users: dict[str, dict[str, None]] = {}  # for each parameter its users, in order

    def owned(self, module: nn.Module, claims: Iterable[str]) -> tuple[list[str], bool]:
        """The canonical names of the parameters that a module owns among `claims`.

        A claim may name a child's tensor: `out_proj.weight`. The flag is False where a claimed tensor exists but is no
        parameter of its module (weight_norm): then the rule does not describe what the module owns.
        """
        names, whole = [], True
        for claim in claims:
            path, _, name = claim.rpartition(".")
            owner = module.get_submodule(path) if path else module
            tensor = attribute(owner, name)
            if isinstance(tensor, torch.Tensor):
                parameter = owner._parameters.get(name)
                whole = whole and parameter is not None
                if parameter is not None and self.names[id(parameter)] not in names:
                    names.append(self.names[id(parameter)])
        return names, whole

    def below(self, module: nn.Module) -> list[str]:
        """The canonical names of all parameters of a module and its children."""
        return [self.names[id(parameter)] for parameter in module.parameters()]

    def take(self, names: Iterable[str], user: str) -> tuple[Tensor, ...]:
        """Mark parameters as accounted for by `user`; those not seen before are `fresh`."""
        taken = []
        for name in names:
            self._users.setdefault(name, {})[user] = None
            taken.append(tensor_facts(name, self.by_name[name], fresh=name not in self._seen))
            self._seen.add(name)
        return tuple(taken)

    def users(self, names: Iterable[str], but: str) -> tuple[str, ...]:
        """Who else uses these parameters, by path; for a module's second call (`lin@2`) its own path is another."""
        others = [user for name in names for user in self._users.get(name, ()) if user != but]
        return tuple(dict.fromkeys(others))

    @property
    def taken(self) -> Set[str]:
        """The parameters that somebody has accounted for."""
        return self._seen

    def remaining(self) -> list[str]:
        """The parameters that nobody has accounted for."""
        return [name for name in self.by_name if name not in self._seen]

    def tensor(self, name: str) -> Tensor:
        """A parameter in plain data."""
        return tensor_facts(name, self.by_name[name])


def tensor_facts(name: str, tensor: torch.Tensor, *, fresh: bool = True) -> Tensor:
    """A tensor in plain data: its sizes, data type and bytes. fresh: nobody has taken it before."""
    return Tensor(
        name=name,
        shape=tuple(tensor.shape),
        numel=tensor.numel(),
        dtype=dtype_name(tensor.dtype),
        bytes=tensor.numel() * tensor.itemsize,
        trainable=tensor.requires_grad,
        fresh=fresh,
    )
