# SPDX-License-Identifier: MIT
"""Real text by POST: each line to fifty browsers, once, in order, unchanged."""

import pytest

from realtext import LINES, everyone_has, post_each

pytestmark = pytest.mark.behind_apache("--full")


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("count", [1000, pytest.param(None, marks=pytest.mark.rare, id="all")])
def test_each_line_by_a_post_of_its_own(web, audience, lines, count):
    post_each(web, lines[:count])
    everyone_has(audience, lines[:count])


@pytest.mark.behind_apache
@pytest.mark.timeout(180)
def test_all_lines_by_one_post(web, audience, lines):
    body = "".join(line + "\n" for line in lines).encode()
    answer = web.post("/realtime/text?lines=1", body)
    assert answer.status == 200 and answer.json["count"] == len(lines)
    everyone_has(audience, lines)


def test_the_text_is_real(lines):
    assert len(lines) >= LINES
    assert len(set(lines)) > LINES / 2
