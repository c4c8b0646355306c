"""The seeded bugs are kept in step with the sources; mutants.py plays them."""

import pytest

from seeded import Mutant, read_all


@pytest.mark.parametrize("mutant", read_all(), ids=lambda mutant: mutant.name)
def test_a_seeded_bug_still_fits(mutant):
    assert mutant.changes and mutant.fits()


def test_there_are_fifty_of_them_each_with_a_name_of_its_own():
    names = [mutant.name for mutant in read_all()]
    assert len(set(names)) == len(names) >= 50


def test_one_that_no_longer_fits_is_named():
    mutant = Mutant("what was rewritten")
    mutant.changes.append(("hub/hub.c", "no such line\n", "\n"))
    with pytest.raises(AssertionError, match="'what was rewritten' no longer fits hub/hub.c"):
        mutant.fits()
