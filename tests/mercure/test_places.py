# SPDX-License-Identifier: MIT
"""Mercure behind web servers: at the root of one of its own, and beside a site that is below a prefix."""

from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from installed import OWN, apache_site, debian_apache_site, install, lighttpd_site, nginx_site
from mercure import FORM, PATH, mercure, token
from servers import MODULES

TOPIC = "https://example.com/books/1"
SITES = [pytest.param(site, id=name, marks=pytest.mark.skipif(not Path(needs).exists(), reason=f"needs {name}"))
         for name, site, needs in (("lighttpd", lighttpd_site, "/etc/lighttpd/conf-available/10-fastcgi.conf"),
                                   ("apache", apache_site, MODULES),
                                   ("debian-apache", debian_apache_site, "/usr/sbin/a2enconf"),
                                   ("nginx", nginx_site, "/usr/sbin/nginx"))]


def publish(world, path=PATH, bearer=token(["*"]), body=None, **fields):
    headers = {"Content-Type": FORM, **({"Authorization": "Bearer " + bearer} if bearer else {})}
    body = urlencode(fields).encode() if body is None else body
    return world.door.ask("POST", path, headers, body)


def is_whole(world, path=PATH):
    """Publishes, is told what is wrong, and listens there."""
    reader = world.crowd.listen(world.door, f"{path}?topic={quote(TOPIC, safe='')}")
    reader.wait(lambda: reader.state == "OPEN", reader.story)
    answer = publish(world, path, topic=TOPIC, data=f"by {path}", id=f"1 {path}")
    assert (answer.status, answer.text) == (200, f"1 {path}"), answer
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    event = reader.next()
    while event.type == "connected":
        event = reader.next()
    assert event.data == f"by {path}"
    reader.leave()
    assert publish(world, path, bearer=None, topic=TOPIC).json["error"] == "no_token"
    assert publish(world, path, topic=TOPIC, data="x" * 1_100_000).json["error"] == "body_too_long"
    assert publish(world, path, body=b"x" * 3_000_000).status == 413
    answer = world.door.ask("OPTIONS", path)
    assert (answer.status, answer.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")


@pytest.mark.behind_apache
def test_it_is_at_the_root_of_a_server_of_its_own(make_world, tmp_path):
    world = make_world(mercure(tmp_path, {"responder": {"keepalive": "1s"}}), web=True)
    is_whole(world)
    for method in ("PUT", "DELETE"):
        assert world.door.ask(method, PATH).status in (405, 501)


@pytest.mark.behind_apache
def test_a_stream_is_asked_to_come_back_while_no_responder_runs(make_world, tmp_path):
    world = make_world(mercure(tmp_path), web=True)
    world.responder.stop()
    answer = world.door.ask("GET", f"{PATH}?topic=a", {"Accept": "text/event-stream"})
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/event-stream"), answer
    assert answer.body.startswith(b"retry:")
    assert publish(world, topic="a").status == 503


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return install(tmp_path_factory.mktemp("root"))


@pytest.mark.deploy
@pytest.mark.parametrize("make_site", SITES)
def test_beside_a_site_it_is_below_the_prefix_and_with_its_snippet_at_the_root(make_world, installed, tmp_path,
                                                                              make_site):
    world = make_world(mercure(tmp_path, {"responder": {"base": "/tidings", "keepalive": "1s"}}))
    make_site(world, installed, more=["mercure"])
    is_whole(world, "/tidings" + PATH)
    is_whole(world, PATH)
    for path, content in OWN.items():
        answer = world.door.ask("GET", path)
        assert (answer.status, answer.body) == (200, content), path
    world.responder.stop()  # Apache ends after its streams


@pytest.mark.deploy
@pytest.mark.parametrize("make_site", SITES[:1])
def test_beside_a_site_without_its_snippet_the_root_is_the_site_s_own(make_world, installed, tmp_path, make_site):
    world = make_world(mercure(tmp_path, {"responder": {"base": "/tidings"}}))
    site = make_site(world, installed)
    place = site.documents / ".well-known" / "mercure"
    place.parent.mkdir()
    place.write_text("the site's own")
    assert world.door.ask("GET", PATH).text == "the site's own"
