# SPDX-License-Identifier: MIT
"""A small world in a temporary folder: hub, responder, web server, browsers.

    reader = world.listen("news")
    world.publish("one", channel="news")
    reader.sees("one")
    world.hub.kill_worker()

Everything that a World starts it ends, whatever the test did.
"""

import contextlib
import json
import os
import random
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import threading
from pathlib import Path
from urllib.parse import quote, urlencode

from daemon import BUILD, INSTRUMENTED, SLOW, is_alive  # noqa: F401, with the words of a world
from daemon import FAULTS, TOP, WRAP, Daemon, eventually, program
from fcgi import FcgiDoor
from listener import Crowd, target_of
from servers import SERVERS
from web import WebDoor
from peers import Closed, Hub, Proxy
from wire import State


PORTS = 10000 + 2800 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 8)


def free_ports(count):
    """The first of so many in a row, at each address of this machine. Whoever plays tests beside
    this one has others, and below 32768 none is given to a connection: so nobody else has it by
    the time that it is used."""
    while True:
        first = random.randrange(PORTS, PORTS + 2800 - count)
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + count):
                stack.enter_context(socket.socket()).bind(("", port))
            return first


def free_port():
    return free_ports(1)


def addresses(version):
    """Those of this machine that others reach."""
    found = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    return [address for address in found if (":" in address) == (version == 6)]


def below(text, base):
    """A web server's configuration with all addresses of Tidings below `base`."""
    for old, new in ((r'"(/(realtime|api|sse|tasks)/|/\.well-known/mercure)" +=>', rf'"{base}\1" =>'),
                     (r'\( "/" => var', f'( "{base}/" => var'),
                     (r'"\^/\((stream|health)', rf'"^{base}/(\1'),
                     (r'^ProxyPass "/', f'ProxyPass "{base}/'),
                     (r'fcgi://tidings/', f'fcgi://tidings{base}/')):
        text = re.sub(old, new, text, flags=re.M)
    return text


class World:
    """config: {"responder": {"window": "1M"}, "inbox app": {"path": ...}}"""

    def __init__(self, config=None, web=False, proxy=False, hub=True, responder=True,
                 inbox=True, pages=None, server=SERVERS["lighttpd"], prepare=None):
        """prepare(world): what is done before its hub starts."""
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
            self._make(config or {}, server if web else None, proxy, hub, responder, inbox, prepare)
        except BaseException:
            self.close()
            print(self.last_words)
            raise

    def _make(self, config, server, proxy, hub, responder, inbox, prepare):
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
        if prepare:
            prepare(self)
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

    def break_web(self, *changes):
        """The same; it need not pass on anything then, as long as it answers."""
        self.web.ready = self.web_answers
        self.change_web(*changes)
        return self

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

    def web_answers(self):
        with contextlib.suppress(OSError, TimeoutError):
            return WebDoor(self.port).ask("GET", "/", within=2).status is not None
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
