"""Training's states shared among devices: ZeRO 1 to 3 (Rajbhandari et al., 2020), in bytes per device by formula."""

from __future__ import annotations

from dataclasses import dataclass

from explainer.cost.cost import Cost
from explainer.cost.plan import Plan
from explainer.cost.precision import Precision
from explainer.formula.derivation import Derivation, derive
from explainer.formula.tree import Expr, Rounded, Symbol
from explainer.i18n.bilingual import Bi

WEIGHTS = Symbol("M_w", Bi("参数所占字节", "bytes of the parameters"))
GRADIENTS = Symbol("M_g", Bi("梯度所占字节", "bytes of the gradients"))
STATE = Symbol("M_s", Bi("优化器状态所占字节", "bytes of the optimizer's state"))
SHARDS = Symbol("S", Bi("分担的设备数", "number of devices"), Bi("设备", "devices"))
WHY = Bi(
    zh="数据并行时每台设备本来各有一整份。ZeRO-1把优化器状态分给{shards}台设备，ZeRO-2连梯度一起分，ZeRO-3（即FSDP）连参数也分，"
    "用到时再临时收集。特征图不在其中：各设备算各自的样本。",
    en="In data parallelism every device has a whole copy of everything. ZeRO-1 shares the optimizer's state among {shards} devices, ZeRO-2 the "
    "gradients as well, ZeRO-3 (FSDP) also the parameters, which are gathered when they are needed. Activations are no part of it: each "
    "device computes its own samples.",
)


@dataclass(frozen=True)
class Sharding:
    """The bytes of weights, gradients and optimizer's state, and among how many devices they are shared."""

    weights: int
    gradients: int
    state: int
    shards: int

    def stage(self, number: int) -> Derivation:
        """Bytes on one device at ZeRO 0 (nothing shared) to 3: M_w+M_g+⌈M_s/S⌉ and so on."""
        shared = (STATE, GRADIENTS, WEIGHTS)[:number]
        parts: list[Expr] = [
            Rounded(part, SHARDS, up=True) if part in shared else part for part in (WEIGHTS, GRADIENTS, STATE)
        ]
        values = {WEIGHTS: self.weights, GRADIENTS: self.gradients, STATE: self.state, SHARDS: self.shards}
        return derive(parts[0] + parts[1] + parts[2], values)


def states_of(cost: Cost, plan: Plan) -> Sharding | None:
    """The states that are shared, in the plan's format or as the model has them; None where nothing is trained or shared."""
    if plan.shards is None:
        return None
    if plan.dtype is None:
        training = cost.training
        gradients = training.gradients.value
        return Sharding(gradients, gradients, training.optimizer("adam").value, plan.shards)
    states = Precision(cost, plan.dtype).states("adam")
    return Sharding(states[0].value, states[1].value, states[2].value, plan.shards) if states else None
