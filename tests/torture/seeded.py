"""The bugs in seeded/*.txt: what each is, and how it is put into the sources.

    == what is wrong
    by: powercut 3              (scenarios tried instead of the usual, and on how
                                many seeds; may be left out)
    -- hub/hub.c
     a line that stays
    -one that goes
    +one that comes

Lines that stay and go must be in the file exactly once as they stand there.
"""

from pathlib import Path

from world import TOP

FOLDER = Path(__file__).resolve().parent / "seeded"


class Mutant:
    def __init__(self, name):
        self.name, self.judges, self.changes = name, [], []  # (file, old, new)

    @property
    def files(self):
        return sorted({file for file, _, _ in self.changes})

    def apply(self, file, text):
        for where, old, new in self.changes:
            if where == file:
                if text.count(old) != 1:
                    raise AssertionError(f"the mutant {self.name!r} no longer fits {file}")
                text = text.replace(old, new)
        return text

    def fits(self):
        return all(self.apply(file, (TOP / file).read_text()) for file in self.files)


def read(path):
    mutants = []
    for line in path.read_text().splitlines(keepends=True):
        if line.startswith("== "):
            mutants.append(Mutant(line[3:].strip()))
        elif not mutants or not line.strip():
            continue
        elif line.startswith("by: "):
            words = line[4:].split()
            mutants[-1].judges = [(name, range(1, 1 + int(seeds)))
                                  for name, seeds in zip(words[::2], words[1::2])]
        elif line.startswith("-- "):
            mutants[-1].changes.append((line[3:].strip(), "", ""))
        else:
            file, old, new = mutants[-1].changes[-1]
            mark, rest = line[0], line[1:]
            assert mark in " -+", f"{path.name}: {line!r}"
            mutants[-1].changes[-1] = (file, old + rest * (mark != "+"), new + rest * (mark != "-"))
    return mutants


def read_all():
    return [mutant for path in sorted(FOLDER.glob("*.txt")) for mutant in read(path)]
