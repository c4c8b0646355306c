# SPDX-License-Identifier: MIT
"""The web servers that Tidings runs behind, each with our file in conf/.

    server = SERVERS["apache"]
    path = server.configure(folder, port, socket, www)
    subprocess.Popen(server.command(path))
"""

import os
import re
import shutil
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
SBIN = os.environ["PATH"] + ":/usr/sbin:/sbin"
MODULES = "/usr/lib/apache2/modules"
DEFLATE = Path("/usr/lib/lighttpd/mod_deflate.so")
# These will not be root, but these folders are root's alone.
UNPRIVILEGED = {"apache", "nginx"}
RIGHTS = ["--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"]
NOT_ROOT = ["setpriv", "--reuid", "www-data", "--regid", "www-data", "--clear-groups", *RIGHTS, "--"]


class Server:
    def __init__(self, name, program, arguments, limits):
        self.name, self.program, self.arguments, self.limits = name, program, arguments, limits

    def __repr__(self):
        return self.name

    @property
    def connections(self):
        """How many browsers it lets in at once."""
        return self.limits.get("MAX_CONNECTIONS") or self.limits.get("STREAMS") \
            or self.limits["WORKER_CONNECTIONS"] // 2

    def path(self, folder):
        return folder / f"{self.name}.conf"

    def configure(self, folder, port, socket, www):
        """Fills in our configuration; returns where it is."""
        values = {"BIND": "127.0.0.1", "PORT": port, "RUN": folder, "WWW": www,
                  "FCGI_SOCKET": socket,
                  "LATER": TOP / "conf" / "later", **self.limits}
        text = (TOP / "conf" / f"{self.name}.conf.in").read_text()
        if DEFLATE.exists():  # as quickstart
            text = re.sub(r"^# (server\.modules +\+=|deflate\.)", r"\1", text, flags=re.M)
        self.path(folder).write_text(
            re.sub(r"@([A-Z_]+)@", lambda match: str(values[match.group(1)]), text))
        return str(self.path(folder))

    def command(self, path):
        program = shutil.which(self.program, path=SBIN) or self.program
        as_user = NOT_ROOT if self.name in UNPRIVILEGED and os.geteuid() == 0 else []
        return [*as_user, program, *self.arguments, path]


SERVERS = {server.name: server for server in (
    Server("lighttpd", "lighttpd", ["-D", "-f"], {"MAX_FDS": 4096, "MAX_CONNECTIONS": 1500}),
    Server("apache", "apache2", ["-DFOREGROUND", "-f"],
           {"MODULES": MODULES, "PLACES": 8, "THREADS": 300, "STREAMS": 600}),
    Server("nginx", "nginx", ["-e", "stderr", "-g", "daemon off;", "-c"],
           {"MAX_FDS": 4096, "WORKER_CONNECTIONS": 3000}),
    Server("haproxy", "haproxy", ["-db", "-f"], {"MAX_CONNECTIONS": 1500}))}
DEFAULT = SERVERS[os.environ.get("TIDINGS_SERVER", "lighttpd")]
