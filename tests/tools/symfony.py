# SPDX-License-Identifier: MIT
"""Symfony's own client of Mercure, from Debian, with what a `.env` says.

    app = Symfony(MERCURE_URL=..., MERCURE_PUBLIC_URL=..., MERCURE_JWT_SECRET=...)
    app.publish("https://example.com/1", data="new")      # its answer, or Failed
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from world import SLOW, TOP

PACKAGE = Path("/usr/share/php/Symfony/Component/Mercure/autoload.php")
needs_symfony = pytest.mark.skipif(shutil.which("php") is None or not PACKAGE.exists(),
                                   reason="needs php-cli and php-symfony-mercure")


class Failed(Exception):
    """An answer of that status."""


class Symfony:
    def __init__(self, **environment):
        self.environment = {**os.environ, "no_proxy": "*", **environment}

    def does(self, *wishes):
        done = subprocess.run(["php", TOP / "tests/mercure/symfony.php"], text=True, capture_output=True,
                              input="".join(json.dumps(wish) + "\n" for wish in wishes),
                              env=self.environment, timeout=30 * SLOW)
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def publish(self, *topics, **fields):
        said, = self.does({"topics": topics, **fields})
        if "failed" in said:
            raise Failed(said["failed"])
        return said["said"]

    def cookie(self, *topics, page):
        """The line Set-Cookie that it would send with a page."""
        said, = self.does({"subscribe": topics, "page": page})
        return said["said"]
