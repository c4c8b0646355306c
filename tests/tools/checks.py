# SPDX-License-Identifier: MIT
"""`tidings check`: what it says of a world.

    lines = check(world, 1, "--auto", "tokens")     # ends with status 1
    verdicts(lines) == {"health": "ok", "tokens arrive": "FAIL"}
    assert "Authorization" in hints(lines)
"""

import re

from client import Client

CHECKS = ["health", "main stream", "metrics", "custom channel", "broadcast", "resume after a cut",
          "events leave at once", "cross-origin rules", "whose address it is", "tokens arrive",
          "logins are verified", "uploads end",
          "leaving is noticed", "inbox readers", "readers confined", "published rows"]


def verdicts(lines):
    return {match[2]: match[1] for line in lines
            if (match := re.match(r"(ok|WARN|FAIL) +(.+?)  ", line))}


def hints(lines):
    return " ".join(line.strip() for line in lines if line.strip().startswith("->"))


def check(world, status, *arguments, within=60, **how):
    client = Client(world, "check", *arguments, **how)
    return client.ends(status, within)
