# SPDX-License-Identifier: MIT
"""A small world in a temporary folder: hub, responder, web server, browsers.

    reader = world.listen("news")
    world.publish("one", channel="news")
    reader.sees("one")
    world.hub.kill_worker()

Everything that a World starts it ends, whatever the test did.  Programs come
from the folder TIDINGS_BUILD names (default: build); TIDINGS_WRAP holds words
to put before the hub's command (valgrind).
"""

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote, urlencode

from fcgi import FcgiDoor
from listener import Crowd, target_of
from servers import SERVERS
from web import WebDoor
from wire import Closed, Hub, Proxy, State

TOP = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("TIDINGS_BUILD", TOP / "build")).resolve()
WRAP = shlex.split(os.environ.get("TIDINGS_WRAP", ""))
# Instruments make everything slower; deadlines grow with them.
SLOW = float(os.environ.get("TIDINGS_SLOW", "1"))
INSTRUMENTED = SLOW > 1

FAULTS = re.compile(
    r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|stack smashing|"
    r"Assertion .* failed|^==\d+== (?!\s*$|Warning: set address range)|was killed: (?!Killed)|"
    r"exited with status",
    re.MULTILINE)


def program(name, needed=True):
    for place in (BUILD / name, BUILD / "hub" / name, BUILD / "inbox" / name,
                  BUILD / "fcgi" / name):
        if place.is_file():
            return str(place)
    if needed:
        raise FileNotFoundError(f"{name} is not built in {BUILD}")
    return name


def eventually(condition, what, within=10):
    """Waits for a fact that nothing announces; returns what it was."""
    deadline = time.monotonic() + within * SLOW
    pause = 0.0005
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {within} s")
        time.sleep(pause)
        pause = min(pause * 2, 0.02)


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Daemon:
    """A program that runs in the foreground, perhaps as parent of workers."""

    def __init__(self, name, command, folder, ready, environment=None):
        self.name, self.command, self.ready = name, command, ready
        self.log_path = folder / f"{name}.log"
        self.environment = dict(os.environ, **(environment or {}))
        self.environment.setdefault("ASAN_OPTIONS", "detect_stack_use_after_return=1")
        self.environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        self.environment.setdefault("TSAN_OPTIONS", "halt_on_error=0")
        self.process = None
        self.descendants = set()

    def launch(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment, start_new_session=True)

    def start(self, within=10):
        """Starts it, again if it gives up, as init would, until it serves."""
        assert self.process is None, f"{self.name} runs already"
        self.launch()

        def serves():
            if self.process.poll() is not None:
                self.launch()
            return self.ready()
        eventually(serves, f"{self.name} serving", within)
        self.workers()
        return self

    def start_to_fail(self, within=10):
        """Starts it expecting that it refuses; returns (status, what it said)."""
        self.launch()
        status = self.process.wait(within * SLOW)
        self.process = None
        return status, self.log()

    @property
    def pid(self):
        return self.process.pid

    def workers(self):
        """Pids of the parent's children."""
        try:
            text = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return []
        pids = [int(word) for word in text.split()]
        self.descendants.update(pids)
        return pids

    def worker(self, index=0):
        return eventually(lambda: self.workers()[index:index + 1],
                          f"{self.name} having worker {index}")[0]

    def has_settled(self, index=0):
        """Waits until the worker has lived a second: one that dies sooner is
        started again with a back-off."""
        eventually(lambda: _age(self.worker(index)) > 1.1, f"{self.name} having settled")
        return self

    def kill_worker(self, index=0, number=signal.SIGKILL):
        pid = self.worker(index)
        os.kill(pid, number)
        return pid

    def has_other_worker(self, than, within=10):
        return eventually(lambda: [p for p in self.workers() if p != than and is_alive(p)],
                          f"{self.name} having another worker than {than}", within)

    def stop(self, within=15):
        """SIGTERM, and waits for the end; returns the exit status."""
        process, self.process = self.process, None
        if process is None:
            return None
        process.terminate()
        try:
            return process.wait(within * SLOW)
        finally:
            self._end(process)

    def kill(self):
        """SIGKILL to the parent; its workers learn of it and end cleanly."""
        workers, process = self.workers(), self.process
        self.process = None
        process.kill()
        process.wait()
        for pid in workers:
            eventually(lambda: not is_alive(pid), f"worker {pid} ending after its parent")

    def kill_all(self):
        """SIGKILL to parent and workers at once, as a machine that loses power."""
        workers, process = self.workers(), self.process
        self.process = None
        for pid in [process.pid, *workers]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        for pid in workers:
            eventually(lambda: not is_alive(pid), f"worker {pid} ending")

    def freeze(self, index=0):
        pid = self.worker(index)
        os.kill(pid, signal.SIGSTOP)
        return pid

    def thaw(self, pid):
        os.kill(pid, signal.SIGCONT)

    def log(self):
        try:
            return self.log_path.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def says(self, text, within=10):
        eventually(lambda: text in self.log(), f"{self.name} saying {text!r}", within)

    def _end(self, process):
        if process.poll() is None:
            process.kill()
            process.wait()

    def clean_up(self):
        if self.process is not None:
            self.workers()
        process, self.process = self.process, None
        if process is not None and process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(12 * SLOW)
            self._end(process)
        for pid in self.descendants:
            if is_alive(pid) and _session(pid) == (process.pid if process else None):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _session(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[3])
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None


def _age(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
        uptime = float(Path("/proc/uptime").read_text().split()[0])
        return uptime - ticks / os.sysconf("SC_CLK_TCK")
    return 0


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def below(text, base):
    """A web server's configuration with all addresses of Tidings below `base`."""
    for old, new in ((r'"(/(realtime|api|sse|tasks)/)" +=>', rf'"{base}\1" =>'),
                     (r'\( "/" => var', f'( "{base}/" => var'),
                     (r'"\^/\((stream|health)', rf'"^{base}/(\1'),
                     (r'^ProxyPass "/', f'ProxyPass "{base}/'),
                     (r'fcgi://tidings/', f'fcgi://tidings{base}/')):
        text = re.sub(old, new, text, flags=re.M)
    return text


class World:
    """config: {"responder": {"window": "1M"}, "inbox app": {"path": ...}}"""

    def __init__(self, config=None, web=False, proxy=False, hub=True, responder=True,
                 inbox=True, pages=None, server=SERVERS["lighttpd"]):
        # /tmp, because a Unix socket's path has at most 107 bytes
        self.folder = Path(tempfile.mkdtemp(prefix="tidings-", dir="/tmp"))
        self.hub_socket = self.folder / "hub.sock"
        self.fcgi_socket = self.folder / "fcgi.sock"
        self.log_db = self.folder / "log.db"
        self.port = free_port() if web else None
        self.web_server = server
        self.crowd = Crowd()
        self.closing = contextlib.ExitStack()
        self.daemons = []
        self.www = TOP / "www"
        if pages is not None:  # beside these, a test's own
            self.www = self.folder / "www"
            shutil.copytree(TOP / "www", self.www)
            shutil.copytree(pages, self.www, dirs_exist_ok=True)
        self.proxy = self.web = None
        self.expected_faults = []
        try:
            self._make(config or {}, server if web else None, proxy, hub, responder, inbox)
        except BaseException:
            self.close()
            print(self.last_words)
            raise

    def _make(self, config, server, proxy, hub, responder, inbox):
        self.inboxes = {}
        self.settings = {
            "log": {"level": "info"},
            "hub": {"socket": self.hub_socket, "log": self.log_db},
            "responder": {"socket": self.fcgi_socket, "retry": "100ms"},
        }
        if inbox:
            self.settings["inbox main"] = {"path": self.folder / "inbox" / "inbox.db",
                                           "create": "yes"}
            (self.folder / "inbox").mkdir()
        for section, keys in config.items():
            self.settings.setdefault(section, {}).update(keys)
        self.base = self.settings["responder"].get("base") or ""
        hub_config = self.write_config("hub.conf")
        self.hub = self._daemon("hub", [*WRAP, program("tidings-hub", needed=hub), "-c", hub_config],
                                self.hub_serves)
        self.reader = self._daemon("inbox", [*WRAP, program("tidings-inbox", needed=hub), "-c",
                                             hub_config], self.inboxes_are_looked_at)
        if proxy:
            self.settings["hub"]["socket"] = self.folder / "proxy.sock"
            self.proxy = Proxy(self.folder / "proxy.sock", self.hub_socket)
            self.closing.callback(self.proxy.close)
        responder_config = self.write_config("responder.conf")
        self.responder = self._daemon("responder", [program("tidings.fcgi"), "-c", responder_config],
                                      self.responder_serves)
        self.door = FcgiDoor(self.fcgi_socket)
        if hub:
            self.hub.start()
            if self.inboxes:
                self.reader.start()
        if responder:
            self.responder.start()
            if hub:
                self.is_healthy()
        if server:
            self.web = self._daemon(server.name, server.command(self._web_config()),
                                    self.web_serves)
            self.web.start()
            self.door = WebDoor(self.port)

    def _daemon(self, *arguments):
        daemon = Daemon(arguments[0], arguments[1], self.folder, arguments[2])
        self.daemons.append(daemon)
        return daemon

    def write_config(self, name):
        lines = []
        for section, keys in self.settings.items():
            if section.startswith("inbox "):  # as a test likes it
                keys = {"consume_rows": 1, **keys}
            lines.append(f"[{section}]")
            lines += [f"{key} = {value}" for key, value in keys.items() if value is not None]
            if section.startswith("inbox "):
                self.inboxes[section.removeprefix("inbox ")] = Path(keys["path"])
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    def restart_hub(self, config):
        """Ends the hub and starts it with these settings changed."""
        self.hub.stop()
        for section, keys in config.items():
            self.settings.setdefault(section, {}).update(keys)
        self.settings["hub"]["socket"] = self.hub_socket
        self.write_config("hub.conf")
        self.hub.start()
        self.restart_reader()

    def restart_reader(self):
        """So that it takes what has changed in the configuration."""
        self.reader.stop()
        if self.inboxes:
            self.reader.start()

    def _web_config(self):
        path = self.web_server.configure(self.folder, self.port, self.fcgi_socket, self.www)
        if self.base:
            Path(path).write_text(below(Path(path).read_text(), self.base))
        return path

    def change_web(self, *changes):
        """Restarts the web server with (old, new) changed in its configuration."""
        path = self.web_server.path(self.folder)
        text = path.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text)
        self.web.stop()
        self.web.start()

    # ---- are they there?
    def hub_serves(self):
        try:
            with contextlib.closing(Hub(self.hub_socket, within=2)):
                return True
        except (OSError, Closed):  # nobody there, or just dying
            return False

    def unread(self):
        """What the hub says of inboxes that are not read: {name: why}."""
        with contextlib.closing(Hub(self.hub_socket, within=2)) as peer:
            return {name.decode(): why.decode() for name, _, why in peer.expect(State).unread}

    def inboxes_are_looked_at(self):
        try:
            return not any("nobody reads it" in why for why in self.unread().values())
        except (OSError, Closed):
            return False

    def responder_serves(self):
        with contextlib.suppress(OSError, TimeoutError):
            return FcgiDoor(self.fcgi_socket).ask("GET", "/health", within=2).status is not None
        return False

    def web_serves(self):
        with contextlib.suppress(OSError, TimeoutError):
            return WebDoor(self.port).ask("GET", self.base + "/health", within=2).status == 200
        return False

    def health(self):
        return self.door.ask("GET", self.base + "/health")

    def is_healthy(self, within=10):
        """Waits until the responder has the hub; asks it without the web server."""
        door = FcgiDoor(self.fcgi_socket)
        health = self.base + "/health"
        eventually(lambda: door.ask("GET", health).status == 200, "/health being ok", within)

    def is_degraded(self, within=10):
        return eventually(lambda: (h := self.health()).status == 503 and h,
                          "/health being degraded", within)

    # ---- the vocabulary
    def listen(self, *channels, path=None, wait=True, headers=None, last_event_id=None,
               reconnect=False, longest_wait=0.2, receive_buffer=None, stubborn=False, door=None,
               **query):
        """A browser; waits until it is connected unless told not to."""
        target = target_of(channels or ("main",) if path is None else channels, path, **query)
        target = self.base + target
        listener = self.crowd.listen(
            door or self.door, target, headers=headers, last_event_id=last_event_id,
            reconnect=reconnect, longest_wait=longest_wait, receive_buffer=receive_buffer,
            stubborn=stubborn)
        if wait:
            listener.wait(lambda: listener.told("connected"),
                          lambda: f"not connected; {listener.story()}")
        return listener

    def post(self, target, body, headers=None, within=15, door=None, **more):
        return (door or self.door).ask("POST", target, headers, body, within=within, **more)

    def publish(self, data, channel="main", event=None, id=None, lines=None, within=15):
        """POST to the channel; returns the cursor, having insisted on a 200."""
        query = {"event": event, "id": id, "lines": lines}
        query = urlencode({k: v for k, v in query.items() if v is not None})
        target = self.base + "/realtime/" + quote(channel, safe="") + ("?" + query if query else "")
        body = data.encode() if isinstance(data, str) else data
        answer = self.post(target, body, within=within)
        assert answer.status == 200, f"POST {target}: {answer}"
        return int(answer.json["id"])

    def broadcast(self, within=15, **message):
        """POST /api/broadcast with this JSON object."""
        return self.post(self.base + "/api/broadcast", json.dumps(message).encode(),
                         {"Content-Type": "application/json"}, within)

    def open_inbox(self, name="main", **how):
        how.setdefault("timeout", 10)
        return contextlib.closing(sqlite3.connect(self.inboxes[name], isolation_level=None, **how))

    def insert(self, *data, channel=None, event=None, key=None, inbox="main"):
        """INSERTs a row for each `data`, in one transaction; returns the rowids."""
        with self.open_inbox(inbox) as db:
            return insert(db, *data, channel=channel, event=event, key=key)

    def rows(self, sql="SELECT * FROM broadcast ORDER BY id", inbox="main"):
        with self.open_inbox(inbox) as db:
            return db.execute(sql).fetchall()

    def hub_peer(self, **how):
        """Another responder, played by the test."""
        peer = Hub(self.hub_socket, **how)
        self.closing.callback(peer.close)
        return peer

    def channel(self, name):
        answer = self.door.ask("GET", self.base + "/api/channels/" + quote(name, safe=""))
        assert answer.status == 200, answer
        return answer.json

    def holds(self, count, channel="main"):
        """Waits until no more than so many events of the channel are held."""
        eventually(lambda: self.channel(channel)["events"] <= count,
                   f"no more than {count} events of {channel} being held")

    # ---- the end
    def faults(self):
        found = []
        for daemon in self.daemons:
            for line in daemon.log().splitlines():
                if FAULTS.search(line) and not any(e in line for e in self.expected_faults):
                    found.append(f"{daemon.name}: {line}")
        return found

    def logs(self):
        return "".join(f"---- {d.name}.log\n{d.log()[-6000:]}" for d in self.daemons if d.log())

    def close(self):
        """Ends everything; returns what was wrong in the logs."""
        self.crowd.close()
        # The web server last: Apache waits long for what reads from a responder.
        for daemon in sorted(reversed(self.daemons), key=lambda d: d is self.web):
            daemon.clean_up()
        self.closing.close()
        faults = self.faults()
        self.last_words = self.logs()
        shutil.rmtree(self.folder, ignore_errors=True)
        return faults


def insert(db, *data, channel=None, event=None, key=None):
    names = ["data"] + [n for n, v in (("channel", channel), ("event", event), ("key", key))
                        if v is not None]
    extra = [v for v in (channel, event, key) if v is not None]
    sql = f"INSERT INTO broadcast({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    db.execute("BEGIN IMMEDIATE")
    try:
        ids = [db.execute(sql, [d, *extra]).lastrowid for d in data]
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    return ids


class Publishing(threading.Thread):
    """A POST that is under way while the test goes on."""

    def __init__(self, world, data, **how):
        super().__init__(daemon=True)
        self.world, self.data, self.how = world, data, how
        self.cursor = self.fault = None
        self.start()

    def run(self):
        try:
            self.cursor = self.world.publish(self.data, **self.how)
        except Exception as fault:
            self.fault = fault

    def is_acknowledged(self, within=12):
        self.join(within * SLOW)
        assert not self.is_alive(), "the POST has no answer"
        if self.fault:
            raise self.fault
        return self.cursor
