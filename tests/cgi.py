"""A world whose web server has only CGI: a hub, and a process for each request."""

import os
import re
from pathlib import Path

from world import TOP, World, eventually, program


def filled(name, values):
    """A configuration of ours, its @WORDS@ filled in."""
    text = (TOP / "conf" / name).read_text()
    return re.sub(r"@([A-Z_]+)@", lambda match: str(values[match.group(1)]), text)


class CgiWorld(World):
    def __init__(self, config=None, **how):
        config = {"responder": {"keepalive": "1s"}, **(config or {})}
        super().__init__(config, web=True, responder=False, **how)

    def _web_config(self):
        values = {"BIND": "127.0.0.1", "PORT": self.port, "RUN": self.folder, "WWW": self.www,
                  "FCGI_SOCKET": self.fcgi_socket, "MAX_FDS": 1024, "MAX_CONNECTIONS": 400,
                  "PROGRAM": program("tidings.fcgi"), "CONF": self.folder / "responder.conf"}
        server = filled("lighttpd.conf.in", values).partition("# ---- 3. Tidings")[0]
        path = self.folder / "lighttpd.conf"
        path.write_text(server + filled("lighttpd-cgi.conf.in", values))
        return str(path)

    def processes(self):
        """Pids of the web server's children that serve requests just now."""
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
                if _parent(pid) == self.web.pid]

    def processes_are(self, count, within=10):
        eventually(lambda: len(self.processes()) == count, f"there being {count} processes", within)


def _parent(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None
