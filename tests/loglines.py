"""Every line that the daemons can write to their log, out of their sources."""

import re

from world import TOP

TEXT = r'((?:"(?:[^"\\]|\\.)*"|PRI\w+|\s)+)'
CALL = re.compile(r'\blog_(?:debug|info|warnx?|fatalx?)\(\s*' + TEXT)
ERRNO = re.compile(r'\blog_(?:warn|fatal)\(\s*' + TEXT)
# What is said of an inbox goes through functions of its own.
INBOX = re.compile(r'\b(?:inbox_say|lose|stop)\(\s*inbox,\s*' + TEXT)
STOPPED = re.compile(r'buf_printf\(&why,\s*' + TEXT)
# Reasons that are part of another line.
REASON = re.compile(r'\b(?:link_close|peer_drop|give_up|refuse)\((?:&?[\w>.-]+),\s*' + TEXT)
FAULT = re.compile(r'(?:return|[?:])\s' + TEXT + ';')


def joined(text):
    """A text of C, put together; what PRIu64 and the like stand for is %u."""
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"|(PRI\w+)', text)
    return "".join(part[0] or "u" for part in parts if any(part)).replace('\\"', '"')


def pattern(line):
    """What varies becomes *; so that a line of the manual compares with one of the sources."""
    line = re.sub(r"%(?:[-+ 0#]*[\d.*]*)(?:hh|h|ll|l|z|j)?[a-zA-Z]", "*", line)
    return re.sub(r"(?: ?\*)+", "*", re.sub(r"\b[A-Z]{2,}(?:_[A-Z]+)?\b", "*", line))


def sources():
    for folder in ("hub", "fcgi", "lib"):
        yield from sorted((TOP / folder).glob("*.c"))


def log_lines():
    """(file, pattern) of each."""
    for path in sources():
        text = path.read_text()
        if path.name == "log.c":
            continue
        with_errno = {match.start() for match in ERRNO.finditer(text)}
        for match in CALL.finditer(text):
            line = joined(match[1])
            yield path.name, pattern(line + (": %s" if match.start() in with_errno else ""))
        if path.parent.name == "hub":
            for match in [*INBOX.finditer(text), *STOPPED.finditer(text)]:
                if joined(match[1]):
                    yield path.name, pattern("inbox %s (%s): " + joined(match[1]))


def reasons():
    for path in sources():
        text = path.read_text()
        found = list(REASON.finditer(text))
        if path.name in ("inbox_file.c", "broadcast.c"):
            found += FAULT.finditer(text)
        for match in found:
            if joined(match[1]):
                yield path.name, pattern(joined(match[1]))
