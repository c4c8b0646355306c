# SPDX-License-Identifier: MIT
"""A world whose web server starts a process for each request: CGI and mod_fcgid.

    world = CgiWorld("apache-cgi")
"""

import os
import re
import shutil
import time
from pathlib import Path

import pytest

from world import TOP, World, eventually, is_alive, program

APACHE = shutil.which("apache2", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
MODULES = Path("/usr/lib/apache2/modules")

# What an Apache needs at least; the rest is a file of ours in conf/.
APACHE_CONF = """
ServerRoot "@RUN@"
ServerName 127.0.0.1
Listen 127.0.0.1:@PORT@
PidFile "@RUN@/apache.pid"
ErrorLog "@RUN@/apache.log"
LogLevel warn
DefaultRuntimeDir "@RUN@"
@USER@
LoadModule mpm_event_module @MODULES@/mod_mpm_event.so
LoadModule authz_core_module @MODULES@/mod_authz_core.so
LoadModule alias_module @MODULES@/mod_alias.so
LoadModule env_module @MODULES@/mod_env.so
LoadModule @KIND@_module @MODULES@/mod_@KIND@.so
StartServers 1
ServerLimit 1
ThreadLimit 100
ThreadsPerChild 100
MaxRequestWorkers 100
MinSpareThreads 1
MaxSpareThreads 100
@KIND_CONF@
DocumentRoot "@WWW@"
"""
KINDS = {"apache-cgi": ("cgid", "ScriptSock @RUN@/cgid.sock"),
         "apache-fcgid": ("fcgid", 'FcgidIPCDir "@RUN@/fcgid"\n'
                                   'FcgidProcessTableFile "@RUN@/fcgid_shm"')}


def fill(text, values):
    return re.sub(r"@([A-Z_]+)@", lambda match: str(values[match.group(1)]), text)


class CgiWorld(World):
    def __init__(self, server="lighttpd-cgi", config=None, more="", **how):
        self.server, self.more = server, more
        if server in KINDS and not (APACHE and (MODULES / f"mod_{KINDS[server][0]}.so").is_file()):
            pytest.skip(f"Apache's mod_{KINDS[server][0]} is not installed")
        config = {"responder": {"keepalive": "1s"}, **(config or {})}
        if server != "lighttpd-cgi" and os.geteuid() == 0:
            config["hub"] = {"users": "www-data", "socket_mode": "0666", **config.get("hub", {})}
        super().__init__(config, web=True, responder=False, **how)

    def _daemon(self, name, command, ready):
        if name == "lighttpd" and self.server != "lighttpd-cgi":
            name, command = "apache", [APACHE, "-DFOREGROUND", "-f", command[-1]]
        return super()._daemon(name, command, ready)

    def _web_config(self):
        self.binary = self.folder / "tidings.fcgi"
        shutil.copy(program("tidings.fcgi"), self.binary)
        self.www_copy = self.folder / "www"
        self.www_copy.mkdir()
        self.folder.chmod(0o755)
        values = {"BIND": "127.0.0.1", "PORT": self.port, "RUN": self.folder, "WWW": self.www_copy,
                  "FCGI_SOCKET": self.fcgi_socket, "MAX_FDS": 4096, "MAX_CONNECTIONS": 1500,
                  "PROGRAM": self.binary, "PROGRAM_DIR": self.folder, "MODULES": MODULES,
                  "CONF": self.folder / "responder.conf"}
        text = (TOP / "conf" / f"{self.server}.conf.in").read_text()
        if self.server == "lighttpd-cgi":
            server = (TOP / "conf" / "lighttpd.conf.in").read_text().partition("# ---- 3. Tidings")[0]
        else:
            server = self._apache(values)
        path = self.folder / "web.conf"
        path.write_text(fill(server + text + self.more, values))
        return str(path)

    def _apache(self, values):
        values["KIND"], more = KINDS[self.server]
        values["KIND_CONF"] = fill(more, values)
        values["USER"] = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
        return APACHE_CONF

    def processes(self):
        """Pids of those that serve a request, or might."""
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
                if is_alive(pid) and _program(pid) == str(self.folder / "tidings.fcgi")]

    def processes_are(self, count, within=10):
        eventually(lambda: len(self.processes()) == count, f"there being {count} processes", within)

    def process(self):
        """The pid of the one that there is, once those of short requests have ended."""
        self.processes_are(1)
        return self.processes()[0]

    def close(self):
        faults = super().close()
        deadline = time.monotonic() + 10
        while self.processes():
            if time.monotonic() > deadline:
                return [*faults, f"left behind: {self.processes()}"]
            time.sleep(0.01)
        return faults


def _program(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    except OSError:
        return None
