# SPDX-License-Identifier: MIT
"""README and docs, read as a program can: headings, code, tables, links.

    page = Document(TOP / "docs/quickstart.md")
    page.sessions()   # what stands behind a prompt, and what it prints
    page.commands()   # what stands in ```sh
"""

import itertools
import re

from world import TOP

FENCE = re.compile(r"^ {0,3}```")
# A comment in a command or in a program is prose, and translated.
COMMENT = re.compile(r"(^|\s)(#|//|--)\s.*$")

README = TOP / "README.md"
TRANSLATION = TOP / "README.pt-BR.md"
DOCS = sorted((TOP / "docs").rglob("*.md"))
# What is written for those who use Tidings, in English.
GUIDES = [README, *DOCS]
ALL = [*GUIDES, TRANSLATION, TOP / "HACKING.md", TOP / "SECURITY.md", TOP / "CHANGELOG.md",
       TOP / "js" / "README.md"]


def name_of(path):
    return str(path.relative_to(TOP))


class Document:
    def __init__(self, path):
        self.path, self.name = path, name_of(path)
        self.text = path.read_text()
        self.headings = []   # (level, title)
        self.blocks = []     # each a list of lines of code, without comments
        self.tables = []     # each a list of how many cells each row has
        self.links = []
        self.names = set()   # what stands between backquotes
        self._read(self.text.split("\n"))

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
        return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
                for _, title in self.headings}

    def fenced(self, language):
        """The texts of its blocks in that language."""
        return re.findall(rf"^```{language}\n(.*?)^```", self.text, re.M | re.S)

    def sessions(self):
        """For each block with a prompt, its commands and what they print."""
        for block in self.blocks:
            parts = re.split(r"^ {4}\$ ", "\n".join(block) + "\n", flags=re.M)
            for part in parts[1:]:
                command, _, output = part.partition("\n")
                yield command, [line.strip() for line in output.split("\n") if line.strip()]

    def commands(self):
        """What its shell blocks have us say to Tidings."""
        lines = [line for block in self.fenced("sh") for line in block.splitlines()]
        return [line.split("    #")[0].split("  #")[0].rstrip() for line in lines
                if re.match(r"(curl|tidings|seq) ", line)]
