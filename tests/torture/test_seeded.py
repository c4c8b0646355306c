# SPDX-License-Identifier: MIT
"""The seeded bugs are kept in step with the sources; mutants.py plays them."""

import re

import pytest

from csource import functions
from seeded import Mutant, Sources, read, read_all
from world import TOP

MUTANTS = read_all()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_seeded_bug_still_fits_or_is_listed(mutant):
    if mutant.misfit():
        pytest.xfail(mutant.misfit())


@pytest.mark.rare
@pytest.mark.slow  # for the instruments' short stages, which know no rare ones
def test_all_seeded_bugs_still_fit():
    assert [mutant.misfit() for mutant in MUTANTS if mutant.misfit()] == []


def test_there_are_fifty_of_them_each_with_a_name_of_its_own():
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names) >= 50


def test_one_that_no_longer_fits_is_named():
    mutant = Mutant("what was rewritten")
    mutant.changes.append(("main", "no such line\n", "\n"))
    assert mutant.misfit() == "the mutant 'what was rewritten' no longer fits main"


SOURCE = """\
#include "this.h"

static const char *names[] = {"one", "two"};

/* What is said of it (here): nothing { */
static int sum(const struct table *table, int limit)
{
\tint total = 0;

\tfor (int i = 0; i < table->count; i++) /* each */
\t\tif (table->at[i] < limit)
\t\t\ttotal += table->at[i];
\treturn total;
}

int other(void)
{
\treturn sum(NULL, 0) + '}';
}
"""
BUG = """\
== the last of a table is left out
-- sum
-\tfor (int i = 0; i < table->count; i++)
+\tfor (int i = 0; i + 1 < table->count; i++)
 \t\tif (table->at[i] < limit)
"""


def put(folder, file, text):
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text)


def test_a_bug_fits_when_its_file_has_moved_and_its_function_is_indented_otherwise(tmp_path):
    (bug,) = read(BUG)
    put(tmp_path, "hub/table.c", SOURCE)
    assert "i + 1 < table->count" in bug.changed(tmp_path)["hub/table.c"]
    (tmp_path / "hub/table.c").unlink()
    put(tmp_path, "lib/deep/list.c", re.sub(r"(?<=[;)(])\n\t*|\t+", "\n        ", SOURCE).replace("(int", "(\nint"))
    changed = bug.changed(tmp_path)["lib/deep/list.c"]
    assert "i + 1 < table->count" in changed and "total +=" in changed and changed.startswith(SOURCE[:60])


def test_a_bug_of_a_function_that_is_twice_or_has_the_text_twice_does_not_fit(tmp_path):
    (bug,) = read(BUG)
    put(tmp_path, "hub/table.c", SOURCE)
    put(tmp_path, "fcgi/table.c", SOURCE)
    assert bug.misfit(tmp_path)
    put(tmp_path, "fcgi/table.c", SOURCE.replace("table->count", "3"))
    assert not bug.misfit(tmp_path)
    loop = SOURCE[SOURCE.index("\tfor"):SOURCE.index("\treturn total")]
    put(tmp_path, "hub/table.c", SOURCE.replace(loop, loop * 2))
    assert bug.misfit(tmp_path)


def test_the_functions_of_all_sources_are_found():
    names = [one.name for text in Sources(TOP).texts.values() for one in functions(text)]
    at_the_edge = sum(len(re.findall(r"^\{$", text, re.M)) for text in Sources(TOP).texts.values())
    assert len(names) == at_the_edge > 1000
