# SPDX-License-Identifier: MIT
"""Tab in bash, zsh and fish, in a terminal as people have it."""

import os
import pty
import select
import shlex
import shutil
import signal
import time

import pytest

from world import SLOW, TOP, program

pyte = pytest.importorskip("pyte")
pytestmark = pytest.mark.deploy
HERE = shlex.quote(str(TOP / "conf/completions"))
SETUP = {
    "bash": [r"PS1='$ '", "bind 'set completion-query-items 0'", "bind 'set page-completions off'",
             "bind 'set show-all-if-ambiguous on'", "bind 'set enable-bracketed-paste off'",
             f"source {HERE}/tidings.bash"],
    "zsh": ["PROMPT='$ '", "unsetopt ZLE_BRACKETED_PASTE; setopt NO_BEEP", f"fpath=({HERE} $fpath)",
            "autoload -Uz compinit; compinit -D -u"],
    "fish": ["function fish_prompt; echo '$ '; end", "set fish_autosuggestion_enabled 0",
             f"source {HERE}/tidings.fish"],
}
START = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"],
         "fish": ["fish", "--private", "-i"]}


class Shell:
    """One that runs in a terminal; what is typed, and what is on the screen."""

    def __init__(self, name, folder, url):
        environment = {"PATH": f"{os.path.dirname(program('client/tidings'))}:{os.environ['PATH']}",
                       "HOME": str(folder), "TIDINGS_URL": url, "TERM": "xterm", "LC_ALL": "C.UTF-8",
                       "PS1": "", "HISTFILE": "/dev/null"}
        self.anew = "\x15\x15" if name == "fish" else "\x03"  # takes back what is typed
        self.screen = pyte.Screen(150, 50)
        self.stream = pyte.ByteStream(self.screen)
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(name, START[name], environment)
        for line in SETUP[name]:
            self.type(line + "\n")
        self.type("echo is\"\"ready\n")
        self.shows(lambda lines: "isready" in lines, "a prompt")

    def type(self, text):
        os.write(self.terminal, text.encode())

    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    def shows(self, condition, what, within=10):
        deadline = time.monotonic() + within * SLOW
        while not condition(self.lines()):
            left = deadline - time.monotonic()
            assert left > 0, f"no {what}: " + "\n".join(line for line in self.lines() if line)
            if select.select([self.terminal], [], [], left)[0]:
                self.stream.feed(os.read(self.terminal, 1 << 16))

    def completes(self, line, *wanted):
        """Tab behind `line` brings each of `wanted` onto the screen."""
        self.type(self.anew)
        self.type("clear; echo \"is\"clear\n")
        self.shows(lambda lines: "isclear" in lines and "$" in lines[lines.index("isclear") + 1], "cleared screen")
        self.type(line + "\t")
        self.shows(lambda lines: all(any(word in shown for shown in lines) for word in wanted),
                   f"{wanted} behind {line!r}")

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


@pytest.fixture(params=["bash", "zsh", "fish"], scope="module")
def shell(request, shared, tmp_path_factory):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    shared.publish("x", channel="a:b")
    shared.publish("x", channel="weather")
    folder = tmp_path_factory.mktemp("home")
    (folder / "notes.db").touch()
    made = Shell(request.param, folder, f"http://127.0.0.1:{shared.port}")
    yield made
    made.close()


@pytest.mark.parametrize("line, wanted", [
    ("tidings ", ["pub", "history", "channels", "inbox", "menu", "help"]),
    ("tidings hi", ["tidings history"]),
    ("tidings help st", ["help status"]),
    ("tidings status --w", ["status --watch"]),
    ("tidings sub --c", ["--cursor", "--count", "--config", "--ca-file"]),
    ("tidings sub --cursor no", ["--cursor notes.db"]),
    ("tidings sub --cursor=no", ["--cursor=notes.db"]),
    ("tidings inbox in", ["inbox init"]),
    ("tidings inbox init --on orders no", ["orders notes.db"]),
    ("tidings sub we", ["sub weather"]),
    ("tidings sub a:", ["sub a:b"]),
    ("tidings sub -n 2 main we", ["main weather"]),
    ("tidings inbox --channel we", ["--channel weather"]),
    ("tidings run we", ["run weather"]),
    ("tidings run weather -- xarg", ["weather -- xargs"]),
    ("tidings run -t copy weather xarg", ["weather xargs"]),
    ("tidings -q hi", ["-q history"]),
    ("tidings --color never hi", ["never history"]),
    ("tidings --col", ["--color"]),
    ("tidings -q sub we", ["sub weather"]),
    ("tidings run weather ls no", ["ls notes.db"]),
])
def test_tab_brings(shell, line, wanted):
    shell.completes(line, *wanted)


def test_tab_waits_for_no_server_that_is_away(shell):
    began = time.monotonic()
    shell.completes("tidings sub --url http://127.0.0.1:1 weath", "weath")
    shell.type("er --wa\t")
    shell.shows(lambda lines: any("weather --wait" in line for line in lines), "the flag")
    assert time.monotonic() - began < 5 * SLOW
