# SPDX-License-Identifier: MIT
"""Private channels as the packages' files have Tidings, below /tidings/ in a site of one's
own: with a login of the web server, a ticket that it got, a session, a token."""

import http.client
import subprocess
from pathlib import Path
from urllib.parse import quote

import jwt
import pytest

from client import Client
from documents import Document
from installed import apache_site, debian_apache_site, install, lighttpd_site, nginx_site
from servers import MODULES
from test_beside_a_site import needs_lighttpd
from test_private_recipes import basic
from world import TOP

pytestmark = pytest.mark.deploy

PAGE = Document(TOP / "docs" / "private.md")
SECRET = "k" * 40
LOGIN_AT = ("/tidings/stream", "/tidings/api/ticket", "/tidings/api/session")


def lighttpd(world, installed, passwords, **more):
    block = PAGE.fenced("lighttpd")[0].replace("/etc/tidings/passwords", passwords)
    head, mark, condition = block.partition("$HTTP")
    behind = head + "".join((mark + condition).replace("/stream", path) for path in LOGIN_AT)
    lighttpd_site(world, installed, modules=("auth", "authn_file"), behind=behind, **more)


def location(passwords):
    block = PAGE.fenced("apache")[0].replace("/etc/tidings/passwords", passwords)
    return "".join(block.replace("/stream", path) for path in LOGIN_AT)


def apache(world, installed, passwords):
    modules = "".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so\n"
                      for name in ("authn_core", "authn_file", "authz_user", "auth_basic"))
    apache_site(world, installed, behind=modules + location(passwords))


def debian_apache(world, installed, passwords):
    debian_apache_site(world, installed, modules=("auth_basic", "authn_file", "authz_user"),
                       behind=location(passwords))


def nginx(world, installed, passwords):
    text, param = PAGE.fenced("nginx")
    asked, named = (" ".join(f"{path} {value};" for path in LOGIN_AT) for value in ('"site"', "$remote_user"))
    text = text.replace('/stream "site";', asked).replace("/stream $remote_user;", named)
    nginx_site(world, installed, behind=text.replace("/etc/tidings/passwords", passwords), params=param)


def is_here(path):
    return pytest.mark.skipif(not Path(path).exists(), reason=f"needs {path}")


SERVERS = [pytest.param(lighttpd, marks=needs_lighttpd), pytest.param(apache, marks=is_here(MODULES)),
           pytest.param(debian_apache, marks=is_here("/usr/sbin/a2enconf")), pytest.param(nginx, marks=is_here("/usr/sbin/nginx"))]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return install(tmp_path_factory.mktemp("root"))


def private_world(make, tmp_path):
    key = tmp_path / "site.key"
    key.write_text(SECRET)
    key.chmod(0o600)
    world = make({"responder": {"base": "/tidings", "private": "users/{+rest}", "keepalive": "1s"},
                  "access own": {"who": "users", "subscribe": "users/%u/{+rest}"},
                  "keys site": {"file": key, "algorithms": "HS256"}})
    world.folder.chmod(0o755)
    passwords = world.folder / "passwords"
    digest = subprocess.run(["openssl", "passwd", "-apr1", "secret"], capture_output=True, text=True, check=True)
    passwords.write_text("".join(f"{name}:{digest.stdout}" for name in ("7", "8")))
    passwords.chmod(0o644)
    return world, str(passwords)


@pytest.fixture(scope="module", params=SERVERS)
def site(request, make_shared_world, installed, tmp_path_factory):
    world, passwords = private_world(make_shared_world, tmp_path_factory.mktemp("keys"))
    request.param(world, installed, passwords)
    world.base = "/tidings"
    yield world
    world.responder.stop()  # Apache ends after its streams


def ask(world, method, path, headers=None, body=None):
    return world.door.ask(method, "/tidings" + path, headers, body)


def token(user):
    return jwt.encode({"mercure": {"subscribe": [f"users/{user}/{{+rest}}"]}}, SECRET, "HS256")


def hears_what_is_for_7_only(world, path, headers=None, query=""):
    reader = world.listen(path=f"{path}?channel=users/7/orders&channel=news{query}", headers=headers)
    for channel in ("users/8/orders", "users/7/orders", "news"):
        world.publish(f"on {channel}", channel=channel)
    reader.sees("on users/7/orders", "on news")
    refused = ask(world, "GET", f"{path}?channel=users/8/orders{query}", headers)
    assert (refused.status, refused.json["error"]) == (403, "not_granted")
    reader.leave()


def test_who_has_logged_in_hears_his_own_channels_below_the_prefix(site):
    hears_what_is_for_7_only(site, "/stream", basic("7"))
    assert site.door.ask("GET", "/stream").body == b"the site's own /stream"


def test_who_does_not_log_in_is_asked_for_a_password_and_learns_nothing(site):
    for headers in ({}, basic("7", "wrong")):
        for method, path in (("GET", "/stream?channel=users/7/orders"), ("POST", "/api/ticket")):
            answer = ask(site, method, path, {"Accept": "text/event-stream", **headers}, b"" if method == "POST" else None)
            assert answer.status == 401 and answer.headers["www-authenticate"].startswith("Basic "), (path, answer)
    for headers, said in (({}, (403, "not_granted")), ({"Remote-User": "7"}, (403, "not_granted")),
                          (basic("7"), (401, "no_token"))):
        answer = ask(site, "GET", "/realtime/users%2F7%2Forders", headers)
        assert (answer.status, answer.json["error"]) == said, headers


def test_a_ticket_that_a_login_got_listens_where_there_is_no_login(site):
    answer = ask(site, "POST", "/api/ticket", basic("7"), b"")
    assert answer.status == 200, answer
    hears_what_is_for_7_only(site, "/realtime/open", query="&ticket=" + quote(answer.json["ticket"]))


def test_a_session_that_a_login_got_listens_where_there_is_no_login(site):
    answer = ask(site, "POST", "/api/session", basic("7"), b"")
    assert answer.status == 204 and "Path=/;" in answer.headers["set-cookie"], answer
    cookie = answer.headers["set-cookie"].partition(";")[0]
    hears_what_is_for_7_only(site, "/realtime/open", {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"})


def test_a_token_reaches_tidings_as_header_and_as_cookie(site):
    hears_what_is_for_7_only(site, "/realtime/open", {"Authorization": "Bearer " + token("7")})
    hears_what_is_for_7_only(site, "/realtime/open", {"Cookie": "mercureAuthorization=" + token("7"),
                                                      "Sec-Fetch-Site": "same-origin"})


def test_of_cookies_in_two_lines_the_first_of_its_name_counts(site):
    for first, second, status in ((token("7"), token("8"), 403), (token("8"), token("7"), 200)):
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
        connection.putrequest("GET", "/tidings/api/channels/users%2F8%2Forders")
        for line in ("a=b", f"mercureAuthorization={first}", f"mercureAuthorization={second}; c=d"):
            connection.putheader("Cookie", line)
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == status, (answer.status, answer.read())
        connection.close()


def test_check_finds_the_logins_verified_and_the_cookie_good(site, tmp_path):
    config = tmp_path / "tidings.conf"
    config.write_text(f"[responder]\nbase = /tidings\n[keys site]\nfile = {tmp_path}/k\nalgorithms = HS256\n")
    url = f"http://127.0.0.1:{site.port}/tidings"
    said = Client(site, "check", "--auto", "logins", "tokens", "cookie", "--server-config", config, "--set-cookie",
                  f"mercureAuthorization={token('7')}; Path=/tidings; HttpOnly", url=url).ends(0, within=60)
    assert len(said) == 4 and all(line.startswith("ok") for line in said), said


@needs_lighttpd
def test_a_login_is_asked_for_also_where_lighttpd_says_what_to_do_without_a_responder(make_world, installed, tmp_path):
    """With lighttpd-later.conf, whose answer takes the place of others; and the login is not lost on it."""
    world, passwords = private_world(make_world, tmp_path)
    lighttpd(world, installed, passwords, more=["later"])
    world.base = "/tidings"
    hears_what_is_for_7_only(world, "/stream", basic("7"))
    nobody = {"Accept": "text/event-stream"}
    for alive in (True, False):
        if not alive:
            world.responder.kill_all()
        answer = ask(world, "GET", "/stream?channel=users/7/orders", nobody)
        assert answer.status == 401 and answer.headers["www-authenticate"].startswith("Basic "), alive
    later = ask(world, "GET", "/realtime/news", nobody)
    assert (later.status, later.body) == (200, b"retry: 2000\n")
    assert ask(world, "GET", "/stream?channel=users/7/orders", {**nobody, **basic("7")}).status == 503
