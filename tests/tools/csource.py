# SPDX-License-Identifier: MIT
"""What stands in a C source, however it is indented and wherever it is.

    functions(text)          each that is defined there, in order
    places(text, words)      where these words of C stand in it, as (begin, end)
    spoken(words)            the text of literals side by side

The words of C are names, numbers, literals and single signs; spaces, comments
and preprocessor lines are none.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

WORD = re.compile(r"""
    (?P<skip>\s+ | /\*.*?\*/ | //[^\n]* | ^[ \t]*\#(?:\\\n|[^\n])*)
  | (?P<word>"(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | \w+ | .)
""", re.X | re.S | re.M)


@dataclass
class Word:
    text: str
    begin: int
    end: int


@dataclass
class Function:
    """`parameters` and `body` are lists of words; the text of it is from begin to end."""

    name: str
    begin: int
    end: int
    head: list = field(repr=False)
    parameters: list = field(repr=False)
    body: list = field(repr=False)


def words_of(text):
    return [Word(match[0], *match.span()) for match in WORD.finditer(text) if match["word"]]


def closing(words, at):
    """Where the bracket at `at` is closed; the end if nowhere."""
    depth = 0
    for here in range(at, len(words)):
        depth += (words[here].text in "([{") - (words[here].text in ")]}")
        if depth == 0:
            return here
    return len(words) - 1


def separate(words, sign=","):
    """The parts between the signs that stand in no bracket."""
    parts, at = [[]], 0
    while at < len(words):
        if words[at].text == sign:
            parts.append([])
            at += 1
            continue
        end = closing(words, at) if words[at].text in "([{" else at
        parts[-1] += words[at:end + 1]
        at = end + 1
    return parts if parts != [[]] else []


def functions(text):
    found, words, at, head = [], words_of(text), 0, 0
    while at < len(words):
        here = words[at].text
        if here == ";":
            head = at + 1
        elif here == "(":
            end = closing(words, at)
            if words[at - 1].text.isidentifier() and end + 1 < len(words) and words[end + 1].text == "{":
                last = closing(words, end + 1)
                found.append(Function(words[at - 1].text, words[head].begin, words[last].end,
                                      words[head:at - 1], separate(words[at + 1:end]), words[end + 2:last]))
                end, head = last, last + 1
            at = end
        elif here in "[{":
            at = closing(words, at)
        at += 1
    return found


def places(text, wanted):
    """The ends of the text's words are its own: what is between stays out."""
    words = words_of(text)
    wanted = [word.text for word in words_of(wanted)]
    texts = [word.text for word in words]
    return [(words[at].begin, words[at + len(wanted) - 1].end)
            for at in range(len(texts) - len(wanted) + 1)
            if wanted and texts[at:at + len(wanted)] == wanted]


def spoken(words):
    """What literals side by side say; PRIu64 and the like stand for u.  None if it is no literal."""
    parts = [word.text for word in words]
    if not any(part[0] == '"' for part in parts) or \
            not all(part[0] == '"' or part.startswith("PRI") for part in parts):
        return None
    return "".join(part[1:-1].replace('\\"', '"') if part[0] == '"' else "u" for part in parts)


def sources(top, folders=("lib", "hub", "inbox", "fcgi", "client")):
    """The sources of the programs, wherever in their folders."""
    return [path for folder in folders for path in sorted(Path(top, folder).rglob("*.c"))]
