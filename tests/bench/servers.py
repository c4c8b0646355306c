# SPDX-License-Identifier: MIT
"""The systems that tests/bench/run measures, each started anew for a run."""

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request
from pathlib import Path

READY_S = 10
END_S = 12

NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
NGINX = """\
load_module {module};
daemon off;
{user}
worker_processes 1;
worker_rlimit_nofile {descriptors};
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections {connections}; }}
http {{
	access_log off;
	keepalive_requests 1000000000;
	keepalive_timeout 1h;
	nchan_shared_memory_size 512M;
	client_body_temp_path {folder}/body;
	proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi;
	uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	server {{
		listen 127.0.0.1:{port} backlog=4096;
		location ~ ^/listen/(.+)$ {{
			nchan_subscriber eventsource;
			nchan_channel_id $1;
			nchan_subscriber_first_message newest;
		}}
		location ~ ^/past/(.+)$ {{
			nchan_subscriber eventsource;
			nchan_channel_id $1;
			nchan_subscriber_first_message oldest;
		}}
		location ~ ^/publish/(.+)$ {{
			nchan_publisher;
			nchan_message_buffer_length 1000;
			nchan_channel_id $1;
		}}
	}}
}}
"""

TIDINGS = """\
[hub]
socket = {folder}/hub.sock
log = {folder}/log.db
[responder]
socket = {folder}/fcgi.sock
[inbox bench]
path = {folder}/inbox/inbox.db
create = yes
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def find(name):
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")


class System:
    """Some processes on core 0, on a port of their own, in a folder of their own."""

    # Each in a session of its own, as an init system has it: the kernel shares a core out
    # between sessions (sched_autogroup).  False: all in that of whoever measures.
    sessions = True
    pass_ = None          # what a stream shows
    publish_port = None   # if that is another one

    def __init__(self, folder, descriptors, pin):
        self.folder, self.descriptors, self.pin = folder, descriptors, pin
        self.port = free_port()
        self.processes = []

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def run(self, *command):
        with open(self.folder / "log", "ab") as log:
            child = subprocess.Popen(self.pin + [str(word) for word in command],
                                     stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                     start_new_session=self.sessions)
        self.processes.append(child)
        return child

    def end(self):
        for child in reversed(self.processes):
            child.terminate()
        for child in self.processes:
            try:
                child.wait(END_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def wait(self, is_ready, what):
        deadline = time.monotonic() + READY_S
        while not is_ready():
            if time.monotonic() > deadline or any(
                    child.poll() is not None for child in self.processes):
                log = (self.folder / "log").read_text(errors="replace")
                raise RuntimeError(f"{what} did not start:\n{log[-2000:]}")
            time.sleep(0.02)

    def answers(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as got:
                return got.status == 200
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False

    def pids(self):
        return [child.pid for child in self.processes]


class Nchan(System):
    name = "nchan"
    listen, publish = "/listen/bench-{}", "/publish/bench-{}"
    keyed = publish

    @staticmethod
    def missing():
        if find("nginx") is None or not NCHAN_MODULE.exists():
            return "needs nginx-light and libnginx-mod-nchan"
        return None

    def start(self):
        conf = self.folder / "nginx.conf"
        conf.write_text(NGINX.format(
            module=NCHAN_MODULE, folder=self.folder, port=self.port,
            user="user root;" if os.geteuid() == 0 else "",
            descriptors=self.descriptors, connections=self.descriptors - 100))
        self.run(find("nginx"), "-p", self.folder, "-c", conf, "-e", self.folder / "error.log")
        self.wait(lambda: self.answers("/"), "nginx")


class Behind(System):
    """Something behind lighttpd, whose configuration is the one that is shipped."""

    listen = publish = "/realtime/bench-{}"
    top = Path(__file__).resolve().parent.parent.parent
    build = None
    parts = ()

    @classmethod
    def missing(cls):
        for part in cls.parts:
            if not (cls.build / part).exists():
                return f"{part} is not built"
        return "needs lighttpd" if find("lighttpd") is None else None

    def lighttpd_conf(self):
        text = (self.top / "conf/lighttpd.conf.in").read_text()
        for word, value in {
                "BIND": "127.0.0.1", "PORT": self.port, "RUN": self.folder,
                "MAX_FDS": min(self.descriptors, 65535),
                "MAX_CONNECTIONS": min(self.descriptors, 65535) // 2,
                "WWW": self.top / "www", "FCGI_SOCKET": self.folder / "fcgi.sock"}.items():
            text = text.replace(f"@{word}@", str(value))
        return text

    def start_web(self):
        conf = self.folder / "lighttpd.conf"
        conf.write_text(self.lighttpd_conf())
        self.run(find("lighttpd"), "-D", "-f", conf)
        self.wait(lambda: self.answers("/health"), self.name)


class Floor(Behind):
    """Nothing but the web server: floor.c."""

    name = "floor"
    keyed = Behind.publish
    parts = ("tests/bench/floor",)
    past = 0

    def start(self):
        self.run(self.build / "tests/bench/floor", self.folder / "fcgi.sock", self.past)
        self.start_web()


class Tidings(Behind):
    name = "Tidings"
    keyed = "/realtime/bench-{}?id={key}"
    parts = ("hub/tidings-hub", "inbox/tidings-inbox", "fcgi/tidings.fcgi")

    def config(self):
        return TIDINGS.format(folder=self.folder)

    def start(self):
        # A folder of its own: its reader looks whenever a file in it changes.
        (self.folder / "inbox").mkdir()
        (self.folder / "tidings.conf").write_text(self.config())
        conf = self.folder / "tidings.conf"
        self.run(self.build / "hub/tidings-hub", "-c", conf)
        self.run(self.build / "inbox/tidings-inbox", "-c", conf)
        self.responder = self.run(self.build / "fcgi/tidings.fcgi", "-c", conf)
        self.start_web()
        self.wait(self.has_table, "the inbox")

    def worker(self):
        pid = self.responder.pid
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]

    def has_table(self):
        with contextlib.suppress(sqlite3.Error), \
                contextlib.closing(sqlite3.connect(self.inbox())) as db:
            return db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'broadcast'").fetchone()

    def inbox(self):
        return self.folder / "inbox/inbox.db"
