# SPDX-License-Identifier: MIT
"""`make install` below a folder, and a web server of Debian's that serves a site and Tidings.

    root = install(tmp_path)
    site = lighttpd_site(world, root)       # or apache_site, debian_apache_site
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from servers import SERVERS
from web import WebDoor
from world import BUILD, Daemon, free_port

# What a site of its own may have where Tidings was before there was a prefix.
OWN = {path: f"the site's own {path}".encode() for path in (
    "/api/users.json", "/api/channels", "/stream", "/health", "/metrics", "/sse/events", "/sse/send",
    "/tasks/stream", "/tasks/list.html", "/realtime/news", "/tidingsX/page.html", "/tidings.html",
    "/javascript/chart.js/chart.esm.js", "/index.html")}


SNIPPETS = {"lighttpd": "lighttpd/conf-available/50-tidings.conf",
            "apache": "apache2/conf-available/tidings.conf", "nginx": "nginx/snippets/tidings.conf"}


def make(goal, root, **more):
    subprocess.run(["make", "-s", "-C", BUILD, goal, f"DESTDIR={root}",
                    *(f"{name}={value}" for name, value in more.items())],
                   check=True, capture_output=True, timeout=50)


def install(root):
    make("install", root)
    return root


def of_makefile(name):
    """A folder's name as configure was told."""
    text = re.search(rf"^{name} = (.*)$", (BUILD / "Makefile").read_text(), re.M)[1]
    return re.sub(r"\$\{(\w+)\}", lambda inner: of_makefile(inner[1]), text)


def below(root, path):
    """Where etc/x or bin/x is in an installation below this root."""
    etc = path.startswith("etc/")
    return root / of_makefile("sysconfdir" if etc else "prefix").lstrip("/") / path.removeprefix("etc/")


class Site:
    """A web server with a site of its own, in the world's folder."""

    def __init__(self, world, installed, name, addresses, more=()):
        self.world, self.port = world, free_port()
        self.etc = world.folder / "etc"
        self.etc.mkdir()
        self.text = below(installed, f"etc/{SNIPPETS[name]}").read_text()
        self.documents = world.folder / "site"
        for path, content in OWN.items():
            place = self.documents / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        # where a web server that gives up its rights may read it
        shutil.copytree(below(installed, "share/tidings"), world.folder / "share")
        for path in (world.folder / "share").glob("*.conf"):
            path.write_text(self.fill(path.read_text()))
        # as an upgrade from 0.1.0 has it
        for kind in (["root"] if addresses == "root" else []) + [*more]:
            file = f"{name}-{kind}.conf"
            shutil.copy(world.folder / "share" / file, self.etc / file)

    def fill(self, text):
        """What a file says about an installation, for this world."""
        for old, new in ((of_makefile("prefix") + "/share/tidings", self.world.folder / "share"),
                         (of_makefile("sysconfdir") + "/tidings/", f"{self.etc}/"),
                         (of_makefile("sysconfdir") + "/lighttpd/", f"{self.world.folder}/lighttpd/")):
            text = text.replace(old, str(new))
        return re.sub(r'([":])/\S+/tidings/fcgi\.sock', rf"\g<1>{self.world.fcgi_socket}", text)

    def start(self, name, command, environment=None):
        daemon = Daemon(name, command, self.world.folder, self.asks_alive, environment)
        self.world.daemons.append(daemon)
        daemon.start()
        self.world.port, self.world.door = self.port, WebDoor(self.port)
        return self

    def asks_alive(self):
        try:
            return WebDoor(self.port).ask("GET", "/tidings/", within=2).status == 200
        except (OSError, TimeoutError):
            return False


def lighttpd_site(world, installed, addresses="below", more=(), modules=(), behind=""):
    """more: further files of ours; modules: what else is enabled; behind: a file of the site's own."""
    site = Site(world, installed, "lighttpd", addresses, more)
    etc = world.folder / "lighttpd"
    enabled = etc / "conf-enabled"
    shutil.copytree("/etc/lighttpd/conf-available", etc / "conf-available")
    enabled.mkdir()
    needed = re.findall(r"# -\*- depends: (\S+) -\*-", site.text)
    assert needed == ["fastcgi", "setenv"]
    for name in [*needed, *modules]:
        for path in (etc / "conf-available").glob(f"??-{name}.conf"):
            (enabled / path.name).symlink_to(path)
    (enabled / "50-tidings.conf").write_text(site.fill(site.text))
    (enabled / "60-site.conf").write_text(behind)
    whole = Path("/etc/lighttpd/lighttpd.conf").read_text()
    for old, new in (("/etc/lighttpd/", f"{etc}/"), ("/var/log/lighttpd", str(world.folder)),
                     ("/run/lighttpd.pid", f"{world.folder}/pid"), ("/var/www/html", str(site.documents)),
                     ("/var/cache/lighttpd/uploads", str(world.folder))):
        whole = whole.replace(old, new)
    whole = re.sub(r"^server\.(username|groupname) .*$", "", whole, flags=re.M)
    whole = re.sub(r"^(server\.port +=).*$", rf"\1 {site.port}", whole, flags=re.M)
    whole = re.sub(r"^include_shell .*use-ipv6.*$", 'server.bind = "127.0.0.1"', whole, flags=re.M)
    (etc / "lighttpd.conf").write_text(whole)
    return site.start("lighttpd", [shutil.which("lighttpd", path=os.environ["PATH"] + ":/usr/sbin"),
                                   "-D", "-f", str(etc / "lighttpd.conf")])


def apache_site(world, installed, addresses="below", more=(), behind=""):
    """An Apache of which only our file is Debian's."""
    site, server = Site(world, installed, "apache", addresses, more), SERVERS["apache"]
    path = Path(server.configure(world.folder, site.port, world.fcgi_socket, site.documents))
    (world.folder / "tidings-enabled.conf").write_text(site.fill(site.text))
    path.write_text(path.read_text().split("# ---- 2.")[0] + f"""
DocumentRoot "{site.documents}"
TypesConfig /dev/null
AddType text/html .html
AddType text/css .css
AddType image/svg+xml .svg
Include "{world.folder}/tidings-enabled.conf"
{behind}
""")
    return site.start("apache", server.command(str(path)))


def debian_apache_site(world, installed, addresses="below", modules=(), behind="", more=()):
    site = Site(world, installed, "apache", addresses, more)
    etc = world.folder / "apache2"
    shutil.copytree("/etc/apache2", etc, symlinks=True)
    (etc / "conf-available/tidings.conf").write_text(site.fill(site.text))
    (etc / "ports.conf").write_text(f"Listen 127.0.0.1:{site.port}\nServerName localhost\n")
    for place in etc.glob("sites-enabled/*"):
        place.unlink()
    (etc / "sites-enabled/000-default.conf").write_text(
        f"<VirtualHost *:{site.port}>\nAllowEncodedSlashes NoDecode\nDocumentRoot {site.documents}\n"
        f"<Directory {site.documents}>\nRequire all granted\n</Directory>\n</VirtualHost>\n")
    environment = {"APACHE_CONFDIR": str(etc), "APACHE_ENVVARS": str(etc / "envvars"),
                   "APACHE_RUN_DIR": str(world.folder), "APACHE_LOCK_DIR": str(world.folder),
                   "APACHE_LOG_DIR": str(world.folder), "APACHE_PID_FILE": str(world.folder / "pid"),
                   "APACHE_STATE_DIRECTORY": str(world.folder / "state"),
                   "APACHE_RUN_USER": "www-data", "APACHE_RUN_GROUP": "www-data"}
    (etc / "conf-available/zz-site.conf").write_text(behind)
    for command in (["a2enmod", "-q", "proxy_fcgi", "headers", *modules], ["a2enconf", "-q", "tidings", "zz-site"]):
        subprocess.run(command, check=True, capture_output=True, timeout=20,
                       env={**os.environ, **environment})
    assert (etc / "conf-enabled/tidings.conf").is_symlink()
    world.folder.chmod(0o755)
    os.chmod(world.fcgi_socket, 0o666)  # Apache's children are www-data if root starts it
    return site.start("apache", ["/usr/sbin/apache2", "-DFOREGROUND", "-d", str(etc), "-f",
                                 str(etc / "apache2.conf")], environment)


def nginx_site(world, installed, addresses="below", behind="", params="", more=()):
    """params: beside those of the requests that Tidings gets."""
    site = Site(world, installed, "nginx", addresses, more)
    path, folder = world.folder / "nginx.conf", world.folder
    (folder / "snippets").mkdir()
    text, places = re.subn(r"^(\s*fastcgi_param CONTENT_LENGTH .*;)$", rf"\1\n{params}", site.fill(site.text), flags=re.M)
    assert places > 0
    (folder / "snippets/tidings.conf").write_text(text)
    for kind in more:
        shutil.copy(site.etc / f"nginx-{kind}.conf", folder / f"snippets/tidings-{kind}.conf")
    include = re.search(r"^# +(include snippets/.*;)$", site.text, re.M)[1]
    temporary = "".join(f"{kind}_temp_path {folder}/nginx-{kind};\n" for kind in (
        "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    path.write_text(f"""
{"user root;" if os.geteuid() == 0 else ""}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 1000; }}
http {{
	access_log off;
	include /etc/nginx/mime.types;
	{temporary}
	{behind}
	server {{
		listen 127.0.0.1:{site.port};
		root {site.documents};
		{include}
	}}
}}
""")
    return site.start("nginx", ["/usr/sbin/nginx", "-e", f"{folder}/nginx-error.log", "-c", str(path)])
