"""What a rule's sampler draws, said by name, so that chance which prefers handy numbers (`drawing`) need not guess it.

With a plain `Random` both are `randint`; a sampler may call that directly as well.
"""

from __future__ import annotations

from random import Random


class HandyChance(Random):
    """Chance that treats sizes by their meaning."""

    def channels(self, most: int) -> int:
        """A number of channels or features, from 1."""
        return self.randint(1, most)

    def side(self, least: int, most: int) -> int:
        """One of several sizes of a kind, which are often equal: a kernel of 3×3, an image of 28×28."""
        return self.randint(least, most)


def channels(random: Random, most: int) -> int:
    """A number of channels or features, from 1 to `most`."""
    return random.channels(most) if isinstance(random, HandyChance) else random.randint(1, most)


def side(random: Random, least: int, most: int) -> int:
    """The size of one side of a kernel or an image, or of one leading dimension."""
    return random.side(least, most) if isinstance(random, HandyChance) else random.randint(least, most)
