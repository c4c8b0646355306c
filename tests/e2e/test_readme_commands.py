# SPDX-License-Identifier: MIT
"""Each command with a prompt, in README and docs, prints what stands below it there."""

import os
import re
import select
import subprocess
import time

import pytest

from documents import GUIDES, Document, name_of
from world import SLOW, program

ADDRESS = "127.0.0.1:8000"
# What is another one each time.
CHANGING = [(r"\d{16}", "ID"), (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"), (r"^retry: \d+", "retry: N"),
            (r"-?\d+(\.\d+)?|null", "0"), (r"^path = .*", "path = FILE")]
PAGES = [page for page in map(Document, GUIDES) if any(page.sessions())]


def plain(line):
    for pattern, word in CHANGING:
        line = re.sub(pattern, word, line)
    return line


def prints(command, wanted, environment, folder, within=20):
    """The lines that it prints; a stream is left after as many as are wanted."""
    with subprocess.Popen(["bash", "-c", "exec " + command], stdout=subprocess.PIPE,
                          env=environment, cwd=folder) as process:
        deadline, said = time.monotonic() + within * SLOW, b""
        while not wanted or len(lines_of(said)) < len(wanted):
            left = max(0, deadline - time.monotonic())
            piece = select.select([process.stdout], [], [], left)[0] and os.read(
                process.stdout.fileno(), 1 << 16)
            if not piece:
                break
            said += piece
        process.terminate()
    return lines_of(said)


def lines_of(said):
    return [line.strip() for line in said.decode().split("\n")[:-1] if line.strip()]


def test_the_pages_that_one_reads_first_have_such_commands():
    assert {"README.md", "docs/quickstart.md", "docs/sqlite-inbox.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: name_of(page.path))
def test_each_command_prints_what_the_page_shows(make_world, tmp_path, page):
    shop = tmp_path / "shop.db"
    web = make_world({"hub": {"demo": "no"}, "inbox shop": {"path": shop}}, web=True)
    (web.folder / ".curlrc").write_text(f'connect-to = "{ADDRESS}:127.0.0.1:{web.port}"\nsilent\n')
    # The hub looks at shop.db from the beginning here, before it is an inbox.
    (web.folder / ".sqliterc").write_text(".timeout 5000\n")
    client = os.path.dirname(program("client/tidings"))
    environment = dict(os.environ, HOME=str(web.folder), PATH=f"{client}:{os.environ['PATH']}",
                       TIDINGS_URL=f"http://127.0.0.1:{web.port}")
    environment.pop("CURL_HOME", None)
    for command, wanted in page.sessions():
        command = re.sub(r"/tmp/tidings\.\w+/inbox/inbox\.db", str(web.inboxes["main"]), command)
        lines = prints(command, wanted, environment, tmp_path)
        assert [plain(line) for line in lines] == [plain(line) for line in wanted], command
