# SPDX-License-Identifier: MIT
"""Behind the load balancers of docs/several-machines.md a browser that is sent to another machine misses nothing."""

import itertools
import re
from pathlib import Path

import pytest

from daemon import Daemon
from documents import Document
from several import Machines, cut
from web import WebDoor
from world import TOP, eventually, free_port

HAPROXY = """
global
    maxconn 1000
defaults
    mode http
    timeout client 90s
    timeout connect 1s
    option http-no-delay
frontend all
    bind 127.0.0.1:{port}
    default_backend tidings
{documented}
"""
NGINX = """
user root;
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 500; }}
http {{
    access_log off;
    client_body_temp_path {folder}; proxy_temp_path {folder};
    fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
    {upstream}
    server {{
        listen 127.0.0.1:{port};
        {location}
    }}
}}
"""


def documented(word):
    """The page's block that begins so, with the servers' addresses."""
    blocks = Document(TOP / "docs" / "several-machines.md").blocks
    (block,) = [block for block in blocks if block[0].startswith(word)]
    return "\n".join(block)


def at(text, machines):
    """The documented addresses are those of the test's machines."""
    for number, world in enumerate(machines.worlds, 1):
        text = text.replace(f"10.1.0.{number}:80", f"127.0.0.1:{world.port}")
    return text


def haproxy(folder, port, machines):
    path = folder / "haproxy.cfg"
    path.write_text(HAPROXY.format(port=port, documented=at(documented("backend tidings"), machines)))
    return ["haproxy", "-db", "-f", str(path)]


def nginx(folder, port, machines):
    upstream, location = re.split(r"(?=^location)", at(documented("upstream tidings"), machines), flags=re.M)
    path = folder / "balancer.conf"
    path.write_text(NGINX.format(folder=folder, port=port, upstream=upstream, location=location))
    return ["nginx", "-e", "stderr", "-c", str(path)]


@pytest.mark.parametrize("balancer", [haproxy, nginx], ids=["haproxy", "nginx"])
def test_a_browser_behind_a_balancer_misses_nothing_when_a_machine_goes(make_world, balancer):
    two = make_world(kind=Machines, count=2, web=True)
    port = free_port()
    door = WebDoor(port)
    proxy = Daemon(balancer.__name__, balancer(two.folder, port, two), Path(two.folder),
                   lambda: serves(door))
    two.closing.callback(proxy.clean_up)
    proxy.start()
    readers = [two[0].listen("main", door=door, reconnect=True, stubborn=True, longest_wait=0.2) for _ in range(6)]
    ids = [publish(two, f"before {n}") for n in range(4)]
    two[1].web.kill_all()
    two[1].hub.kill_all()
    ids += [publish(two, f"while {n}") for n in range(4)]
    for reader in readers:
        reader.wait(lambda reader=reader: len(reader.data) == 8, reader.story, 30)
        cut(reader)
    two[1].hub.start()
    two[1].web.start()
    two.are_healthy(20)
    ids.append(publish(two, "after"))
    for reader in readers:
        reader.wait(lambda reader=reader: len(reader.data) == 9, reader.story, 30)
        assert reader.ids == ids and not reader.told("reset")


def serves(door):
    try:
        return door.ask("GET", "/health", within=2).status == 200
    except OSError:
        return False


def publish(machines, data):
    """As an application does: again, under its id, at any of them, until it is taken.
    (To a machine's own web server: it is not told whose requests the balancer's are.)"""
    worlds = itertools.cycle(machines.worlds)

    def taken():
        try:
            answer = next(worlds).door.ask("POST", f"/realtime/main?id={data.replace(' ', '-')}", body=data.encode(), within=20)
        except OSError:
            return None
        return answer.status == 200 and int(answer.json["id"])
    return eventually(taken, f"{data} being taken", 20)
