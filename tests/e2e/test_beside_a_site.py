# SPDX-License-Identifier: MIT
"""Tidings switched on in a web server that serves a site, as the packages do it.

Everything of Tidings is below /tidings/, and nothing else; or, where an older
installation was brought here, at the addresses that it had.
"""

import re
from pathlib import Path

import pytest

from client import Client
from installed import OWN, SNIPPETS, apache_site, below, debian_apache_site, install, lighttpd_site, nginx_site
from servers import DEFLATE, MODULES
from test_page_place import PageBelow, works

pytestmark = pytest.mark.deploy

TRIED = ("health", "main", "custom", "broadcast", "resume", "cross", "uploads")
ENDPOINTS = ("/stream", "/metrics", "/health", "/realtime/news", "/api/channels", "/sse/events", "/tasks/stream")
STREAMS = ("/stream?channel=a", "/metrics", "/realtime/news", "/sse/events", "/tasks/stream")
needs_lighttpd = pytest.mark.skipif(
    not Path("/etc/lighttpd/conf-available/10-fastcgi.conf").exists(), reason="needs Debian's lighttpd")
SITES = [
    pytest.param(lighttpd_site, id="lighttpd", marks=needs_lighttpd),
    pytest.param(apache_site, id="apache", marks=pytest.mark.skipif(
        not Path(MODULES).exists(), reason="needs Apache")),
    pytest.param(debian_apache_site, id="debian-apache", marks=pytest.mark.skipif(
        not Path("/usr/sbin/a2enconf").exists(), reason="needs Debian's apache2"))]

NGINX = pytest.param(nginx_site, id="nginx", marks=pytest.mark.skipif(
    not Path("/usr/sbin/nginx").exists(), reason="needs nginx"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return install(tmp_path_factory.mktemp("root"))


@pytest.fixture(params=[*SITES, NGINX])
def below_tidings(request, make_world, installed):
    world = make_world({"responder": {"base": "/tidings", "keepalive": "1s"}})
    request.param(world, installed)
    yield world
    world.responder.stop()  # Apache ends after its streams


@pytest.fixture(params=SITES)
def as_before(request, make_world, installed):
    """As an upgrade from 0.1.0 leaves it."""
    world = make_world({"responder": {"keepalive": "1s"}})
    request.param(world, installed, addresses="root")
    yield world
    world.responder.stop()


def serves_the_page(world):
    page = world.door.ask("GET", "/tidings/")
    assert page.status == 200 and b"app.js" in page.body
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    for path in re.findall(r'(?:src|href)="([^"/#:]+)"', page.text):
        assert world.door.ask("GET", f"/tidings/{path}").status == 200, path
    script = world.door.ask("GET", "/tidings/app.js")
    assert script.status == 200 and "javascript" in script.headers["content-type"]
    sent = world.door.ask("GET", "/tidings")
    assert sent.status == 301 and re.fullmatch(r"(http://[^/]+)?/tidings/", sent.headers["location"])
    if Path("/usr/share/javascript/chart.js/chart.esm.js").exists():
        chart = world.door.ask("GET", "/tidings/javascript/chart.js/chart.esm.js")
        assert chart.status == 200 and "javascript" in chart.headers["content-type"]


def serves_streams(world, base):
    world.base = base
    assert world.door.ask("GET", f"{base}/metrics", {"Accept": "text/plain"}).status == 200
    reader = world.listen("news", "a b")
    world.publish(f"one {base}", channel="news")
    assert world.broadcast(message="two", channel="a b").status == 200
    reader.sees(f"one {base}")
    reader.wait(lambda: "two" in reader.story(), reader.story)
    assert world.door.ask("GET", f"{base}/health").headers["cache-control"] == "no-store"


def test_a_site_s_own_api_users_json_stays_its_own(below_tidings):
    for path, content in OWN.items():
        answer = below_tidings.door.ask("GET", path)
        assert (answer.status, answer.body) == (200, content), path
    answer = below_tidings.door.ask("GET", "/api/others.json")
    assert answer.status == 404 and b"outside_base" not in answer.body and b"not_found" not in answer.body
    assert below_tidings.door.ask("POST", "/realtime/news", {}, b"x").status != 403
    assert below_tidings.door.ask("GET", "/tidings/nothing").status == 404
    for path in ("/tidings/realtime/..", "/tidings/realtime/%2e%2e", "/tidings/", "/tidings/index.html"):
        assert below_tidings.door.ask("POST", path, {}, b"x").status in (403, 404, 405), path


def test_page_and_streams_are_below_one_prefix(below_tidings):
    serves_the_page(below_tidings)
    serves_streams(below_tidings, "/tidings")
    for path in ENDPOINTS:
        answer = below_tidings.door.ask("OPTIONS", f"/tidings{path}")
        assert answer.status == 204 and "GET" in answer.headers["allow"], path


def test_check_finds_nothing_wrong_below_a_prefix(below_tidings):
    url = f"http://127.0.0.1:{below_tidings.port}/tidings/"
    said = Client(below_tidings, "check", "--auto", "--wait", "2s", *TRIED, url=url).ends(None, within=60)
    assert len(said) >= len(TRIED) and not [line for line in said if line.startswith("FAIL")], said


def test_what_was_installed_before_keeps_its_addresses(as_before):
    serves_streams(as_before, "")
    # and the page, which asks below its own path
    serves_the_page(as_before)
    serves_streams(as_before, "/tidings")
    for path in ENDPOINTS:
        for base in ("", "/tidings"):
            answer = as_before.door.ask("OPTIONS", base + path)
            assert answer.status == 204 and "GET" in answer.headers["allow"], base + path
    assert as_before.door.ask("GET", "/elsewhere").status == 404
    as_before.base = ""
    said = Client(as_before, "check", "--auto", "--wait", "2s", *TRIED).ends(None, within=60)
    assert not [line for line in said if line.startswith("FAIL")], said


@needs_lighttpd
@pytest.mark.skipif(not DEFLATE.exists(), reason="needs lighttpd-mod-deflate")
@pytest.mark.parametrize("modules", [(), ("deflate",)], ids=["alone", "with the site's own"])
def test_the_page_is_compressed_and_a_stream_never(make_world, installed, modules):
    """Whatever the site itself compresses."""
    world = make_world({"responder": {"base": "/tidings"}})
    lighttpd_site(world, installed, modules=modules,
                  behind='deflate.mimetypes := ( "text/", "application/json" )\ndeflate.cache-dir := ""\n' if modules else "")
    zipped = {"Accept-Encoding": "gzip, deflate, br"}
    for path in ("", "app.js", "words/page.js", "style.css"):
        answer = world.door.ask("GET", f"/tidings/{path}", zipped)
        assert (answer.status, answer.headers.get("content-encoding")) == (200, "gzip"), path
        assert len(answer.body) < 0.7 * len(world.door.ask("GET", f"/tidings/{path}").body)
    readers = [world.listen(path=path, headers=zipped) for path in ("/stream?channel=news", "/realtime/news")]
    world.publish("as it is " * 500, channel="news")
    for reader in readers:
        reader.sees("as it is " * 500)
    assert "more than once" not in world.daemons[-1].log()


def is_told_to_come_back(world, path):
    answer = world.door.ask("GET", path, within=20)
    assert (answer.status, answer.body) == (200, b"retry: 2000\n"), answer
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*" and answer.headers["cache-control"] == "no-store"


@needs_lighttpd
@pytest.mark.parametrize("modules", [(), ("ssi",)], ids=["alone", "with mod_ssi"])
@pytest.mark.parametrize("addresses", ["below", "root"])
def test_without_systemd_a_stream_that_no_responder_takes_is_told_to_come_back(
        make_world, installed, addresses, modules):
    """lighttpd-later.conf, of which nothing but our own streams is told."""
    world = make_world({"responder": {"base": "/tidings" if addresses == "below" else None}})
    lighttpd_site(world, installed, addresses, ["later"], modules)
    serves_streams(world, "/tidings")
    world.responder.kill_all()
    for path in STREAMS:
        is_told_to_come_back(world, "/tidings" + path)
        if addresses == "root":
            is_told_to_come_back(world, path)
    for method, path in (("POST", "/tidings/realtime/a"), ("GET", "/tidings/health"), ("GET", "/tidings/api/channels")):
        assert world.door.ask(method, path, {}, b"x" if method == "POST" else None, within=20).status == 503
    assert world.door.ask("GET", "/tidings/nothing").status == 404
    if addresses == "below":
        assert world.door.ask("GET", "/stream").body == OWN["/stream"]
        assert world.door.ask("GET", "/realtime/nothing").status == 404
    assert "more than once" not in world.daemons[-1].log()


@needs_lighttpd
def test_who_is_refused_by_the_web_server_is_told_so_where_the_site_says_it(make_world, installed):
    world = make_world({"responder": {"base": "/tidings"}})
    lighttpd_site(world, installed, more=["later"], behind="""
$HTTP["url"] =~ "^/tidings/realtime/secret" {
	url.access-deny      = ( "" )
	server.error-handler = ""
}
""")
    assert world.door.ask("GET", "/tidings/realtime/secret").status == 403
    world.responder.kill_all()
    assert world.door.ask("GET", "/tidings/realtime/secret").status == 403
    is_told_to_come_back(world, "/tidings/realtime/news")


@pytest.mark.parametrize("path", SNIPPETS.values())
def test_the_packages_name_no_address_outside_of_the_prefix(installed, path):
    text = re.sub(r"^\s*#.*$", "", below(installed, f"etc/{path}").read_text(), flags=re.M)
    named = re.findall(r'(?:ProxyPass|Alias|<Location|url"\] ==) "(\S*?)"|Match "\^(\S*)"|=~ "\^(\S*)"|'
                       r'^\s*"(/\S*)" +=>|location ~ "\^(\S*)\|\^|location ~ ".*\|\^(\S*)"|location =? ?(/\S+)',
                       text, re.M)
    named = ["".join(one) for one in named]
    assert len(named) > 4 and all(re.match(r"/tidings(/|$)", one) for one in named), named


def test_a_new_installation_says_so_in_tidings_conf(installed):
    text = below(installed, "etc/tidings/tidings.conf").read_text()
    assert re.search(r"^base = /tidings$", text, re.M)


@pytest.mark.page
def test_the_page_of_the_packages_works_in_a_browser(chromium, below_tidings):
    works(PageBelow(chromium, below_tidings), below_tidings, "/tidings")


@pytest.mark.page
@pytest.mark.again
def test_the_page_of_an_upgraded_installation_works_in_a_browser(chromium, as_before):
    works(PageBelow(chromium, as_before), as_before, "/tidings")
