# SPDX-License-Identifier: MIT
"""What is said while memory or descriptors run out."""

import pytest

from failing import is_instrumented
from kth import Stage, publish, start_up, try_all
from scene import Scene

pytestmark = [pytest.mark.slow, pytest.mark.rare, pytest.mark.timeout(300)]


def test_an_answer_is_whole_or_there_is_none_whichever_memory_was_missing():
    with Scene("kth", 1) as scene:
        stage = Stage(scene, "responder")
        if is_instrumented(stage.daemon.command[-3]):
            pytest.skip("an instrument has a malloc of its own")
        assert try_all(stage, publish, "malloc", 0) > 20


@pytest.mark.parametrize("name", ["hub", "responder"])
def test_a_start_without_descriptors_does_not_blame_another_process(name):
    with Scene("kth", 1) as scene:
        stage = Stage(scene, name)
        try_all(stage, start_up, "open", 0)
        assert "Too many open files" in stage.daemon.log()
        assert "another process" not in stage.daemon.log()
