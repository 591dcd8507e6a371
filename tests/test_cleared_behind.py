"""The collector after work that leaves circles: what was made is gone, and what was there is as it was."""

import gc
import weakref

import pytest

from explainer.collector import cleared_behind, collector_off


class Circle:
    """Holds itself."""

    def __init__(self):
        self.itself = self


def made_and_dropped():
    with cleared_behind(), collector_off():
        made = weakref.ref(Circle())
        assert made() is not None  # nothing is collected inside
    return made


def test_a_circle_made_inside_is_gone_and_nothing_stays_frozen():
    frozen = gc.get_freeze_count()
    assert made_and_dropped()() is None
    assert gc.get_freeze_count() == frozen and gc.isenabled()


def test_what_a_program_froze_stays_frozen():
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        assert made_and_dropped()() is None
        assert gc.get_freeze_count() > 0.99 * frozen > 0  # one that dies leaves their number, frozen or not
    finally:
        gc.unfreeze()


def test_an_error_inside_is_cleared_behind_too():
    with pytest.raises(ValueError, match="inside"), cleared_behind():
        raise ValueError("inside")
    assert not gc.get_freeze_count()
