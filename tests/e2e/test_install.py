# SPDX-License-Identifier: MIT
"""`make install`: what is where, and what an administrator finds."""

import os
import re
import shutil
import subprocess

import pytest

from installed import below, install, make, of_makefile
from world import TOP

pytestmark = pytest.mark.deploy


def files(root):
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return install(tmp_path_factory.mktemp("root"))


@pytest.mark.parametrize("path", [
    "bin/tidings", "sbin/tidings-hub", "sbin/tidings-inbox", "sbin/tidings.fcgi", "share/tidings/www/index.html",
    "share/man/man1/tidings.1", "share/man/man5/tidings.conf.5", "share/man/man8/tidings-hub.8",
    "share/man/man8/tidings-inbox.8", "share/man/man8/tidings.fcgi.8", "share/bash-completion/completions/tidings",
    "share/zsh/site-functions/_tidings", "share/fish/vendor_completions.d/tidings.fish", "share/tidings/www/words/page.js", "share/tidings/www/js/index.js",
    "share/doc/tidings/README.md", "share/doc/tidings/js/README.md",
    "share/doc/tidings/docs/quickstart.md", "share/doc/tidings/docs/decisions/duty-rule.md", "etc/tidings/tidings.conf",
    "etc/init.d/tidings-hub", "etc/init.d/tidings-inbox", "etc/init.d/tidings-responder", "etc/default/tidings",
    "etc/logrotate.d/tidings", "etc/lighttpd/conf-available/50-tidings.conf",
    "etc/apache2/conf-available/tidings.conf", "etc/nginx/snippets/tidings.conf", "share/tidings/later.asis",
    "share/tidings/later.shtml", "share/tidings/lighttpd-root.conf", "share/tidings/lighttpd-later.conf",
    "share/tidings/lighttpd-deflate.conf",
    "share/tidings/apache-root.conf", "share/tidings/lighttpd-mercure.conf", "share/tidings/apache-mercure.conf",
    "share/tidings/nginx-mercure.conf",
    "lib/systemd/system/tidings-hub.service",
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
