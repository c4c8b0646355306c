# SPDX-License-Identifier: MIT
"""Tidings behind each web server, as conf/ has it, with connections to it kept and not."""

import importlib.util
import re
from pathlib import Path

from servers import Floor, Tidings

# The tests' own: its name is that of our servers.
_PATH = Path(__file__).resolve().parent.parent / "tools" / "servers.py"
_SPEC = importlib.util.spec_from_file_location("web_server_files", _PATH)
_FILES = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_FILES)

STREAMS = 1200  # that each lets in
LIMITS = {
    "apache": {"MODULES": _FILES.MODULES, "PLACES": 8, "THREADS": 300, "STREAMS": STREAMS},
    "nginx": {"MAX_FDS": 8 * STREAMS, "WORKER_CONNECTIONS": 4 * STREAMS},
}
KEPT, CLOSED = "kept", "closed"
# The files in conf/ keep them; otherwise they would say this.
WAYS = {
    "apache": {KEPT: [], CLOSED: [(r"enablereuse=on ttl=\d+", "disablereuse=on")]},
    "nginx": {KEPT: [], CLOSED: [(r"fastcgi_keep_conn( +)on", r"fastcgi_keep_conn\1off"),
                                 ("fastcgi_pass tidings;", "fastcgi_pass unix:@SOCKET@;")]},
}


class Elsewhere:
    """Behind another web server than lighttpd."""

    server = way = None

    def start_web(self):
        kind = _FILES.SERVERS[self.server]
        kind.limits = LIMITS[self.server]
        socket = self.folder / "fcgi.sock"
        path = Path(kind.configure(self.folder, self.port, socket, self.top / "www"))
        text = path.read_text()
        for old, new in WAYS[self.server][self.way]:
            text = re.sub(old, new, text)
        path.write_text(text.replace("@SOCKET@", str(socket)))
        self.run(*kind.command(str(path)))
        self.wait(lambda: self.answers("/health"), self.name)


def behind(server, way, what=Tidings):
    if server == "lighttpd":
        return what
    return type(f"{what.__name__}Behind", (Elsewhere, what), {"server": server, "way": way})


def all_kinds(what=Tidings):
    """{name: class}"""
    return {"lighttpd": behind("lighttpd", CLOSED, what),
            **{f"{server}, {way}": behind(server, way, what)
               for server in ("apache", "nginx") for way in (CLOSED, KEPT)}}


__all__ = ["Floor", "Tidings", "all_kinds", "behind"]
