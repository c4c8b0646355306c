# SPDX-License-Identifier: MIT
"""Which channels a pattern matches, in a few lines: a model, for names and
templates of letters, digits and slashes, with variables {x} and {+x}."""

import functools
import re


@functools.lru_cache(maxsize=4096)
def _regex(pattern):
    text = re.sub(r"\\{\w+\\}", "[^/]*", re.escape(pattern))
    return re.compile(".*" if pattern == "*" else re.sub(r"\\{\\\+\w+\\}", ".*", text))


def matches(pattern, name):
    return pattern == name or _regex(pattern).fullmatch(name) is not None


def hears(channels, patterns, names):
    """Is somebody who listens to these given an event that is on those?"""
    return any(name in channels or any(matches(p, name) for p in patterns) for name in names)
