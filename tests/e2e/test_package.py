# SPDX-License-Identifier: MIT
"""The Debian packages: built, judged, installed on a clean Debian, upgraded, purged.

Once where systemd is init, and once where SysV's scripts are.  It needs
Debian's packages from the network, so it runs with --full only.  tests/debian
has them built by another release (TIDINGS_PACKAGES) and installed on a clean
one of it (TIDINGS_RELEASE).
"""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from checkout import checkout
from machine import Machine, lacks
from world import eventually

POSTING = "until [ -e /root/enough ]; do curl -s -m 10 -o /dev/null -w '%{http_code}\\n' -d up " \
          "http://127.0.0.1/realtime/up >>/root/statuses; sleep 0.02; done; touch /root/posted"
BUILT = os.environ.get("TIDINGS_PACKAGES")
RELEASE = os.environ.get("TIDINGS_RELEASE") or platform.freedesktop_os_release()["VERSION_CODENAME"]
BASE = "adduser,init-system-helpers,iproute2,procps,curl,sqlite3,lighttpd,systemd-sysv,dbus"


def missing_tools(*tools):
    return [tool for tool in tools if shutil.which(tool) is None]


pytestmark = [
    pytest.mark.deploy, pytest.mark.rare, pytest.mark.timeout(900),
    pytest.mark.skipif(not BUILT and bool(missing_tools("dh", "dpkg-buildpackage")),
                       reason="needs debhelper and dpkg-dev"),
]


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Built from what git would give to somebody else."""
    if BUILT:
        return Path(BUILT)
    place = tmp_path_factory.mktemp("packages")
    source = checkout(place / "source")
    with open(place / "log", "wb") as log:
        done = subprocess.run(["dpkg-buildpackage", "-us", "-uc", "-b"], cwd=source, stdout=log,
                              stderr=log, env={**os.environ, "DEB_BUILD_OPTIONS": "parallel=2"})
    assert done.returncode == 0, (place / "log").read_text()[-3000:]
    return place


@pytest.fixture(scope="module")
def newer(packages, tmp_path_factory):
    """The same, of the next version."""
    place = tmp_path_factory.mktemp("newer")
    subprocess.run(["dpkg-deb", "-R", *packages.glob("tidings_0*.deb"), place / "tree"], check=True)
    control = place / "tree/DEBIAN/control"
    control.write_text(re.sub(r"^(Version: .*)$", r"\1+1", control.read_text(), flags=re.M))
    subprocess.run(["dpkg-deb", "-b", place / "tree", place / "tidings_newer.deb"], check=True,
                   capture_output=True)
    return place / "tidings_newer.deb"


@pytest.fixture(scope="module")
def clean(packages, tmp_path_factory):
    """A Debian that has what the packages need, and not the packages."""
    if missing_tools("mmdebstrap") or lacks():
        pytest.skip(lacks() or "needs mmdebstrap")
    names = set()
    for deb in packages.glob("tidings*_*.deb"):
        needs = subprocess.run(["dpkg-deb", "-f", deb, "Depends"], text=True, check=True,
                               capture_output=True).stdout
        names |= {need.split("|")[0].split("(")[0].strip() for need in needs.split(",")}
    names = {name for name in names if not name.startswith("tidings")} - {""}
    place = tmp_path_factory.mktemp("clean")
    done = subprocess.run(["mmdebstrap", "--variant=minbase", "--include=" + BASE,
                           "--include=" + ",".join(sorted(names)), RELEASE, place / "root"],
                          text=True, capture_output=True)
    assert done.returncode == 0, done.stderr[-3000:]
    yield place / "root"
    shutil.rmtree(place / "root")


@pytest.fixture(params=["systemd", "sysv"])
def machine(request, clean, packages, newer, tmp_path):
    boot = request.param == "systemd"
    if lacks(boot):
        pytest.skip(lacks(boot))
    subprocess.run(["cp", "-a", clean, tmp_path / "root"], check=True)
    for deb in (*packages.glob("tidings*_0*_*.deb"), newer):
        if "dbgsym" not in deb.name:
            shutil.copy(deb, tmp_path / "root/root")
    made = Machine(tmp_path / "root", boot)
    yield made
    print(made.asks("journalctl --no-pager -u 'tidings*'" if boot else
                    "cat /var/log/tidings/*")[1])
    made.close()
    shutil.rmtree(tmp_path / "root")


def files(machine):
    """All but what a running system makes by itself."""
    found = machine.does("find / -xdev ( -path /proc -o -path /sys -o -path /run -o -path /tmp "
                         "-o -path /root -o -path /var/log -o -path /var/cache -o -path /var/tmp "
                         "-o -path /var/lib/dpkg ) -prune -o -print"
                         .replace("(", r"\(").replace(")", r"\)"))
    return set(found.splitlines())


def publishes(machine, text):
    said = machine.does(f"curl -s -d '{text}' http://127.0.0.1/realtime/alerts")
    assert '"status":"ok"' in said, said


def heard(machine, channel="alerts"):
    said = machine.asks(f"timeout 2 curl -sN 'http://127.0.0.1/realtime/{channel}?since=1h'")[1]
    return re.findall(r"^data: (\w+)$", said, re.M)


def test_lintian_accepts_the_packages(packages):
    if missing_tools("lintian"):
        pytest.skip("needs lintian")
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning",
                           *packages.glob("*.changes")], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_is_in_both_packages_and_none_is_forgotten(packages):
    names = [subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], check=True, capture_output=True)
             for deb in sorted(packages.glob("tidings*_0*_*.deb")) if "dbgsym" not in deb.name]
    listed = [set(subprocess.run(["tar", "-t"], input=name.stdout, capture_output=True, check=True)
                  .stdout.decode().split()) for name in names]
    assert {name for name in set.intersection(*listed) if not name.endswith("/")} == set()
    assert "./usr/bin/tidings" in listed[0] | listed[1]
    assert "./usr/share/tidings/www/index.html" in listed[0] | listed[1]


def test_a_life(machine):
    before = files(machine)
    machine.does("dpkg -i /root/tidings_0*.deb /root/tidings-client_0*.deb")

    # one further command, and it serves
    machine.does("lighty-enable-mod tidings && service lighttpd restart")
    eventually(lambda: '"ok"' in machine.asks("curl -s http://127.0.0.1/health")[1], "health")
    assert "app.js" in machine.does("curl -s http://127.0.0.1/tidings/")
    publishes(machine, "one")
    machine.does("""sqlite3 /var/lib/tidings/inbox/inbox.db \
        "INSERT INTO broadcast(channel, data) VALUES ('alerts', 'two')" """)
    eventually(lambda: heard(machine) == ["one", "two"], "both being heard")
    for service in ("tidings-hub", "tidings-responder"):
        machine.does(f"service {service} status")
        owner = machine.does(f"stat -c %U /proc/$(pidof -s {service.replace('-responder', '.fcgi')})")
        assert owner.strip() == "tidings"
    assert "alerts" in machine.does("TIDINGS_URL=http://127.0.0.1 tidings channels")

    # an upgrade keeps data and configuration and refuses nobody, and other programs run
    machine.does("echo '# mine' >>/etc/tidings/tidings.conf")
    old = machine.does("pgrep -x 'tidings-hub|tidings.fcgi'").split()
    machine.does(f"({POSTING}) >/dev/null 2>&1 & sleep 0.5; dpkg -i /root/tidings_newer.deb")
    for service in ("tidings-hub", "tidings.fcgi"):
        eventually(lambda: set(machine.does(f"pgrep -x {service}").split()) - set(old),
                   f"{service} having a new worker")
        assert "deleted" not in machine.does(f"readlink /proc/$(pgrep -o -x {service})/exe")
    machine.does("touch /root/enough; while [ ! -e /root/posted ]; do sleep 0.1; done")
    statuses = machine.does("cat /root/statuses").split()
    assert len(statuses) > 20 and set(statuses) == {"200"}
    publishes(machine, "three")
    assert heard(machine) == ["one", "two", "three"]
    assert len(heard(machine, "up")) == len(statuses)
    assert "# mine" in machine.does("cat /etc/tidings/tidings.conf")

    # removed: the web server is well, data and configuration are there
    machine.does("dpkg -r tidings")
    assert machine.asks("pidof tidings-hub tidings.fcgi")[0] == 1
    assert machine.does("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/") == "200"
    machine.does("test -s /var/lib/tidings/log.db && grep -q mine /etc/tidings/tidings.conf")

    # purged: nothing but the user is left
    machine.does("dpkg --purge tidings tidings-client")
    machine.does("lighty-disable-mod fastcgi setenv; rm -f /etc/passwd- /etc/shadow- /etc/group- "
                 "/etc/gshadow- /etc/subuid- /etc/subgid-")
    left = {name for name in files(machine) - before if not name.startswith("/dev/")}
    assert left == set()
    assert machine.asks("ls -d /run/tidings* /var/log/tidings*")[0] == 2
    assert re.search(r"^tidings:.*:/usr/sbin/nologin$", machine.does("cat /etc/passwd"), re.M)
