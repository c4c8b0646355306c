# SPDX-License-Identifier: MIT
"""docs/openapi.yaml, read by a stranger: schemathesis asks whatever the file allows, and what it does not.

It comes from PyPI, into a place of its own in the build; no other test needs it.
"""

import copy
import json
import subprocess
import sys

import pytest

from mercure import mercure, token
from test_docs import OPENAPI
from world import BUILD

pytestmark = pytest.mark.rare
VERSION = "4.32.5"
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
          "response_headers_conformance")


@pytest.fixture(scope="module")
def schemathesis():
    place = BUILD / "schemathesis"
    program = place / "bin" / "schemathesis"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        done = subprocess.run([place / "bin" / "pip", "install", "-q", f"schemathesis=={VERSION}"])
        if done.returncode:
            pytest.skip("schemathesis cannot be had from PyPI")
    return program


def ends(operation):
    """A stream does not; it is asked for elsewhere."""
    return "text/event-stream" not in json.dumps(operation) and "responses/Stream" not in json.dumps(operation)


def what_ends():
    """The file without streams, and without waiting."""
    document = copy.deepcopy(OPENAPI)
    for item in document["paths"].values():
        for method in [m for m in item if m in ("get", "post", "delete") and not ends(item[m])]:
            del item[method]
        for operation in (item[m] for m in ("get",) if m in item):
            operation["parameters"] = [p for p in operation.get("parameters", []) if p.get("name") != "wait"]
    return document


@pytest.mark.timeout(300)
@pytest.mark.parametrize("shows", [True, False], ids=["with a token", "without"])
def test_no_answer_is_outside_of_the_file_and_none_is_our_fault(make_world, tmp_path, schemathesis, shows):
    world = make_world(mercure(tmp_path, {"responder": {"mercure_subscriptions": "yes"}}), web=True)
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(what_ends()))
    proof = ["-H", "Authorization: Bearer " + token(["*"], ["*"])] if shows else []
    done = subprocess.run(
        [schemathesis, "run", file, "-u", f"http://127.0.0.1:{world.port}", "--phases", "coverage,fuzzing", "-n", "20",
         "--generation-deterministic", "--suppress-health-check", "all", "--continue-on-failure", "--request-timeout", "10",
         "--checks", ",".join(CHECKS), *proof], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    world.publish("still there", channel="main")
