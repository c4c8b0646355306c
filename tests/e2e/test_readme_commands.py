"""Each command in the README does what the README says, as it stands there."""

import os
import re
import select
import subprocess
import time

from test_readme import Readme
from world import SLOW, TOP, program

ADDRESS = "127.0.0.1:8000"
# What is another one each time.
CHANGING = [(r"\d{16}", "ID"), (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"), (r"^retry: \d+", "retry: N"),
            (r"-?\d+(\.\d+)?|null", "0"), (r"^path = .*", "path = FILE")]


def sessions():
    """For each block of the README with a prompt, its commands and what they print."""
    for block in Readme(TOP / "README.md").blocks:
        parts = re.split(r"^ {4}\$ ", "\n".join(block) + "\n", flags=re.M)
        for part in parts[1:]:
            command, _, output = part.partition("\n")
            yield command, [line.strip() for line in output.split("\n") if line.strip()]


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


def test_each_command_prints_what_the_readme_shows(make_world, tmp_path):
    shop = tmp_path / "shop.db"
    web = make_world({"hub": {"demo": "no"}, "inbox shop": {"path": shop}}, web=True)
    (web.folder / ".curlrc").write_text(f'connect-to = "{ADDRESS}:127.0.0.1:{web.port}"\nsilent\n')
    # The hub looks at shop.db from the beginning here, before it is an inbox.
    (web.folder / ".sqliterc").write_text(".timeout 5000\n")
    client = os.path.dirname(program("client/tidings"))
    environment = dict(os.environ, HOME=str(web.folder), PATH=f"{client}:{os.environ['PATH']}",
                       TIDINGS_URL=f"http://127.0.0.1:{web.port}")
    environment.pop("CURL_HOME", None)
    done = 0
    for command, wanted in sessions():
        command = re.sub(r"/tmp/tidings\.\w+/inbox/inbox\.db", str(web.inboxes["main"]), command)
        lines = prints(command, wanted, environment, tmp_path)
        assert [plain(line) for line in lines] == [plain(line) for line in wanted], command
        done += 1
    assert done >= 4
