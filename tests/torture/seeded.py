# SPDX-License-Identifier: MIT
"""The bugs in seeded/*.txt: what each is, and how it is put into the sources.

    == what is wrong
    by: powercut 3              (scenarios tried instead of the usual, and on how
                                many seeds, or a file of tests and how often; may
                                be left out)
    -- hub_commit               (a function of any of the sources)
     a line that stays
    -one that goes
    +one that comes

What stays and goes must be in a function of that name in one place and in no
other.  Only its words count: neither the file of the function matters, nor how
it is indented and where its lines are broken.  What is in no function of C is
named by its file, with the folder: -- hub/log/disk/schema.c
"""

import functools
import re
from pathlib import Path

import csource
from world import TOP

FOLDER = Path(__file__).resolve().parent / "seeded"
functions = functools.lru_cache(maxsize=1000)(csource.functions)


class NoFit(AssertionError):
    """The sources have changed too much for a mutant."""


class Sources:
    """The sources below a folder, with the changes made so far."""

    def __init__(self, top):
        self.top, self.texts, self.changed = top, {}, {}
        for path in [*csource.sources(top), *sorted(Path(top, "hub").rglob("*.lua"))]:
            self.texts[str(path.relative_to(top))] = path.read_text()

    def places(self, where, old):
        """(file, begin, end) of each place in what has this name."""
        if "/" in where:
            text = self.texts.get(where, "")
            return [(where, *place) for place in csource.places(text, old)]
        named = re.compile(rf"\b{re.escape(where)}\s*\(")
        return [(file, one.begin + begin, one.begin + end)
                for file, text in self.texts.items() if file.endswith(".c") and named.search(text)
                for one in functions(text) if one.name == where
                for begin, end in csource.places(text[one.begin:one.end], old)]

    def change(self, where, old, new):
        """False if that has no place, or several."""
        places = self.places(where, old)
        if len(places) == 1:
            file, begin, end = places[0]
            text = self.texts[file]
            self.texts[file] = self.changed[file] = text[:begin] + new.strip() + text[end:]
        return len(places) == 1


class Mutant:
    def __init__(self, name, file="text"):
        self.name, self.file, self.judges, self.changes = name, file, [], []  # (where, old, new)

    def changed(self, top=TOP):
        """file -> its new text, of those that are changed."""
        sources = Sources(top)
        for where, old, new in self.changes:
            if not sources.change(where, old, new):
                raise NoFit(f"the mutant {self.name!r} no longer fits {where}")
        return sources.changed

    def misfit(self, top=TOP):
        """Why it does not fit; an empty string if it does."""
        try:
            return "" if self.changed(top) else f"the mutant {self.name!r} changes nothing"
        except NoFit as reason:
            return str(reason)


def read(text, name="text"):
    mutants = []
    for line in text.splitlines(keepends=True):
        if line.startswith("== "):
            mutants.append(Mutant(line[3:].strip(), name))
        elif not mutants or not line.strip():
            continue
        elif line.startswith("by: "):
            words = line[4:].split()
            mutants[-1].judges = [(name, range(1, 1 + int(seeds)))
                                  for name, seeds in zip(words[::2], words[1::2])]
        elif line.startswith("-- "):
            mutants[-1].changes.append((line[3:].strip(), "", ""))
        else:
            where, old, new = mutants[-1].changes[-1]
            mark, rest = line[0], line[1:]
            assert mark in " -+", f"{name}: {line!r}"
            mutants[-1].changes[-1] = (where, old + rest * (mark != "+"), new + rest * (mark != "-"))
    return mutants


def read_all():
    return [mutant for path in sorted(FOLDER.glob("*.txt"))
            for mutant in read(path.read_text(), path.name)]
