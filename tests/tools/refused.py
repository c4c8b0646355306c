# SPDX-License-Identifier: MIT
"""What an answer that says no has."""

import re


def is_refused(answer, status, code, challenge=None, retry_after=False):
    """`challenge`: WWW-Authenticate asks for a token, and has this text."""
    assert (answer.status, answer.json["error"]) == (status, code), answer
    if challenge is not None:
        said = answer.headers["www-authenticate"]
        assert said.startswith('Bearer realm="tidings"') and challenge in said, answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert ("retry-after" in answer.headers) == retry_after, answer.headers
    assert not retry_after or int(answer.headers["retry-after"]) >= 1


def is_told_to_come_back(answer):
    assert answer.status == 200 and answer.ended, answer
    assert re.fullmatch(rb"retry: \d+\n", answer.body), answer
