"""Which numbers a model's parameters follow, and the formula of each number of its tree.

Star: every number varied by itself. Joint: all at once; some of these points are held out, and prove what the others gave.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random

from explainer.probing.chance import divide_by_chance
from explainer.probing.fitting import Fitted, Point, fit
from explainer.probing.lattice import GEOMETRIC, NEAREST, Lattice
from explainer.probing.prober import Prober, Reading
from explainer.walkthrough.family import Role, Setting, exact

SPREADS = (1, 2, 8, GEOMETRIC, NEAREST)
TRIED, STAR, JOINT, HELD = 6, 3, 7, 3
STRUCTURES = 3  # all different: the number changes the structure
HOPELESS = 4  # different numbers without a formula
DEEP = 4  # repetitions that are enough to see how a model goes on
Changed = dict[str, Setting]


@dataclass
class Attempt:
    """Formulas made at one spread of values: `formulas[i]` of the i-th leaf, None where none was found."""

    base: Reading
    stars: dict[str, list[tuple[Changed, Reading]]]
    joint: list[tuple[Changed, Reading]]
    held: list[tuple[Changed, Reading]]
    formulas: list[Fitted | None] = field(default_factory=list)

    @property
    def unfit(self) -> list[int]:
        return [i for i, formula in enumerate(self.formulas) if formula is None]

    @property
    def points(self) -> list[Changed]:
        """Every setting at which the formulas hold."""
        stars = [changed for some in self.stars.values() for changed, _ in some]
        return [{}, *stars, *(changed for changed, _ in (*self.joint, *self.held))]


class Search:
    """`roles` of all numbers, and the best attempt; `prober.base` is where the attempt was made.

    staying: numbers that keep the model's own values, though the structure is a special one there.
    """

    def __init__(self, prober: Prober, staying: Collection[str] = ()) -> None:
        self.prober, self.staying = prober, staying
        self.roles: dict[str, Role] = {}
        self.chance: set[tuple[str, str]] = set()

    def run(self) -> Attempt | None:
        """The formulas; None where the model cannot be built again. Raises OutOfBudget."""
        if self.prober.at({}) is None:
            return None
        self._shrink()
        self._classify()
        self.chance = divide_by_chance(self.prober, self.free)
        while True:
            best: Attempt | None = None
            attempts = []
            for steps in SPREADS:
                attempt = self._attempt(steps)
                attempts.append(attempt)
                if best is None or len(attempt.unfit) < len(best.unfit):
                    best = attempt
                if not best.unfit:
                    return best
            assert best is not None
            guilty = self._guilty(attempts)
            if guilty is None:
                return best
            self.roles[guilty] = "no_formula"

    @property
    def free(self) -> list[str]:
        return [name for name, role in self.roles.items() if role == "free"]

    def _shrink(self) -> None:
        """Fewer repetitions where the structure stays the same: such models are built faster."""
        now = self.prober.at({})
        assert now is not None
        repeated = {times for times in _repetitions(now) if times > DEEP}
        others = [
            0,
            1,
            *(value for value in self.prober.own.values() if isinstance(value, int)),
        ]  # 61 layers, 3 of them dense
        for name, value in self.prober.own.items():
            if isinstance(value, int) and value > DEEP and {value - other for other in others} & repeated:
                smaller = self.prober.at({name: DEEP})
                if smaller and smaller.structure == now.structure and smaller.modules < now.modules:
                    self.prober.base[name], now = DEEP, smaller

    def _classify(self) -> None:
        """One other value each: does anything change, does the structure, can it be built at all?

        Where two numbers happen to be equal, or one is 1, the structure is a special one: then we go on from a more
        general place, and see again.
        """
        while True:
            moved = False
            lattice = Lattice(self.prober.base, self.prober.own, 1, self.prober.least)
            base = self.prober.at({})
            assert base is not None
            for name in self.prober.own:
                if self.roles.get(name) in ("free", "without_effect", "fixed"):
                    continue
                self.roles[name], elsewhere = self._role(name, lattice, base)
                special = elsewhere is not None and name not in self.staying
                if special and elsewhere is not None and self.prober.base[name] == self.prober.own[name]:
                    self.prober.base[name] = elsewhere
                    moved = True
                    break
            if not moved:
                return

    def _role(self, name: str, lattice: Lattice, base: Reading) -> tuple[Role, Setting | None]:
        """The role, and another value from which the structure stays the same where it does not from its own."""
        structures: dict[int, Setting] = {}
        for value in lattice.near(name)[:TRIED]:
            reading = self.prober.at({name: value})
            if reading is None:
                continue
            if reading.structure == base.structure:
                return ("free" if reading.leaves != base.leaves else "without_effect"), None
            if reading.structure in structures:
                return "structural", structures[reading.structure]
            structures[reading.structure] = value
            if len(structures) == STRUCTURES:
                break
        return ("structural" if structures else "fixed"), None

    def _attempt(self, steps: int) -> Attempt:
        base = self.prober.at({})
        assert base is not None
        lattice = Lattice(self.prober.base, self.roles, steps, self.prober.least, self.chance)
        stars = {name: self._star(name, lattice, base) for name in self.free}
        joint = self._joint(lattice, base)
        attempt = Attempt(base, stars, joint[:-HELD], joint[-HELD:])
        attempt.formulas = self._formulas(attempt)
        return attempt

    def _star(self, name: str, lattice: Lattice, base: Reading) -> list[tuple[Changed, Reading]]:
        found: list[tuple[Changed, Reading]] = []
        for value in lattice.near(name):
            reading = self.prober.at({name: value})
            if reading is not None and reading.structure == base.structure:
                found.append(({name: value}, reading))
            if len(found) == STAR:
                break
        return found

    def _joint(self, lattice: Lattice, base: Reading) -> list[tuple[Changed, Reading]]:
        found: list[tuple[Changed, Reading]] = []
        random = Random(1)
        for _ in range(3 * JOINT if len(self.free) > 1 else 0):
            changed = lattice.joint(random, self.free)
            reading = self.prober.at(changed)
            if reading is not None and reading.structure == base.structure and changed not in [c for c, _ in found]:
                found.append((changed, reading))
            if len(found) == JOINT:
                break
        return found

    def _formulas(self, attempt: Attempt) -> list[Fitted | None]:
        """Each leaf fitted, and proved at the points held out."""
        point = self._settings
        known: dict[tuple[int, ...], Fitted | None] = {}
        own = point({})
        stars = {name: [(point(c), r.leaves) for c, r in some] for name, some in attempt.stars.items()}
        joint = [(point(c), r.leaves) for c, r in attempt.joint]
        held = [(point(c), r.leaves) for c, r in attempt.held]
        columns = list(
            zip(
                attempt.base.leaves,
                *(leaves for some in stars.values() for _, leaves in some),
                *(leaves for _, leaves in (*joint, *held)),
                strict=True,
            )
        )
        for i, column in enumerate(columns):
            if sum(formula is None for formula in known.values()) >= HOPELESS:
                break
            if column not in known:
                base: Point = (own, column[0])
                one = {name: [(s, leaves[i]) for s, leaves in some] for name, some in stars.items()}
                formula = fit(base, one, [(s, leaves[i]) for s, leaves in joint])
                proved = formula is not None and formula.holds([(s, leaves[i]) for s, leaves in held])
                known[column] = formula if proved else None
        return [known.get(column) for column in columns]

    def _guilty(self, attempts: list[Attempt]) -> str | None:
        """The number that spoils most formulas: varied by itself it gives leaves that no formula has."""
        counts = dict.fromkeys(self.free, (0, 0))
        for attempt in attempts:
            for name, some in attempt.stars.items():
                alone, changed = counts[name]
                for i in attempt.unfit:
                    points = [(self._settings(c), r.leaves[i]) for c, r in some]
                    base = (self._settings({}), attempt.base.leaves[i])
                    alone += fit(base, {name: points}, []) is None
                    changed += any(value != base[1] for _, value in points)
                counts[name] = (alone, changed)
        return max(counts, key=lambda name: counts[name]) if counts else None

    def _settings(self, changed: Mapping[str, Setting]) -> dict[str, Fraction]:
        settings = {**self.prober.base, **changed}
        return {name: Fraction(exact(settings[name])) for name in self.free}


def _repetitions(reading: Reading) -> set[int]:
    found: set[int] = set()
    nodes = [reading.tree]
    while nodes:
        node = nodes.pop()
        for times, child in node.children:
            found.add(times)
            nodes.append(child)
    return found
