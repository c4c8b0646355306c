# SPDX-License-Identifier: MIT
"""What the daemons can write to their logs, out of their sources.

    lines()      what a verb of lib/log.h is given to write
    unnamed()    where it is given a text instead of a name out of a lines.h
    reasons()    (reason, line): what a program of ours says in a line's %s, and the
                 line with it, where it ends so

A reason is followed from the line back to where it is written: through
parameters, variables, members of structs, what functions return, and callbacks.
No name of a function counts but those that lib/log.h declares.
"""

import functools
import re
from collections import defaultdict

import csource
from csource import closing, separate, spoken
from world import TOP

HEADER = (TOP / "lib" / "log.h").read_text()
VERBS = set(re.findall(r"\bvoid (\w+)\(const char \*format, \.\.\.\)", HEADER))
# After these comes what errno says.
WITH_ERRNO = VERBS - {verb for verb in VERBS if f"{verb}x" not in VERBS}
# What each program is made of; in what others say is no reason of its lines.
PROGRAMS = (("lib", "hub"), ("lib", "inbox"), ("lib", "fcgi"))


def table(top, folders):
    """Name -> its literal, of what those folders' lines.h have."""
    texts = [path.read_text() for folder in folders for path in (top / folder).glob("lines.h")]
    return dict(re.findall(r'^#define ((?:LINE|SENTENCE)_\w+)\s+(".*")$', "".join(texts).replace("\\\n", ""), re.M))


def pattern(line):
    """What varies becomes *; so that a line of the manual compares with one of the sources."""
    line = re.sub(r"%(?:[-+ 0#]*[\d.*]*)(?:hh|h|ll|l|z|j)?[a-zA-Z]", "*", line)
    return re.sub(r"(?: ?\*)+", "*", re.sub(r"\b[A-Z]{2,}(?:_[A-Z]+)?\b", "*", line))


def is_name(word):
    return word.text.isidentifier()


def chain(words, at):
    """The names of what ends before `at`: ["link", "why"] of link->why and of link[3].why."""
    names = []
    while at > 0:
        while at > 0 and words[at - 1].text == "]":
            at = next((here for here in range(at - 1, -1, -1)
                       if words[here].text == "[" and closing(words, here) == at - 1), 0)
        if at == 0 or not is_name(words[at - 1]):
            break
        names.insert(0, words[at - 1].text)
        at -= 1
        if at and words[at - 1].text == ".":
            at -= 1
        elif at > 1 and words[at - 1].text == ">" and words[at - 2].text == "-":
            at -= 2
        else:
            return names
    return ["?"] + names


def structs(text, types):
    """(struct, member) -> the member's struct."""
    words = csource.words_of(text)
    for at in range(len(words) - 2):
        if words[at].text == "struct" and words[at + 2].text == "{":
            for member in separate(words[at + 3:closing(words, at + 2)], ";"):
                types.update(((words[at + 1].text, name), kind) for name, kind in declared(member))


def declared(words):
    """(name, its struct) of each variable or parameter."""
    for at in range(len(words) - 2):
        if words[at].text == "struct":
            last = at + 2
            while last < len(words) - 1 and words[last].text == "*":
                last += 1
            if is_name(words[last]):
                yield words[last].text, words[at + 1].text


def alternatives(words):
    """The values that an expression may have."""
    asked = [at for at, word in enumerate(words) if word.text == "?"]
    if asked:
        yes, _, no = None, None, None
        parts = separate(words[asked[0] + 1:], ":")
        for part in (parts[0], [w for p in parts[1:] for w in p]) if len(parts) > 1 else ():
            yield from alternatives(part)
        return
    while words and words[0].text == "(" and closing(words, 0) == len(words) - 1:
        words = words[1:-1]
    if words:
        yield words


class Flow:
    """Which texts go where in one program; a place is a tuple, a literal a string."""

    def __init__(self, top, folders):
        self.types = {}
        for folder in folders:
            for path in sorted((top / folder).rglob("*.[ch]")):
                structs(path.read_text(), self.types)
        self.into, self.lines = defaultdict(list), []  # place -> literals, and other places
        self.functions, self.indirect = defaultdict(list), set()
        every = []
        texts = table(top, folders)
        for path in csource.sources(top, folders):
            text = re.sub(r"\b(?:LINE|SENTENCE)_\w+", lambda name: texts.get(name[0], name[0]), path.read_text())
            for one in csource.functions(text):
                every.append((path, one))
                self.functions[one.name].append((path, one))
        for path, one in every:
            if path.name != "log.c":
                self.read(path, one)
        self.join_callbacks()

    def parameter(self, path, name, number):
        """The places that are this function's parameter."""
        own = [pair for pair in self.functions[name] if pair[0] == path] or self.functions[name]
        for where, one in own:
            if number < len(one.parameters) and one.parameters[number]:
                yield ("variable", where, one.name, one.parameters[number][-1].text)

    def places(self, path, one, words):
        """Where the value of an expression without alternatives is from."""
        text = [word.text for word in words]
        if spoken(words) is not None:
            yield spoken(words)
        elif len(words) > 1 and is_name(words[0]) and text[1] == "(":
            for part in separate(words[2:-1]):
                if part and part[0].text == "&" and self.kinds.get(part[-1].text) == "buf":
                    yield ("variable", path, one.name, part[-1].text)
            for where, callee in [pair for pair in self.functions[text[0]] if pair[0] == path] \
                    or self.functions[text[0]]:
                yield ("return", where, callee.name)
        elif is_name(words[-1]):
            names = chain(words, len(words))
            if len(words) == 1 and text[0] not in self.kinds and self.functions[text[0]]:
                yield ("function", path, text[0])
            if len(words) == 3 and self.kinds.get(text[0]) == "buf":
                yield ("variable", path, one.name, text[0])
            yield self.place(path, one, names)
            if len(names) > 1:
                yield ("member", None, names[-1])

    def place(self, path, one, names):
        """A variable, or the member of a struct: None if it cannot be told of which."""
        if len(names) == 1:
            return ("variable", path, one.name, names[0])
        kind = self.kinds.get(names[0])
        for name in names[1:-1]:
            kind = self.types.get((kind, name))
        return ("member", kind, names[-1])

    def flow(self, path, one, words, place):
        for value in alternatives(words):
            for source in self.places(path, one, value):
                self.into[place].append(source)

    def read(self, path, one):
        words = one.body
        self.kinds = dict(declared([word for part in one.parameters for word in part] + words))
        for at, word in enumerate(words):
            before = words[at - 1].text if at else ""
            if word.text == "return":
                self.flow(path, one, self.rest(words, at + 1), ("return", path, one.name))
            elif word.text == "=" and before not in "=!<>+-*/%&|^" and words[at + 1].text != "=":
                self.assign(path, one, words, at)
            elif word.text == "(" and at and is_name(words[at - 1]):
                self.call(path, one, words, at)

    @staticmethod
    def rest(words, at):
        """To the end of the expression that begins here."""
        end = at
        while end < len(words) and words[end].text not in ";,)}":
            end = (closing(words, end) if words[end].text in "([{" else end) + 1
        return words[at:end]

    def assign(self, path, one, words, at):
        names, value = chain(words, at), self.rest(words, at + 1)
        if names == ["?"]:
            return
        self.flow(path, one, value, self.place(path, one, names))

    def call(self, path, one, words, at):
        name, arguments = words[at - 1].text, separate(words[at + 1:closing(words, at)])
        for said in map(spoken, alternatives(arguments[0]) if name in VERBS else ()):
            if said is not None:
                self.line(path, one, said + (": %s" if name in WITH_ERRNO else ""), arguments)
        names = chain(words, at)
        callee = None
        if len(names) > 1 or any(part and part[-1].text == name for part in one.parameters):
            callee = self.place(path, one, names)
            self.indirect.add(callee)
            self.into[callee].append(("member", None, name))
        for number, argument in enumerate(arguments):
            if callee:
                self.flow(path, one, argument, ("callback", callee, number))
            else:
                for place in self.parameter(path, name, number):
                    self.flow(path, one, argument, place)
            if number and self.is_written(name, arguments[0]):
                self.flow(path, one, argument, ("variable", path, one.name, arguments[0][-1].text))

    def is_written(self, name, first):
        """A buffer of ours, or what a function of the C library copies to."""
        text = [word.text for word in first]
        return len(text) == 2 and text[0] == "&" and self.kinds.get(text[1]) == "buf" or \
            len(text) == 1 and text[0] not in self.kinds and not self.functions[name]

    def line(self, path, one, said, arguments):
        place = ("line", path, said)
        self.lines.append(place)
        kinds = []
        for star, kind in re.findall(r"%[-+ 0#\d]*(\.\*)?[\d.]*(?:hh|h|ll|l|z|j)?([a-zA-Z%])", said):
            kinds += ["*"] * bool(star) + [kind] * (kind != "%")
        for kind, argument in zip(kinds, arguments[1:]):
            if kind == "s":
                self.flow(path, one, argument, place)

    def join_callbacks(self):
        """The parameters of a function that was put somewhere are those of the calls from there."""
        for callee in self.indirect:
            for _, path, name in [end for end in self.ends(callee) if not isinstance(end, str)]:
                for number in range(9):
                    for place in self.parameter(path, name, number):
                        self.into[place].append(("callback", callee, number))

    def ends(self, place):
        """What may come there, from wherever it is first written: literals and functions."""
        seen, todo, found = set(), [place], set()
        while todo:
            here = todo.pop()
            if isinstance(here, str) or here[0] == "function":
                found.add(here)
            elif here not in seen:
                seen.add(here)
                todo += self.into[here]
        return found

    def literals(self, place):
        return {end for end in self.ends(place) if isinstance(end, str)}


@functools.lru_cache(maxsize=1)
def flows():
    return [Flow(TOP, folders) for folders in PROGRAMS]


def lines(flow_of=flows):
    return {pattern(said) for flow in flow_of() for _, _, said in flow.lines}


def unnamed():
    call = re.compile(rf'\b(?:{"|".join(VERBS)})\(\s*"[^"]*"')
    return [said for program in PROGRAMS for path in csource.sources(TOP, program)
            for said in call.findall(path.read_text())]


def reasons(flow_of=flows):
    """Those that are more than a word."""
    found = {(place[2], text) for flow in flow_of() for place in flow.lines
             for text in flow.literals(place)}
    return {(pattern(text), pattern(re.sub(r"%(?:\.\d+)?s$", lambda _: text, said)))
            for said, text in found if re.search(r"\w \w", text)}
