# SPDX-License-Identifier: MIT
"""Behind a further proxy on the same machine: whose address is it, and who may publish by it?

The proxy is at 127.0.0.1; whoever comes from 127.0.0.2 comes without it.
"""

import contextlib
import os
import select
import shutil
import signal
import socket
import socketserver
import subprocess
import threading

import pytest

from checks import check, hints, verdicts
from servers import MODULES, SBIN, SERVERS
from web import WebDoor
from world import eventually, free_port

pytestmark = pytest.mark.deploy

MEMBER, STRANGER = "203.0.113.7", "198.51.100.9"

# What docs/web-servers.md says.
KNOWS_ITS_PROXY = {
    "lighttpd": ('"mod_ssi" )', '''"mod_ssi", "mod_extforward" )
extforward.forwarder = ( "127.0.0.1" => "trust", "::1" => "trust" )
extforward.headers   = ( "X-Forwarded-For" )'''),
    "apache": ("LoadModule env_module", f'''LoadModule remoteip_module {MODULES}/mod_remoteip.so
RemoteIPHeader        X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1 ::1
LoadModule env_module'''),
    "nginx": ("access_log off;", '''access_log off;
set_real_ip_from  127.0.0.1;
set_real_ip_from  ::1;
real_ip_header    X-Forwarded-For;
real_ip_recursive on;'''),
    "haproxy": ("\tdefault_backend tidings", '''	http-request set-src req.hdr_ip(x-forwarded-for,-1) if { src 127.0.0.1 }
	default_backend tidings'''),
}


class DoorFrom(WebDoor):
    """Asks from another address of this machine."""

    def __init__(self, port, source):
        super().__init__(port)
        self.source = source

    def dial(self, receive_buffer=None):
        return socket.create_connection((self.host, self.port), source_address=(self.source, 0))


def made(make_world, name, knows=True, **responder):
    if shutil.which(SERVERS[name].program, path=SBIN) is None:
        pytest.skip(f"{name} is not installed")
    world = make_world({"responder": responder}, web=True, server=SERVERS[name])
    if knows:
        world.change_web(KNOWS_ITS_PROXY[name])
    return world


def post(world, said, door=None):
    """Status and code of a POST with this X-Forwarded-For."""
    headers = {"X-Forwarded-For": said} if said else {}
    answer = (door or world.door).ask("POST", "/realtime/a", headers, b"x")
    return (answer.status, answer.json.get("error"))


@pytest.fixture(scope="module", params=KNOWS_ITS_PROXY)
def known(request, make_shared_world):
    """The web server knows its proxy."""
    return made(make_shared_world, request.param, publish_from=f"{MEMBER} 127.0.0.1", streams_per_address=1)


@pytest.fixture(scope="module", params=KNOWS_ITS_PROXY)
def unknown(request, make_shared_world):
    """It has not been told of any."""
    return made(make_shared_world, request.param, knows=False, streams_per_address=1)


def test_where_the_web_server_knows_its_proxy_the_true_address_publishes(known):
    assert post(known, MEMBER) == (200, None)
    assert post(known, STRANGER) == (403, "not_allowed")
    assert post(known, None) == (200, None)


def test_a_forged_header_from_outside_helps_nobody(known):
    """The proxy writes the true address behind what it was told; whoever comes without it is not asked."""
    for forged in (MEMBER, "127.0.0.1", f"127.0.0.1, {MEMBER}", "unknown"):
        assert post(known, f"{forged}, {STRANGER}") == (403, "not_allowed"), forged
    direct = DoorFrom(known.port, "127.0.0.2")
    for forged in (MEMBER, "127.0.0.1"):
        assert post(known, forged, direct) == (403, "not_allowed"), forged


def test_a_user_of_this_machine_who_comes_through_the_proxy_is_no_publisher(known):
    """Apache takes the header away; with the others it stays, and a proxy may have passed on what it was told."""
    expected = (200, None) if known.web_server.name == "apache" else (403, "through_proxy")
    assert post(known, "127.0.0.1") == expected


def is_full(world, said):
    headers = {"X-Forwarded-For": said, "Accept": "application/json"}
    return world.door.ask("GET", "/stream", headers).status == 429


def test_where_the_web_server_knows_its_proxy_each_visitor_has_limits_of_his_own(known):
    readers = [known.listen("a", headers={"X-Forwarded-For": said}) for said in (MEMBER, STRANGER)]
    assert is_full(known, MEMBER) and is_full(known, STRANGER)
    for reader in readers:
        reader.leave()


def test_behind_a_proxy_that_it_does_not_know_all_visitors_share_one_limit(unknown):
    reader = unknown.listen("a", headers={"X-Forwarded-For": MEMBER})
    assert is_full(unknown, MEMBER) and is_full(unknown, STRANGER)
    reader.leave()


def test_check_says_that_the_web_server_knows_its_proxy(known):
    verdict, text, _ = whose(known, 0)
    assert verdict == "ok" and "asks a proxy for whom it speaks" in text


def test_check_says_what_it_means_that_it_knows_none(unknown):
    assert post(unknown, STRANGER) == (403, "through_proxy")
    verdict, text, _ = whose(unknown, 0)
    assert verdict == "ok" and "limits for each address hold for all of its visitors together" in text


# ---- proxies as they come

def lighttpd(folder, port, to):
    return ["lighttpd", "-D", "-f"], f'''
server.modules = ( "mod_proxy" )
server.document-root = "{folder}"
server.bind = "127.0.0.1"
server.port = {port}
server.stream-response-body = 2
proxy.server = ( "" => (( "host" => "127.0.0.1", "port" => {to} )) )'''


def apache(folder, port, to):
    modules = "".join(f"LoadModule {module}_module {MODULES}/mod_{module}.so\n"
                      for module in ("mpm_event", "authz_core", "proxy", "proxy_http"))
    return ["apache2", "-DFOREGROUND", "-f"], f'''{modules}
ServerRoot "{folder}"
DefaultRuntimeDir "{folder}"
PidFile front.pid
ErrorLog front-error.log
ServerName localhost
Listen 127.0.0.1:{port}
User www-data
ProxyPass / http://127.0.0.1:{to}/ flushpackets=on'''


def haproxy(folder, port, to):
    return ["haproxy", "-db", "-f"], f'''
defaults
    mode http
    option forwardfor
    timeout connect 5s
    timeout client 1m
    timeout server 1m
frontend front
    bind 127.0.0.1:{port}
    default_backend tidings
backend tidings
    server one 127.0.0.1:{to}
'''


@contextlib.contextmanager
def front(make, folder, to):
    """This proxy runs before the web server at this port; its own door."""
    port = free_port()
    command, text = make(folder, port, to)
    program = shutil.which(command[0], path=SBIN)
    if program is None:
        pytest.skip(f"{command[0]} is not installed")
    path = folder / "front.conf"
    path.write_text(text)
    with open(folder / "front.log", "w") as log, \
            subprocess.Popen([program, *command[1:], path], stdout=log, stderr=log, cwd=folder,
                             start_new_session=True) as process:
        door = WebDoor(port)

        def serves():
            with contextlib.suppress(OSError):
                return door.ask("GET", "/health", within=2).status == 200
            return False
        try:
            eventually(serves, f"{command[0]} serving")
            yield door
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # Apache waits for its streams


@pytest.mark.parametrize("proxy", [lighttpd, apache, haproxy], ids=lambda make: make.__name__)
def test_what_a_proxy_on_the_same_machine_passes_on_is_heard_and_publishes_nothing(make_world, proxy, tmp_path):
    """README's hole: they all come from 127.0.0.1."""
    world = made(make_world, "lighttpd", knows=False)
    tmp_path.chmod(0o755)
    with front(proxy, tmp_path, world.port) as door:
        reader = world.listen("a", door=door)
        answer = door.ask("POST", "/realtime/a", body=b"from anywhere")
        assert answer.status == 403 and answer.json["error"] == "through_proxy"
        assert "mod_extforward" in answer.json["message"]
        assert post(world, None) == (200, None)
        reader.sees("x")
        lines = check(world, 1, "--auto", "--wait", "1s", "whose", "broadcast", url=f"http://127.0.0.1:{door.port}")
        assert verdicts(lines) == {"health": "ok", "broadcast": "FAIL", "whose address it is": "FAIL"}
        assert "limits" in "\n".join(lines) and "Behind a proxy" in hints(lines)


# ---- what `tidings check` says of it

@contextlib.contextmanager
def relay(source, to):
    """Whoever asks there asks the web server from this address; its URL."""
    class Relay(socketserver.BaseRequestHandler):
        def handle(self):
            with socket.create_connection(("127.0.0.1", to), source_address=(source, 0)) as there:
                ends = {self.request: there, there: self.request}
                while ends:
                    for one in select.select(list(ends), [], [])[0]:
                        if not (piece := one.recv(65536)):
                            return
                        ends[one].sendall(piece)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def whose(world, status, **how):
    lines = check(world, status, "--auto", "whose", **how)
    return verdicts(lines)["whose address it is"], "\n".join(lines), hints(lines)


BELIEVES_ANYBODY = {
    "lighttpd": ('"127.0.0.1" => "trust", "::1" => "trust"', '"all" => "trust"', "extforward.forwarder"),
    "apache": ("RemoteIPInternalProxy 127.0.0.1 ::1", "RemoteIPInternalProxy 127.0.0.0/8", "RemoteIPInternalProxy"),
    "nginx": ("set_real_ip_from  127.0.0.1;", "set_real_ip_from 0.0.0.0/0;", "set_real_ip_from"),
}


@pytest.mark.parametrize("name", BELIEVES_ANYBODY)
def test_a_web_server_that_believes_any_address_is_told(make_world, name):
    world = made(make_world, name, publish_from="127.0.0.1")
    with relay("127.0.0.2", world.port) as elsewhere:
        verdict, text, _ = whose(world, 0, url=elsewhere)
        assert verdict == "ok" and "no header makes another of this one" in text
        old, new, directive = BELIEVES_ANYBODY[name]
        world.change_web((old, new))
        verdict, text, hint = whose(world, 1, url=elsewhere)
        assert verdict == "FAIL" and "believes anybody" in text and directive in hint


def test_a_header_that_is_lost_on_its_way_is_a_warning(make_world):
    world = made(make_world, "lighttpd", knows=False, publish_from="0.0.0.0/0")
    verdict, text, hint = whose(world, 0)
    assert verdict == "WARN" and "everybody may publish" in text and "mod_extforward" in hint
