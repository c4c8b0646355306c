"""What a publisher is told while memory runs out."""

import pytest

from kth import Stage, publish, try_all
from scene import Scene

pytestmark = [pytest.mark.slow, pytest.mark.rare, pytest.mark.timeout(300)]


def test_an_answer_is_whole_or_there_is_none_whichever_memory_was_missing():
    with Scene("kth", 1) as scene:
        assert try_all(Stage(scene, "responder"), publish, "malloc", 0) > 20
