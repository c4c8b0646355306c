# SPDX-License-Identifier: MIT
"""README.pt-BR.md is README.md in Portuguese: the same parts, commands, tables and links."""

import re

import pytest

from documents import README, TRANSLATION, Document

LINES_MAX = 200


@pytest.fixture(scope="module")
def readmes():
    return Document(README), Document(TRANSLATION)


def test_each_is_read_in_a_few_minutes(readmes):
    assert [page.name for page in readmes if len(page.text.split("\n")) > LINES_MAX + 1] == []


def test_both_have_the_same_headings(readmes):
    ours, theirs = ([level for level, _ in readme.headings] for readme in readmes)
    assert ours == theirs and len(ours) > 5


def test_both_have_the_same_commands(readmes):
    ours, theirs = (readme.blocks for readme in readmes)
    for one, other in zip(ours, theirs):
        assert one == other
    assert len(ours) == len(theirs) > 5


def test_both_have_the_same_tables(readmes):
    ours, theirs = (readme.tables for readme in readmes)
    assert ours == theirs and len(ours) > 1


def test_both_name_the_same_programs_and_paths(readmes):
    ours, theirs = readmes
    assert ours.names == theirs.names


def test_both_have_the_same_links(readmes):
    ours, theirs = ([link for link in readme.links if not link.startswith("#")
                     and not re.match(r"README[\w.-]*\.md$", link)] for readme in readmes)
    assert ours == theirs
