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
from world import TOP, eventually

POSTING = "until [ -e /root/enough ]; do curl -s -m 10 -o /dev/null -w '%{http_code}\\n' -d up " \
          "http://127.0.0.1/tidings/realtime/up >>/root/statuses; sleep 0.02; done; touch /root/posted"
BUILT = os.environ.get("TIDINGS_PACKAGES")
FIRST = "ca7d737"  # of 0.1.0
RUNNING = "tidings-hub|tidings.fcgi|tidings-inbox"
LOG = "journalctl --no-pager -u 'tidings*'"
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
def older(tmp_path_factory):
    """Of 0.1.0, whose hub read inboxes itself."""
    if missing_tools("dh", "dpkg-buildpackage") or subprocess.run(
            ["git", "-C", TOP, "cat-file", "-e", FIRST], capture_output=True).returncode:
        pytest.skip("needs debhelper, dpkg-dev and the history of git")
    place = tmp_path_factory.mktemp("older")
    (place / "source").mkdir()
    tree = subprocess.run(["git", "-C", TOP, "archive", FIRST], check=True, capture_output=True)
    subprocess.run(["tar", "-x", "-C", place / "source"], input=tree.stdout, check=True)
    done = subprocess.run(["dpkg-buildpackage", "-us", "-uc", "-b"], cwd=place / "source", text=True,
                          capture_output=True,
                          env={**os.environ, "DEB_BUILD_OPTIONS": "parallel=2 nocheck"})
    assert done.returncode == 0, done.stderr[-3000:]
    return next(place.glob("tidings_0*.deb"))


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
    print(made.asks(LOG if boot else "cat /var/log/tidings/*")[1])
    made.close()
    shutil.rmtree(tmp_path / "root")


def files(machine):
    """All but what a running system makes by itself."""
    found = machine.does("find / -xdev ( -path /proc -o -path /sys -o -path /run -o -path /tmp "
                         "-o -path /root -o -path /var/log -o -path /var/cache -o -path /var/tmp "
                         "-o -path /var/lib/dpkg ) -prune -o -print"
                         .replace("(", r"\(").replace(")", r"\)"))
    return set(found.splitlines())


def publishes(machine, text, base="/tidings"):
    said = machine.does(f"curl -s --retry 20 --retry-delay 1 --retry-connrefused -d '{text}' http://127.0.0.1{base}/realtime/alerts")
    assert '"status":"ok"' in said, said


def heard(machine, channel="alerts", base="/tidings"):
    said = machine.asks(f"timeout 2 curl -sN 'http://127.0.0.1{base}/realtime/{channel}?since=1h'")[1]
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


def the_log_is_the_hub_s_alone(machine):
    for user, may in (("tidings-inbox", 1), ("tidings", 0)):
        for path in ("log.db", "log.db-wal", "log.db.lock"):
            assert machine.asks(f"setpriv --reuid {user} --regid tidings --init-groups "
                                f"test -r /var/lib/tidings/{path}")[0] == may
        assert machine.asks(f"setpriv --reuid {user} --regid tidings --init-groups "
                            "test -w /var/lib/tidings")[0] == may


def test_a_life(machine):
    before = files(machine)
    machine.does("dpkg -i /root/tidings_0*.deb /root/tidings-client_0*.deb")

    # one further command, and it serves
    machine.does("lighty-enable-mod tidings && service lighttpd restart")
    eventually(lambda: '"ok"' in machine.asks("curl -s http://127.0.0.1/tidings/health")[1], "health")
    assert "app.js" in machine.does("curl -s http://127.0.0.1/tidings/")
    machine.does("mkdir -p /var/www/html/api && echo mine >/var/www/html/api/users.json")
    assert machine.does("curl -s http://127.0.0.1/api/users.json") == "mine\n"
    machine.does("rm -r /var/www/html/api")
    publishes(machine, "one")
    machine.does("""sqlite3 /var/lib/tidings/inbox/inbox.db \
        "INSERT INTO broadcast(channel, data) VALUES ('alerts', 'two')" """)
    eventually(lambda: heard(machine) == ["one", "two"], "both being heard")
    for service, user in (("tidings-hub", "tidings"), ("tidings-responder", "tidings"),
                          ("tidings-inbox", "tidings-inbox")):
        machine.does(f"service {service} status")
        owner = machine.does(f"stat -c %U /proc/$(pidof -s {service.replace('-responder', '.fcgi')})")
        assert owner.strip() == user
    the_log_is_the_hub_s_alone(machine)
    assert "Landlock" not in machine.does(LOG if machine.boot else "cat /var/log/tidings/*")
    assert "alerts" in machine.does("TIDINGS_URL=http://127.0.0.1/tidings tidings channels")

    # an upgrade keeps data and configuration and refuses nobody, and other programs run
    machine.does("echo '# mine' >>/etc/tidings/tidings.conf")
    old = machine.does(f"pgrep -x '{RUNNING}'").split()
    machine.does(f"({POSTING}) >/dev/null 2>&1 & sleep 0.5; dpkg -i /root/tidings_newer.deb")
    for service in RUNNING.split("|"):
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
    assert machine.asks(f"pgrep -x '{RUNNING}'")[0] == 1
    assert machine.does("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/") == "200"
    machine.does("test -s /var/lib/tidings/log.db && grep -q mine /etc/tidings/tidings.conf")

    # purged: nothing but the users is left
    machine.does("dpkg --purge tidings tidings-client")
    machine.does("lighty-disable-mod fastcgi setenv; rm -f /etc/passwd- /etc/shadow- /etc/group- "
                 "/etc/gshadow- /etc/subuid- /etc/subgid-")
    left = {name for name in files(machine) - before if not name.startswith("/dev/")}
    assert left == set()
    assert machine.asks("ls -d /run/tidings* /var/log/tidings*")[0] == 2
    assert re.search(r"^tidings:.*:/usr/sbin/nologin$", machine.does("cat /etc/passwd"), re.M)


# A shop's own database in /srv, one in somebody's home, and one that is for the hub's user only.
OWN = ("/srv/shop/shop.db", "/home/mine/mine.db", "/srv/closed/closed.db")
ADMINISTRATOR = r"""
    set -e
    useradd -G tidings shop; groupadd databases; usermod -aG databases tidings
    for path in %s; do
        install -d -m 2770 -o shop -g databases ${path%%/*}
        sqlite3 $path 'PRAGMA user_version = 1'; tidings inbox init $path >/dev/null 2>&1
        chown shop:databases $path; chmod 660 $path
        name=${path##*/}
        printf '\n[inbox %%s]\npath = %%s\n' ${name%%.db} $path >>/etc/tidings/tidings.conf
    done
    chown -R tidings:tidings /srv/closed; chmod 700 /srv/closed
    mkdir -p /etc/systemd/system/tidings-hub.service.d; cd /etc/systemd/system/tidings-hub.service.d
    printf '[Service]\nReadWritePaths=/srv/shop /srv/closed\n' >override.conf
    printf '[Service]\nProtectHome=no\nReadWritePaths=/home/mine\n' >home.conf
    [ ! -d /run/systemd/system ] || systemctl daemon-reload
    service tidings-hub restart
""" % " ".join(OWN)
INSERTING = r"""
    umask 007
    n=0; while [ ! -e /tmp/enough ]; do
        for path in %s; do
            sqlite3 -cmd '.timeout 20000' $path \
                "INSERT INTO broadcast(channel, data) VALUES('rows', '$(basename $path .db)$n')" ||
                echo refused
        done
        n=$((n+1))
    done
    echo $n; touch /tmp/inserted
""" % " ".join(("/var/lib/tidings/inbox/inbox.db", *OWN[:2]))


def test_the_upgrade_to_a_reader_of_inboxes_loses_no_row_and_shuts_out_nobody(machine, older):
    """Of a configuration that an administrator has changed, and of what was opened to the hub."""
    shutil.copy(older, machine.root / "root/older.deb")
    machine.does("dpkg -i --force-depends /root/older.deb /root/tidings-client_0*.deb")
    machine.does("lighty-enable-mod tidings && service lighttpd restart")
    publishes(machine, "zero", base="")
    machine.does(ADMINISTRATOR)
    folder = "stat -c '%G %a' /var/lib/tidings/inbox; stat -c '%G %a' /var/lib/tidings/inbox/inbox.db"
    before = machine.does(folder)
    (machine.root / "srv/inserting").write_text(INSERTING)
    machine.does("su shop -s /bin/bash -c 'bash /srv/inserting' >/tmp/said 2>&1 &")
    eventually(lambda: len(heard(machine, "rows", "")) > 6, "rows being published", 20)

    said = machine.does("dpkg -i --force-confold /root/tidings_0*.deb 2>&1")
    assert before == machine.does(folder) == "tidings 3770\ntidings 660\n"
    assert machine.does("stat -c %U /var/lib/tidings/inbox{,/inbox.db}") == "tidings-inbox\n" * 2
    assert machine.does("id -Gn tidings-inbox").split() == ["tidings", "databases"]
    of_closed = [line for line in said.splitlines() if "closed.db" in line]
    assert len(of_closed) == 1 and "tidings-inbox" in of_closed[0], said
    assert not re.search("shop.db|mine.db|fail|not active", said), said
    drop_in = "/etc/systemd/system/tidings-inbox.service.d/tidings-hub.conf"
    assert said.count(drop_in) == 1
    lines = [line for line in machine.does(f"cat {drop_in}").splitlines() if line[0] != "#"]
    assert lines == ["[Service]", "ProtectHome=no", "ReadWritePaths=/home/mine",
                     "ReadWritePaths=/srv/shop /srv/closed"]
    the_log_is_the_hub_s_alone(machine)

    # the addresses stay, with the file of the web server that has come and the one that was
    for _ in ("as it runs", "read again"):
        # systemd takes lighttpd for started before it listens
        eventually(lambda: heard(machine, base="")[:1] == ["zero"], "the event before the upgrade being heard", 20)
        machine.does("service lighttpd restart")
    eventually(lambda: heard(machine, base=""), "lighttpd being back", 20)
    assert "app.js" in machine.does("curl -s http://127.0.0.1/tidings/")
    assert heard(machine) == heard(machine, base="")  # which is where the page asks
    assert "tidings/realtime" in machine.does("cat /etc/lighttpd/conf-available/50-tidings.conf")
    assert machine.asks("grep -E '^base' /etc/tidings/tidings.conf")[0] == 1
    assert said.count("the addresses stay as they are") == 2

    reached = len(heard(machine, "rows", ""))
    eventually(lambda: len(heard(machine, "rows", "")) > reached + 6, "rows being published", 20)
    machine.does("touch /tmp/enough; while [ ! -e /tmp/inserted ]; do sleep 0.1; done")
    count = int(machine.does("cat /tmp/said"))  # and nothing was refused
    rows = {f"{name}{n}" for name in ("inbox", "shop", "mine") for n in range(count)}
    eventually(lambda: len(heard(machine, "rows", "")) >= len(rows), "all rows being published", 20)
    assert sorted(heard(machine, "rows", "")) == sorted(rows)

    # as after any upgrade of a package
    machine.does("dpkg -i --force-confold /root/tidings_newer.deb")
    eventually(lambda: machine.does("pgrep -c -x tidings-inbox").strip() == "5", "a reader of each")
    assert heard(machine, base="")[0] == "zero"
    machine.does("dpkg --purge tidings tidings-client")
    assert machine.asks("ls -d /etc/tidings")[0] == 2
    assert machine.asks(f"ls {drop_in}")[0] == 2
    machine.does("ls /etc/systemd/system/tidings-hub.service.d/override.conf")  # not ours


def test_an_upgrade_keeps_the_addresses_whatever_was_changed(machine, older):
    """tidings.conf as it came; the file of lighttpd as it came, or changed and kept, or given up."""
    shutil.copy(older, machine.root / "root/older.deb")
    for change, answer in (("", "confdef"), ("echo '# mine' >>", "confold"), ("echo '# mine' >>", "confnew")):
        machine.does("dpkg -i --force-depends /root/older.deb /root/tidings-client_0*.deb")
        machine.does("lighty-enable-mod tidings && service lighttpd restart")
        if change:
            machine.does(f"{change}/etc/lighttpd/conf-available/50-tidings.conf")
        publishes(machine, "before", base="")
        machine.does(f"dpkg -i --force-{answer} /root/tidings_0*.deb 2>&1")
        machine.does("service lighttpd restart")
        publishes(machine, "after", base="")
        assert heard(machine, base="") == ["before", "after"]
        assert machine.asks("grep -q mine /etc/lighttpd/conf-available/50-tidings.conf")[0] == \
            (0 if answer == "confold" else 1)
        # and to move to one prefix
        if answer == "confnew":
            machine.does("echo '[responder]' >>/etc/tidings/tidings.conf; "
                         "sed -i 's|^\\[responder\\]$|&\\nbase = /tidings|; $d' /etc/tidings/tidings.conf; "
                         "rm /etc/tidings/lighttpd-root.conf /etc/tidings/apache-root.conf; "
                         "service tidings-responder restart; service lighttpd restart")
            assert heard(machine) == ["before", "after"]
            assert machine.does("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/stream") == "404"
        machine.does("dpkg --purge tidings tidings-client")
        assert machine.asks("ls -d /etc/tidings")[0] == 2
