# SPDX-License-Identifier: MIT
"""The short version of each scenario; the full ones are tests/torture/run's."""

import json
import os

import pytest

from scene import NotHere, Scene, scale_of, scenarios

SEED = int(os.environ.get("TIDINGS_SEED", "1"))


def scenario(name, module):
    marks = [pytest.mark.slow, pytest.mark.timeout(300)]
    if not getattr(module, "TELLING", False):
        marks.append(pytest.mark.rare)
    return pytest.param(name, module, id=name, marks=marks)


@pytest.mark.parametrize("name,module", [scenario(*pair) for pair in scenarios().items()])
def test_the_promises_hold(name, module):
    scene = Scene(name, SEED)
    try:
        with scene:
            module.play(scene, **scale_of(module, short=True))
    except NotHere as reason:
        pytest.skip(f"{name}: {reason}")
    print(json.dumps(scene.figures))
