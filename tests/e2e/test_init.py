# SPDX-License-Identifier: MIT
"""The init scripts, run: what an administrator and a boot may ask of them.

They run as they are installed; a file of defaults of the test's own says where
programs, sockets and logs are.  Only root can start a service.
"""

import contextlib
import grp
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fcgi import FcgiDoor
from world import BUILD, SLOW, eventually, is_alive, program

SCRIPTS = BUILD / "conf" / "service"
HUB, INBOX, RESPONDER = NAMES = "tidings-hub", "tidings-inbox", "tidings-responder"
USER = GROUP = "www-data"
READER = "nobody"  # whom tidings-inbox runs as

pytestmark = [
    pytest.mark.deploy,
    pytest.mark.skipif(os.getuid() != 0, reason="needs root: it starts services"),
    pytest.mark.skipif(shutil.which("start-stop-daemon") is None,
                       reason="needs dpkg's start-stop-daemon"),
]


class Services:
    """All services in a folder of their own."""

    def __init__(self, folder):
        self.folder = folder
        self.run, self.logs, self.conf = folder / "run", folder / "log", folder / "tidings.conf"
        (folder / "sbin").mkdir()
        (folder / "init.d").mkdir()
        for name in NAMES:
            shutil.copy(SCRIPTS / name, folder / "init.d" / name)
            (folder / "init.d" / name).chmod(0o755)
        for name in ("tidings-hub", "tidings-inbox", "tidings.fcgi"):  # where the service's user can run them
            shutil.copy(program(name), folder / "sbin" / name)
        self.conf.write_text(f"[hub]\nsocket = {self.run}/hub.sock\nlog = {folder}/state/log.db\n"
                             f"inbox_user = {READER}\n"
                             f"[responder]\nsocket = {self.run}/fcgi.sock\n"
                             f"[inbox main]\npath = {folder}/state/inbox/inbox.db\ncreate = yes\n")
        self.defaults = folder / "default"
        self.set()

    def set(self, **more):
        values = {"USER": USER, "INBOX_USER": READER, "WEB_GROUP": GROUP, "SBIN": self.folder / "sbin",
                  "CONF": self.conf, "RUN": self.run, "PIDS": self.folder,
                  "STATE": self.folder / "state", "LOGS": self.logs, "DESCRIPTORS": 4096} | more
        self.defaults.write_text("".join(f"{name}={value}\n" for name, value in values.items()))

    def asks(self, name, *action, before=()):
        """Runs the script; returns its exit status and what it said."""
        done = subprocess.run([*before, self.folder / "init.d" / name, *action], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=50,
                              env={**os.environ, "TIDINGS_DEFAULTS": str(self.defaults)})
        return done.returncode, done.stdout

    def does(self, name, action):
        status, said = self.asks(name, action)
        assert status == 0, f"{name} {action}: {status}, {said}\n{self.log(name)}"
        return said

    def status(self, name):
        return self.asks(name, "status")[0]

    def pid(self, name):
        return int((self.folder / f"{name}.pid").read_text())

    def log(self, name):
        with contextlib.suppress(FileNotFoundError):
            return (self.logs / f"{name}.log").read_text()
        return ""

    def health(self):
        with contextlib.suppress(OSError, TimeoutError):
            return FcgiDoor(self.run / "fcgi.sock").ask("GET", "/health").status

    def has(self, name):
        """Pids of all parents of this service, whoever started them."""
        path = str(self.folder / "sbin" / {RESPONDER: "tidings.fcgi"}.get(name, name))
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (entry / "cmdline").read_text().startswith(path + "\0"):
                    found[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        return [pid for pid, parent in found.items() if parent not in found]

    def end(self):
        for name in reversed(NAMES):
            for pid in self.has(name):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            eventually(lambda: not self.has(name), f"{name} ending", 15)


@pytest.fixture
def services():
    folder = Path(tempfile.mkdtemp(prefix="tidings-init-", dir="/tmp"))
    folder.chmod(0o755)
    made = Services(folder)
    yield made
    made.end()
    print(*map(made.log, NAMES))
    shutil.rmtree(folder)


@pytest.fixture
def hub(services):
    services.does(HUB, "start")
    return services


def test_a_start_gives_a_service_that_answers(services):
    assert services.status(HUB) == services.status(RESPONDER) == 3
    services.does(HUB, "start")
    services.does(RESPONDER, "start")
    assert services.status(HUB) == services.status(RESPONDER) == 0
    eventually(lambda: services.health() == 200, "/health being ok")


def test_the_services_run_as_their_user_and_their_files_are_theirs(services):
    services.does(HUB, "start")
    services.does(RESPONDER, "start")
    uid, gid = pwd.getpwnam(USER).pw_uid, grp.getgrnam(GROUP).gr_gid
    reader = pwd.getpwnam(READER).pw_uid

    def mode(path):
        at = os.stat(services.folder / path)
        return oct(stat.S_IMODE(at.st_mode)), at.st_uid, at.st_gid

    services.does(INBOX, "start")
    for name in NAMES:
        assert os.stat(f"/proc/{services.pid(name)}").st_uid == (reader if name == INBOX else uid)
    eventually((services.folder / "state/inbox/inbox.db").exists, "the inbox being made")
    assert mode("state") == ("0o750", uid, gid)
    assert mode("state/log.db") == ("0o600", uid, gid)
    assert mode("state/inbox") == ("0o3770", reader, gid)
    assert mode("state/inbox/inbox.db") == ("0o660", reader, gid)
    assert mode("run/hub.sock") == ("0o660", uid, gid)
    assert mode("run/fcgi.sock") == ("0o660", uid, gid)
    # root's, or the service could have any process stopped
    assert os.stat(services.folder / f"{HUB}.pid").st_uid == 0
    assert mode(f"log/{HUB}.log")[:2] == ("0o640", 0)
    limits = Path(f"/proc/{services.pid(RESPONDER)}/limits").read_text()
    assert "Max open files            4096" in limits


def test_an_inbox_folder_that_was_the_hub_s_becomes_the_reader_s(services):
    """Of a version in which the hub read inboxes itself; who may INSERT still may."""
    inbox = services.folder / "state/inbox"
    inbox.mkdir(parents=True)
    inbox.parent.chmod(0o755)
    for path in (inbox.parent, inbox):
        shutil.chown(path, USER, GROUP)
    inbox.chmod(0o3770)
    services.does(HUB, "start")
    services.does(INBOX, "start")
    made = inbox.stat()
    assert (made.st_uid, made.st_gid) == (pwd.getpwnam(READER).pw_uid, grp.getgrnam(GROUP).gr_gid)
    assert stat.S_IMODE(made.st_mode) == 0o3770
    eventually((inbox / "inbox.db").exists, "the inbox being made")


def test_the_reader_of_inboxes_starts_without_a_hub_and_waits_for_it(services):
    services.does(INBOX, "start")
    assert services.status(INBOX) == 0
    services.does(INBOX, "reload")
    services.does(HUB, "start")
    eventually((services.folder / "state/inbox/inbox.db").exists, "the inbox being made", 20)
    parent = services.pid(INBOX)
    os.kill(parent, signal.SIGKILL)
    eventually(lambda: not Path(f"/proc/{parent}").exists(), "the parent being buried")
    assert services.status(INBOX) == 1
    services.does(INBOX, "restart")
    services.does(INBOX, "stop")
    assert services.status(INBOX) == 3


def test_who_is_started_twice_runs_once(hub):
    pid = hub.pid(HUB)
    hub.does(HUB, "start")
    assert hub.pid(HUB) == pid
    assert hub.has(HUB) == [pid]


def test_a_stopped_service_is_gone_and_may_be_stopped_again(hub):
    pid = hub.pid(HUB)
    hub.does(HUB, "stop")
    assert not is_alive(pid)
    assert hub.status(HUB) == 3
    assert not (hub.folder / f"{HUB}.pid").exists()
    hub.does(HUB, "stop")


def test_a_restart_is_another_process_whether_it_ran_or_not(hub):
    pid = hub.pid(HUB)
    hub.does(HUB, "restart")
    assert hub.pid(HUB) != pid and not is_alive(pid)
    hub.does(HUB, "stop")
    hub.does(HUB, "try-restart")
    assert hub.status(HUB) == 3, "try-restart starts nothing"
    hub.does(HUB, "restart")
    assert hub.status(HUB) == 0


def worker(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.mark.parametrize("action", ["reload", "force-reload"])
def test_a_reload_begins_anew_and_refuses_nobody(hub, action):
    hub.does(RESPONDER, "start")
    eventually(lambda: hub.health() == 200, "/health being ok")
    pid = hub.pid(RESPONDER)
    before = worker(pid)
    hub.does(RESPONDER, action)
    while not set(worker(pid)) - set(before):
        assert hub.health() == 200
    assert hub.status(RESPONDER) == 0
    assert hub.has(RESPONDER) == [pid] == [hub.pid(RESPONDER)]
    hub.does(RESPONDER, "stop")
    assert hub.asks(RESPONDER, action)[0] == 7


def test_a_reload_with_a_bad_configuration_says_so_and_changes_nothing(hub):
    before = worker(hub.pid(HUB))
    hub.conf.write_text("[hub]\nsockte = /nowhere\n")
    status, said = hub.asks(HUB, "reload")
    assert status == 1 and "tidings.conf:2" in said
    assert worker(hub.pid(HUB)) == before


def test_a_reload_with_a_configuration_that_only_root_can_read_says_so(hub):
    before = worker(hub.pid(HUB))
    hub.conf.chmod(0o600)
    status, said = hub.asks(HUB, "reload")
    assert status == 1 and "tidings.conf" in said and "goes on as it was" in said
    assert worker(hub.pid(HUB)) == before


def test_a_service_that_was_killed_is_dead_and_can_be_started(hub):
    parent = hub.pid(HUB)
    os.kill(parent, signal.SIGKILL)
    eventually(lambda: not Path(f"/proc/{parent}").exists(), "the parent being buried")
    assert hub.status(HUB) == 1
    hub.does(HUB, "start")
    assert hub.status(HUB) == 0
    assert hub.pid(HUB) != parent


def test_the_pid_of_some_other_process_is_left_alone(services):
    pidfile = services.folder / f"{HUB}.pid"
    pidfile.write_text(f"{os.getpid()}\n")
    assert services.status(HUB) == 1
    services.does(HUB, "stop")  # or this test would have ended
    assert not pidfile.exists()


def test_wrong_questions_have_the_statuses_of_lsb(services):
    assert services.asks(HUB, "dance")[0] == 3
    assert services.asks(HUB)[0] == 2
    assert services.asks(HUB, "start", "now")[0] == 2
    nobody = ("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups")
    assert services.asks(HUB, "start", before=nobody)[0] == 4
    assert services.asks(HUB, "status", before=nobody)[0] == 3


def test_without_a_configuration_it_is_not_configured(services):
    services.conf.unlink()
    status, said = services.asks(HUB, "start")
    assert status == 6 and str(services.conf) in said


def test_without_its_user_the_reader_of_inboxes_is_not_configured_and_the_hub_starts(services):
    services.set(INBOX_USER="nobody-has-made-it")
    services.conf.write_text(services.conf.read_text().replace(f"inbox_user = {READER}\n", ""))
    services.does(HUB, "start")
    status, said = services.asks(INBOX, "start")
    assert status == 6 and "nobody-has-made-it" in said


def test_a_start_that_fails_says_so_and_leaves_nothing(services):
    services.conf.write_text("[hub]\nsockte = /nowhere\n")
    status, said = services.asks(HUB, "start")
    assert status == 1 and f"{HUB}.log" in said
    assert "tidings.conf:2" in services.log(HUB)
    assert services.status(HUB) == 3
    assert not services.has(HUB)


def test_a_script_whose_program_was_removed_is_quiet(services):
    services.set(SBIN="/nowhere")
    assert services.asks(HUB, "start") == (0, "")
    assert services.asks(HUB, "stop") == (0, "")
    assert services.asks(HUB, "status")[0] == 3


def test_eight_who_start_at_once_start_one(services):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: services.asks(HUB, "start"), range(8)))
    assert [status for status, _ in answers] == [0] * 8, answers
    assert services.has(HUB) == [services.pid(HUB)]


def test_whoever_comes_last_decides_and_nothing_is_left_over(hub):
    actions = ["restart", "stop", "start", "restart"]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda action: hub.asks(HUB, action), actions))
    assert [status for status, _ in answers] == [0] * 4, answers
    running = [hub.pid(HUB)] if hub.status(HUB) == 0 else []
    assert hub.has(HUB) == running
    hub.does(HUB, "stop")
    assert hub.has(HUB) == []


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="needs logrotate")
def test_its_log_is_rotated_while_it_writes(hub):
    rules = hub.folder / "logrotate.conf"
    text = (SCRIPTS / "logrotate").read_text()
    start = text.index("/log/tidings/*.log")
    pattern = text[text.rindex("\n", 0, start) + 1:text.index(" {")]
    rules.write_text(text.replace(pattern, f"{hub.logs}/*.log"))
    checked = subprocess.run(["logrotate", "-d", rules], text=True, capture_output=True)
    assert checked.returncode == 0 and "error" not in checked.stderr, checked.stderr
    before = hub.log(HUB)
    assert "supervisor: started hub" in before
    subprocess.run(["logrotate", "-f", "-s", hub.folder / "rotated", rules], check=True)
    assert (hub.logs / f"{HUB}.log.1").read_text().startswith(before)
    os.kill(int(worker(hub.pid(HUB))[0]), signal.SIGKILL)
    eventually(lambda: "was killed" in hub.log(HUB), "new lines in the new log", 10 * SLOW)
    assert not hub.log(HUB).startswith("\0")


def test_the_headers_tell_a_boot_what_comes_first():
    for name, after in ((HUB, ""), (INBOX, HUB), (RESPONDER, HUB)):
        lines = (SCRIPTS / name).read_text().split("### END INIT INFO")[0].splitlines()
        assert lines[1] == "### BEGIN INIT INFO"
        header = dict(line[2:].split(":", 1) for line in lines[2:] if not line.startswith("#  "))
        assert header["Provides"].strip() == name
        assert after in header["Should-Start"].split() or not after
        assert "lighttpd" in header["X-Start-Before"].split()
        assert header["Default-Start"].split() == ["2", "3", "4", "5"]
        assert {"Required-Start", "Required-Stop", "Default-Stop",
                "Short-Description"} <= set(header)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
def test_the_scripts_are_plain_sh():
    done = subprocess.run(["shellcheck", "-s", "sh", *(SCRIPTS / name for name in NAMES)],
                          text=True, capture_output=True)
    assert done.returncode == 0, done.stdout
