# SPDX-License-Identifier: MIT
"""What an answer that says no has."""

import re


def is_refused(answer, status, code, retry_after=False):
    assert (answer.status, answer.json["error"]) == (status, code), answer
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert ("retry-after" in answer.headers) == retry_after, answer.headers
    assert not retry_after or int(answer.headers["retry-after"]) >= 1


def is_told_to_come_back(answer):
    assert answer.status == 200 and answer.ended, answer
    assert re.fullmatch(rb"retry: \d+\n", answer.body), answer
