"""What a formula was held against: the settings at which a model was built, and at which of them the formula was right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm

from explainer.probing.lattice import divides
from explainer.probing.prober import Prober, Reading
from explainer.walkthrough.family import Counterexample, Relation, Role, Setting, Settings, exact, keeps

MODULES = 2_500  # of one model: a deeper one takes too long to build
Predict = Callable[[Settings], Fraction | None]
Changed = dict[str, Setting]


class Evidence:
    """predict: the number by the formula; speaks: whether the formula says anything at these values at all.

    tested: settings at which it holds, first the `first` ones that it was made from. failures: those at which it does not.
    pairs: of which the first divides the second in all of `tested`. relations: what it needs besides. listed: names for which
    only the values tested are claimed. shrunk: claimed is no more than where the formula was made.
    """

    def __init__(
        self,
        prober: Prober,
        roles: Mapping[str, Role],
        predict: Predict,
        speaks: Callable[[Settings], bool],
        tested: Sequence[Changed],
    ) -> None:
        self.prober, self.roles, self.predict, self.speaks = prober, roles, predict, speaks
        self.tested: list[dict[str, Setting]] = [{**prober.base, **changed} for changed in tested]
        self.first = len(self.tested)
        self.failures: list[Counterexample] = []
        self.failed: list[dict[str, Setting]] = []  # the same in full
        self.impossible: set[tuple[str, str]] = set()  # pairs without which nothing can be built
        self.relations: list[Relation] = []  # of two numbers, where the formula needs it
        self.listed: set[str] = set()
        self.shrunk = self.only_tested = False
        self.pairs = [
            (a, b)
            for a, v in prober.own.items()
            for b, w in prober.own.items()
            if divides(v, w) and any(roles[name] in ("free", "without_effect") for name in (a, b))
        ]
        self._counting: set[str] | None = None
        self._steps: dict[tuple[str, int, bool], Setting] = {}

    @property
    def varied(self) -> list[str]:
        return [name for name, role in self.roles.items() if role in ("free", "without_effect")]

    @property
    def base(self) -> Settings:
        """The values of what is not named, from which everything was varied."""
        return self.prober.base

    def holds(self, changed: Settings, keep: bool = True) -> bool | None:
        """Whether the formula gives what the model has there; None where it cannot be built, or the formula says nothing.

        keep: a failure is one that the page may print.
        """
        settings = {**self.base, **changed}
        if not self.speaks(settings):
            return None
        reading = self.prober.at(changed)
        return None if reading is None else self._noted(settings, reading, keep)

    def _noted(self, settings: dict[str, Setting], reading: Reading, keep: bool) -> bool:
        value = self.predict(settings)
        if value == reading.total:
            if settings not in self.tested:
                self.tested.append(settings)
            return True
        if settings not in self.failed:
            self.failed.append(settings)
        if keep:
            said = str(value) if value is not None else "–"
            one = Counterexample(tuple(self.differences(settings)), said, reading.total)
            self.failures += [one] if one not in self.failures else []
        return False

    def read_everything(self) -> None:
        """All that the search has built is evidence too, also what it put aside because its structure was another."""
        for settings, reading in self.prober.seen():
            same = all(settings[n] == self.prober.own[n] for n in settings if n not in self.varied)
            if same and self.speaks(settings) and self.predict(settings) != reading.total:
                self._noted(dict(settings), reading, keep=False)

    def differences(self, settings: Settings) -> list[tuple[str, Setting]]:
        return [(name, value) for name, value in settings.items() if value != self.prober.own[name]]

    def alone(self, settings: Settings) -> str | None:
        """The one number that is neither the model's own nor the one from which everything was varied."""
        moved = [name for name, value in settings.items() if value not in (self.base[name], self.prober.own[name])]
        return moved[0] if len(moved) == 1 else None

    # Which divisibilities hold.

    def broken(self, settings: Settings) -> list[tuple[str, str]]:
        return [(a, b) for a, b in self.pairs if settings[b] % settings[a]]

    def unmet(self, settings: Settings) -> bool:
        """Whether some condition between two numbers is not met."""
        return bool(self.broken(settings)) or not all(keeps(one, settings) for one in self.relations)

    def drop_broken(self) -> None:
        """What some setting that holds does not keep is no condition."""
        for settings in self.tested:
            broken = self.broken(settings)
            self.pairs = [pair for pair in self.pairs if pair not in broken]

    # What may be said of one number.

    def step(self, name: str) -> int:
        """What its values must be multiples of."""
        below = [self.base[a] for a, b in self.pairs if b == name]
        return lcm(*below) if below else 1  # type: ignore[arg-type]

    def allowed(self, name: str, value: Setting) -> bool:
        if value == self.base[name] or value <= 0:
            return False
        return not self.broken({**self.base, name: value})

    def range(self, name: str) -> tuple[Setting, Setting]:
        values = [settings[name] for settings in self.tested]
        return min(values), max(values)

    def tested_step(self, name: str) -> int:
        """The greatest common step of all whole values tested; 0 for one value."""
        own = self.prober.own[name]
        return gcd(*(int(settings[name]) - int(own) for settings in self.tested))

    def step_of(self, name: str) -> Setting:
        """The greatest number of which all differences of tested values from the model's own are multiples."""
        key = (name, len(self.tested), self.shrunk)
        if key not in self._steps:
            self._steps[key] = self._step_of(name)
        return self._steps[key]

    def _step_of(self, name: str) -> Setting:
        own = Fraction(exact(self.prober.own[name]))
        common = Fraction(0)
        for settings in self.tested:
            difference = abs(Fraction(exact(settings[name])) - own)
            common = Fraction(
                gcd(common.numerator * difference.denominator, difference.numerator * common.denominator),
                common.denominator * difference.denominator,
            )
        return int(common) if common.denominator == 1 else float(common)

    def admits(self, settings: Settings) -> bool:
        """Whether the formula is claimed there, as things stand."""
        if self.only_tested or not self.speaks(settings) or self.unmet(settings):
            return False
        for name in self.varied:
            value, own = settings[name], self.prober.own[name]
            if value == own:
                continue
            low, high = self.range(name)
            if not low <= value <= high or (name in self.listed and all(s[name] != value for s in self.tested)):
                return False
            step = self.step_of(name)
            if not step or (Fraction(exact(value)) - Fraction(exact(own))) % Fraction(exact(step)):
                return False
        return True

    # How large models become.

    def most(self, name: str) -> int:
        """How large it may be for the model not to have too many modules."""
        base = self.prober.at({})
        other = self.prober.at({name: int(self.base[name]) + 1})
        if base is None or other is None or other.modules <= base.modules:
            return 10**9
        return int(self.base[name]) + (MODULES - base.modules) // (other.modules - base.modules)

    def counting(self) -> set[str]:
        """Numbers of modules: they may go down to 1, and as far up as models are built."""
        if self._counting is None:
            base = self.prober.at({})
            self._counting = set()
            for name in self.varied:
                if base is not None and isinstance(self.base[name], int):
                    other = self.prober.at({name: int(self.base[name]) + 1})
                    if other is not None and other.modules > base.modules:
                        self._counting.add(name)
        return self._counting
