# SPDX-License-Identifier: MIT
"""What README.md and docs/operate.md say of installing, typed in by somebody with a fresh Debian and a fresh clone.

Packages, and without packages, once where systemd is init, and once where
SysV's scripts are.  It needs Debian's packages from the network, and builds:
with --full only.
"""

import shutil
import subprocess

import pytest

from checkout import block, checkout
from machine import Machine, lacks
from test_package import BASE, RELEASE, missing_tools
from world import eventually

pytestmark = [
    pytest.mark.deploy, pytest.mark.rare, pytest.mark.timeout(1200),
    pytest.mark.skipif(bool(lacks() or missing_tools("mmdebstrap")),
                       reason=lacks() or "needs mmdebstrap"),
]
MORE = "sudo,ca-certificates,logrotate,libjs-chart.js"
# What is typed beside these lines: an answer to apt's question.
YES = 'APT::Get::Assume-Yes "true";\n'
AUTHORITIES = "etc/ssl/certs/ca-certificates.crt"


def quiet(text, root):
    """Runs a shell with this in the clone, in that Debian, where the network is ours."""
    done = subprocess.run(
        ["unshare", "-mpf", "--kill-child", "sh", "-c",
         'mount -t proc proc "$0/proc" && exec chroot "$0" env -i HOME=/root LC_ALL=C.UTF-8 '
         'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin '
         'DEBIAN_FRONTEND=noninteractive DEB_BUILD_OPTIONS="nocheck parallel=2" MAKEFLAGS=-j2 '
         '${http_proxy:+http_proxy="$http_proxy"} sh -ec "$1"', root, text],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{text}\n{done.stdout[-3000:]}"


@pytest.fixture(scope="module")
def debian(tmp_path_factory):
    """A Debian in which nobody has built anything yet, and three clones."""
    place = tmp_path_factory.mktemp("debian")
    root = place / "root"
    done = subprocess.run(["mmdebstrap", "--variant=minbase", f"--include={BASE},{MORE}", RELEASE, root],
                          text=True, capture_output=True)
    assert done.returncode == 0, done.stderr[-3000:]
    shutil.copy(f"/{AUTHORITIES}", root / AUTHORITIES)
    (root / "etc/apt/apt.conf.d/yes").write_text(YES)
    for name in ("packages", "by-hand", "plain"):
        (root / "root" / name / "tidings").mkdir(parents=True)
        checkout(root / "root" / name / "tidings")
    quiet("apt-get -qq update", root)
    for name, lines in (("packages", block("dpkg-buildpackage")[:-1]),
                        ("by-hand", block("./configure")[:-3]),
                        ("plain", ["autoreconf -fi", "./configure && make"])):
        quiet("\n".join([f"cd /root/{name}/tidings", *lines]), root)
    yield root
    shutil.rmtree(place)


@pytest.fixture
def machine(request, debian, tmp_path):
    boot = request.param == "systemd"
    if lacks(boot):
        pytest.skip(lacks(boot))
    subprocess.run(["cp", "-a", debian, tmp_path / "root"], check=True)
    made = Machine(tmp_path / "root", boot)
    made.is_systemd = boot
    yield made
    print(made.asks("journalctl --no-pager -u 'tidings*'" if boot else
                    "cat /var/log/tidings/*")[1])
    made.close()
    shutil.rmtree(tmp_path / "root")


def types(machine, name, lines):
    for line in lines:
        machine.does(f"cd /root/{name}/tidings && {line}", within=200)


def serves(machine):
    types(machine, "plain", [line for line in block("lighty-enable-mod") if "lighty" in line])
    eventually(lambda: '"ok"' in machine.asks("curl -s http://127.0.0.1/tidings/health")[1], "health", 20)
    assert '"status":"ok"' in machine.does("curl -s -d one http://127.0.0.1/tidings/realtime/alerts")
    assert "app.js" in machine.does("curl -s http://127.0.0.1/tidings/")
    for service in ("tidings-hub", "tidings-inbox", "tidings-responder"):
        machine.does(f"service {service} status")
    if machine.is_systemd:
        machine.does("! journalctl -o cat -u 'tidings*' | "
                     "grep -E '([Rr]ead-only|Landlock|tidings-hub.[0-9]+.:)'")
    state = machine.does("ls -d {/usr/local,}/var/lib/tidings/inbox 2>/dev/null || true").strip()
    machine.does(f"""useradd -G tidings shop && su shop -c "sqlite3 -cmd '.timeout 9000' {state}/inbox.db \\
        \\"INSERT INTO broadcast(channel, data) VALUES ('alerts', 'two')\\"" """)
    eventually(lambda: "data: two" in machine.asks(
        "timeout 2 curl -sN 'http://127.0.0.1/tidings/realtime/alerts?since=1h'")[1], "the row being published", 20)


def says_that_the_sandbox_is_shut(machine):
    machine.does("mkdir /srv/shop && cd /srv/shop && "
                 "sqlite3 shop.db 'CREATE TABLE orders(id INTEGER PRIMARY KEY)' && "
                 "/usr/local/bin/tidings inbox init shop.db --on orders >>/etc/tidings/tidings.conf && "
                 "chown -R tidings-inbox: /srv/shop && systemctl reload tidings-hub tidings-inbox")
    eventually(lambda: "its folder is read-only for tidings-inbox" in machine.does(
        "journalctl -o cat -u tidings-inbox"), "the reader saying so")


@pytest.mark.parametrize("machine", ["systemd", "sysv"], indirect=True)
def test_packages(machine):
    types(machine, "packages", block("dpkg-buildpackage")[-1:])
    serves(machine)


@pytest.mark.parametrize("machine", ["systemd", "sysv"], indirect=True)
def test_without_packages_whatever_the_umask(machine):
    install, *services = block("./configure")[-3:]
    types(machine, "by-hand", [f"umask 077; {install}",
                               *(services if machine.is_systemd else block("adduser"))])
    serves(machine)
    if machine.is_systemd:
        says_that_the_sandbox_is_shut(machine)
    # and away again: the web server is well
    machine.does("cd /root/by-hand/tidings && service tidings-responder stop && "
                 "service tidings-inbox stop && service tidings-hub stop && make uninstall && service lighttpd restart")
    eventually(lambda: machine.asks("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/")[1]
               == "200", "lighttpd without Tidings")


@pytest.mark.parametrize("machine", ["systemd", "sysv"], indirect=True)
def test_wherever_it_is_configured_to_be(machine):
    types(machine, "plain", block("./configure")[-3:-2])
    machine.does("ln -s /usr/local/etc/lighttpd/conf-available/50-tidings.conf "
                 "/etc/lighttpd/conf-available/; ln -s /usr/local/etc/init.d/* /etc/init.d")
    types(machine, "plain", block("./configure")[-2:] if machine.is_systemd else block("adduser"))
    serves(machine)
    machine.does("test -s /usr/local/var/lib/tidings/log.db && ! test -e /var/lib/tidings")
