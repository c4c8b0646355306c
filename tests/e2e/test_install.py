# SPDX-License-Identifier: MIT
"""`make install`, and Tidings switched on in a web server as Debian sets it up."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from servers import MODULES, SERVERS
from web import WebDoor
from world import BUILD, TOP, Daemon, eventually, free_port

pytestmark = pytest.mark.deploy


def make(goal, root, **more):
    subprocess.run(["make", "-s", "-C", BUILD, goal, f"DESTDIR={root}",
                    *(f"{name}={value}" for name, value in more.items())],
                   check=True, capture_output=True, timeout=50)


def of_makefile(name):
    """A folder's name as configure was told."""
    text = re.search(rf"^{name} = (.*)$", (BUILD / "Makefile").read_text(), re.M)[1]
    return re.sub(r"\$\{(\w+)\}", lambda inner: of_makefile(inner[1]), text)


def files(root):
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    make("install", root)
    return root


def below(root, path):
    """Where etc/x or bin/x is in an installation below this root."""
    etc = path.startswith("etc/")
    return root / of_makefile("sysconfdir" if etc else "prefix").lstrip("/") / path.removeprefix("etc/")


@pytest.mark.parametrize("path", [
    "bin/tidings", "sbin/tidings-hub", "sbin/tidings-inbox", "sbin/tidings.fcgi", "share/tidings/www/index.html",
    "share/man/man1/tidings.1", "share/man/man5/tidings.conf.5", "share/man/man8/tidings-hub.8",
    "share/man/man8/tidings-inbox.8", "share/man/man8/tidings.fcgi.8", "share/bash-completion/completions/tidings",
    "share/zsh/site-functions/_tidings", "share/tidings/www/words/page.js", "share/doc/tidings/README.md",
    "share/doc/tidings/docs/quickstart.md", "share/doc/tidings/docs/decisions/duty-rule.md", "etc/tidings/tidings.conf",
    "etc/init.d/tidings-hub", "etc/init.d/tidings-inbox", "etc/init.d/tidings-responder", "etc/default/tidings",
    "etc/logrotate.d/tidings", "etc/lighttpd/conf-available/50-tidings.conf",
    "etc/apache2/conf-available/tidings.conf", "etc/nginx/snippets/tidings.conf", "share/tidings/later.asis",
    "share/tidings/later.shtml", "lib/systemd/system/tidings-hub.service",
    "lib/systemd/system/tidings-inbox.service", "lib/systemd/system/tidings-responder.service", "lib/systemd/system/tidings-responder.socket",
    "lib/sysusers.d/tidings.conf", "lib/tmpfiles.d/tidings.conf"])
def test_it_is_where_one_looks_for_it(installed, path):
    place = below(installed, path)
    assert place.is_file()
    assert os.access(place, os.X_OK) == (path.split("/")[-2] in ("bin", "sbin", "init.d"))
    if path.startswith(("etc/", "lib/")):
        assert not re.search(r"@[A-Za-z_]+@", place.read_text())


def test_the_configuration_is_one_that_the_hub_takes(installed, tmp_path):
    text = below(installed, "etc/tidings/tidings.conf").read_text()
    assert re.search(r"^\[inbox main\]\npath = \S+/lib/tidings/inbox/inbox.db\ncreate = yes$", text, re.M)
    config = tmp_path / "tidings.conf"
    config.write_text(text + "\n[nonsense]\n")
    done = subprocess.run([below(installed, "sbin/tidings-hub"), "-c", config],
                          text=True, capture_output=True, timeout=20)
    assert f"tidings.conf:{text.count(chr(10)) + 2}:" in done.stderr, "the first fault is the last line"


def test_the_manual_names_files_where_they_are(installed):
    text = below(installed, "share/man/man8/tidings-hub.8").read_text()
    for folder, path in (("sysconfdir", "tidings/tidings.conf"), ("runstatedir", "tidings/hub.sock"),
                         ("localstatedir", "lib/tidings/log.db")):
        assert f".It Pa {of_makefile(folder)}/{path}\n" in text


def test_what_an_administrator_has_changed_stays(installed, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(installed, root)
    own = below(root, "etc/tidings/tidings.conf")
    own.write_text("[hub]\ndemo = yes\n")
    script = below(root, "etc/init.d/tidings-hub")
    script.write_text("an old one\n")
    make("install-data", root)
    assert own.read_text() == "[hub]\ndemo = yes\n"
    assert script.read_text() != "an old one\n"
    # a web server does not start with a link to nothing, and there may be a few
    links = {below(root, f"etc/{name}"): to for name, to in (
        ("lighttpd/conf-enabled/50-tidings.conf", "../conf-available/50-tidings.conf"),
        ("apache2/conf-enabled/tidings.conf", "../conf-available/tidings.conf"),
        ("rc2.d/S01tidings-hub", "../init.d/tidings-hub"),
        ("lighttpd/conf-enabled/10-fastcgi.conf", "../conf-available/10-fastcgi.conf"))}
    links[root / "etc/systemd/system/multi-user.target.wants/tidings-hub.service"] = \
        below(root, "lib/systemd/system/tidings-hub.service")
    for link, to in links.items():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(to)
    make("uninstall", root)
    other = below(root, "etc/lighttpd/conf-enabled/10-fastcgi.conf")
    assert files(root) == {str(own.relative_to(root)), str(other.relative_to(root))}


def test_the_package_is_built_with_all_that_quickstart_builds_with():
    wanted = re.search(r'^BUILDING="([^"]*)"', (TOP / "conf/quickstart").read_text(), re.M)[1]
    control = (TOP / "debian/control").read_text().split("\n\n")[0]
    libraries = {name for name in wanted.split() if name.endswith("-dev")} - {"libc6-dev"}
    assert libraries and libraries <= set(re.findall(r"^ (\S+-dev)\b", control, re.M))


@pytest.mark.skipif(not (TOP / ".git").exists(), reason="needs the git tree")
def test_git_keeps_nothing_that_is_made():
    done = subprocess.run(["git", "-C", TOP, "ls-files", "-ci", "--exclude-standard"],
                          text=True, capture_output=True)
    if done.returncode != 0:
        pytest.skip("needs a git tree of one's own: " + done.stderr.strip())
    assert done.stdout == ""


# ---- in a web server that was there before


def fill(text, world, installed):
    """What the file says about an installation, for this world."""
    # where a web server that gives up its rights may read it
    shutil.copytree(below(installed, "share/tidings"), world.folder / "share")
    return text.replace(of_makefile("prefix") + "/share/tidings", str(world.folder / "share")) \
        .replace(re.search(r'["\s](?:unix:)?(/\S+/tidings/fcgi\.sock)', text)[1], str(world.fcgi_socket))


def serves_the_page_and_a_stream(world, port):
    world.door = WebDoor(port)
    page = world.door.ask("GET", "/tidings/")
    assert page.status == 200 and b"app.js" in page.body
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    script = world.door.ask("GET", "/tidings/app.js")
    assert script.status == 200 and "javascript" in script.headers["content-type"]
    assert world.door.ask("GET", "/elsewhere").status == 404
    assert world.door.ask("GET", "/metrics", {"Accept": "text/plain"}).status == 200
    reader = world.listen("news", "a b")
    world.publish("one", channel="news")
    world.publish("two", channel="a b")
    reader.sees("one")
    reader.sees("two")
    world.responder.stop()  # Apache ends after its streams


def asks_alive(port):
    def ask():
        try:
            return WebDoor(port).ask("GET", "/tidings/", within=2).status == 200
        except (OSError, TimeoutError):
            return False
    return ask


@pytest.mark.skipif(not Path("/etc/lighttpd/conf-available/10-fastcgi.conf").exists(),
                    reason="needs Debian's lighttpd")
def test_lighttpd_with_tidings_enabled_serves_both(make_world, installed):
    world, port = make_world(), free_port()
    etc = world.folder / "lighttpd"
    enabled = etc / "conf-enabled"
    shutil.copytree("/etc/lighttpd/conf-available", etc / "conf-available")
    enabled.mkdir()
    text = below(installed, "etc/lighttpd/conf-available/50-tidings.conf").read_text()
    needed = re.findall(r"# -\*- depends: (\S+) -\*-", text)
    assert needed == ["fastcgi", "setenv"]
    for name in [*needed, "javascript-alias"]:
        for path in (etc / "conf-available").glob(f"??-{name}.conf"):
            (enabled / path.name).symlink_to(path)
    (enabled / "50-tidings.conf").write_text(fill(text, world, installed))
    whole = Path("/etc/lighttpd/lighttpd.conf").read_text()
    for old, new in (("/etc/lighttpd/", f"{etc}/"), ("/var/log/lighttpd", str(world.folder)),
                     ("/run/lighttpd.pid", f"{world.folder}/pid"),
                     ("/var/cache/lighttpd/uploads", str(world.folder))):
        whole = whole.replace(old, new)
    whole = re.sub(r"^server\.(username|groupname) .*$", "", whole, flags=re.M)
    whole = re.sub(r"^(server\.port +=).*$", rf"\1 {port}", whole, flags=re.M)
    whole = re.sub(r"^include_shell .*use-ipv6.*$", 'server.bind = "127.0.0.1"', whole, flags=re.M)
    (etc / "lighttpd.conf").write_text(whole)
    lighttpd = Daemon("lighttpd", [shutil.which("lighttpd", path=os.environ["PATH"] + ":/usr/sbin"),
                                   "-D", "-f", str(etc / "lighttpd.conf")],
                      world.folder, asks_alive(port))
    world.daemons.append(lighttpd)
    lighttpd.start()
    serves_the_page_and_a_stream(world, port)


@pytest.mark.skipif(not Path(MODULES).exists(), reason="needs Apache")
def test_an_apache_that_serves_other_things_serves_tidings_too(make_world, installed):
    world, port, server = make_world(), free_port(), SERVERS["apache"]
    elsewhere = world.folder / "elsewhere"
    elsewhere.mkdir()
    path = Path(server.configure(world.folder, port, world.fcgi_socket, elsewhere))
    (world.folder / "tidings-enabled.conf").write_text(
        fill(below(installed, "etc/apache2/conf-available/tidings.conf").read_text(), world, installed))
    path.write_text(path.read_text().split("# ---- 2.")[0] + f"""
DocumentRoot "{elsewhere}"
TypesConfig /dev/null
AddType text/html .html
Include "{world.folder}/tidings-enabled.conf"
""")
    apache = Daemon("apache", server.command(str(path)), world.folder, asks_alive(port))
    world.daemons.append(apache)
    apache.start()
    serves_the_page_and_a_stream(world, port)


def test_an_nginx_that_serves_other_things_serves_tidings_too(make_world, installed):
    """In a server of Debian's nginx.conf, by the line that the snippet names."""
    world, port, server = make_world(), free_port(), SERVERS["nginx"]
    snippets = world.folder / "snippets"
    snippets.mkdir()
    text = below(installed, "etc/nginx/snippets/tidings.conf").read_text()
    (snippets / "tidings.conf").write_text(fill(text, world, installed))
    path = Path(server.configure(world.folder, port, world.fcgi_socket, world.folder))
    head = path.read_text().partition("server {")[0].replace("large_client_header_buffers 2 32k;", "")
    include = re.search(r"^# +(include snippets/.*;)$", text, re.M)[1]
    path.write_text(head + f"""
server {{
listen 127.0.0.1:{port};
root {world.folder}/elsewhere;
include /etc/nginx/mime.types;
{include}
}}
}}
""")
    nginx = Daemon("nginx", server.command(str(path)), world.folder, asks_alive(port))
    world.daemons.append(nginx)
    nginx.start()
    serves_the_page_and_a_stream(world, port)


@pytest.mark.skipif(not Path("/usr/sbin/a2enconf").exists(), reason="needs Debian's apache2")
def test_apache_with_tidings_enabled_serves_both(make_world, installed):
    world, port = make_world(), free_port()
    etc = world.folder / "apache2"
    shutil.copytree("/etc/apache2", etc, symlinks=True)
    text = below(installed, "etc/apache2/conf-available/tidings.conf").read_text()
    (etc / "conf-available/tidings.conf").write_text(fill(text, world, installed))
    (etc / "ports.conf").write_text(f"Listen 127.0.0.1:{port}\nServerName localhost\n")
    for place in etc.glob("sites-enabled/*"):
        place.unlink()
    (etc / "sites-enabled/000-default.conf").write_text(
        f"<VirtualHost *:{port}>\nDocumentRoot /var/www/html\n</VirtualHost>\n")
    environment = {"APACHE_CONFDIR": str(etc), "APACHE_ENVVARS": str(etc / "envvars"),
                   "APACHE_RUN_DIR": str(world.folder), "APACHE_LOCK_DIR": str(world.folder),
                   "APACHE_LOG_DIR": str(world.folder), "APACHE_PID_FILE": str(world.folder / "pid"),
                   "APACHE_STATE_DIRECTORY": str(world.folder / "state"),
                   "APACHE_RUN_USER": "www-data", "APACHE_RUN_GROUP": "www-data"}
    for command in (["a2enmod", "-q", "proxy_fcgi", "headers", "asis"], ["a2enconf", "-q", "tidings"]):
        subprocess.run(command, check=True, capture_output=True, timeout=20,
                       env={**os.environ, **environment})
    assert (etc / "conf-enabled/tidings.conf").is_symlink()
    world.folder.chmod(0o755)
    os.chmod(world.fcgi_socket, 0o666)  # Apache's children are www-data if root starts it
    apache = Daemon("apache", ["/usr/sbin/apache2", "-DFOREGROUND", "-d", str(etc), "-f",
                               str(etc / "apache2.conf")],
                    world.folder, asks_alive(port), environment)
    world.daemons.append(apache)
    apache.start()
    serves_the_page_and_a_stream(world, port)
