"""README.pt-BR.md is README.md in Portuguese: the same parts, commands, tables and links."""

import itertools
import re

import pytest

from world import TOP

TRANSLATION = TOP / "README.pt-BR.md"
FENCE = re.compile(r"^ {0,3}```")
# A comment in a command or in a program is prose, and translated.
COMMENT = re.compile(r"(^|\s)(#|//|--)\s.*$")


class Readme:
    def __init__(self, path):
        self.name = path.name
        self.headings = []   # (level, title)
        self.blocks = []     # each a list of lines of code, without comments
        self.tables = []     # each a list of how many cells each row has
        self.links = []
        self.names = set()   # what stands between backquotes
        self._read(path.read_text().split("\n"))

    def _read(self, lines):
        for kind, group in itertools.groupby(zip(self._kinds(lines), lines), lambda pair: pair[0]):
            text = [line for _, line in group]
            if kind == "c":
                code = [COMMENT.sub("", line).rstrip() for line in text]
                self.blocks.append([line for line in code if line])
            elif kind == "t":
                self.tables.append([len(re.split(r"(?<!\\)\|", row)) for row in text])
            if kind != "c":
                self._take_prose("\n".join(text))

    @staticmethod
    def _kinds(lines):
        kinds, fenced = [], False
        for line in lines:
            if FENCE.match(line):
                fenced = not fenced
                kinds.append("fence")
            elif fenced or line.startswith("    "):
                kinds.append("code")
            elif line.strip():
                kinds.append("table" if line.startswith("|") else "prose")
            else:
                kinds.append("blank")
        # a blank line inside a block that is set in is part of it
        return re.sub(r"(?<=c)b+(?=c)", lambda blanks: "c" * len(blanks[0]),
                      "".join(kind[0] for kind in kinds))

    def _take_prose(self, text):
        for marks, title in re.findall(r"^(#+) (.*)$", text, re.M):
            self.headings.append((len(marks), title))
        self.names |= {" ".join(name.split()) for name in re.findall(r"`([^`]+)`", text)}
        self.links += re.findall(r"\]\(([^)\s]+)\)", text)

    @property
    def anchors(self):
        """What GitHub calls the headings."""
        return {"#" + re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
                for _, title in self.headings}


@pytest.fixture(scope="module")
def readmes():
    return Readme(TOP / "README.md"), Readme(TRANSLATION)


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
    for readme in readmes:
        inside = [link for link in readme.links if link.startswith("#")]
        assert set(inside) <= readme.anchors, readme.name
        files = [link for link in readme.links if not re.match(r"#|https?:", link)]
        assert all((TOP / file.split("#")[0]).exists() for file in files), readme.name
