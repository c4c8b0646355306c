# SPDX-License-Identifier: MIT
"""What docs/private.md says, done as it says it: user 7 never sees what is for user 8."""

import base64
import configparser
import contextlib
import re
import shutil
import subprocess
import time

import jwt
import pytest

from documents import Document
from feedpage import Numbers
from servers import MODULES, SBIN, SERVERS
from test_behind_proxy import front, haproxy
from web import WebDoor
from world import SLOW, TOP, eventually, free_port, program

PAGE = Document(TOP / "docs" / "private.md")
SETTINGS = PAGE.fenced("ini")
PASSWORDS, KEY = "/etc/tidings/passwords", "/etc/tidings/shop.key"


def settings(*texts):
    """These blocks of tidings.conf, as a world takes them."""
    parser = configparser.ConfigParser(interpolation=None)
    for text in texts:
        parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def refused(world, target, headers=None):
    answer = world.door.ask("GET", target, headers)
    return answer.status, answer.json["error"]


def hears_what_is_for_7_only(world, **how):
    """One by name, one by a pattern, one from the log; whoever shows `how` is user 7."""
    mine = world.listen("users/7/orders", "news", **how)
    pattern = world.listen(path="/stream?pattern=users/{%2Brest}&channel=news", **how)
    for channel in ("users/8/orders", "users/7/orders", "news"):
        world.publish(f"on {channel}", channel=channel)
    past = world.listen(path="/stream?pattern=*&since=all", **how)
    for reader in (mine, pattern, past):
        reader.sees("on users/7/orders", "on news")
        assert "on users/8/orders" not in reader.data
    assert refused(world, "/stream?channel=users/8/orders", how["headers"]) == (403, "not_granted")


# ---- a login of the web server

def basic(name, password="secret"):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def written(server):
    """What the page says of it, and behind what it is written here."""
    blocks = PAGE.fenced(server)
    if server == "lighttpd":
        return [("server.max-write-idle = 90", blocks[0]), ("server.modules = (", '"mod_auth", "mod_authn_file",')]
    if server == "nginx":
        return [("server_tokens off;", blocks[0]),
                ("fastcgi_param CONTENT_LENGTH $content_length;", blocks[1])]
    modules = "".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so\n"  # a2enmod
                      for name in ("authn_core", "authn_file", "authz_user", "auth_basic"))
    return [("ProxyFCGIBackendType GENERIC", modules + blocks[0])]


@pytest.fixture(scope="module", params=["lighttpd", pytest.param("apache", marks=pytest.mark.deploy),
                                        pytest.param("nginx", marks=pytest.mark.deploy)])
def login(request, make_shared_world):
    server = SERVERS[request.param]
    if shutil.which(server.program, path=SBIN) is None:
        pytest.skip(f"{server.program} is not installed")
    world = make_shared_world(settings(*SETTINGS[:2]), web=True, server=server)
    passwords = world.folder / "passwords"
    digest = subprocess.run(["openssl", "passwd", "-apr1", "secret"], capture_output=True, text=True, check=True)
    passwords.write_text("".join(f"{name}:{digest.stdout}" for name in ("7", "8", "*")))
    world.change_web(*((behind, f"{behind}\n{text.replace(PASSWORDS, str(passwords))}")
                       for behind, text in written(request.param)))
    return world


def test_who_has_logged_in_hears_his_own_channels(login):
    hears_what_is_for_7_only(login, headers=basic("7"))


def test_who_does_not_know_the_password_is_asked_for_it(login):
    for headers in ({}, basic("7", "wrong"), basic("nobody"), {"Authorization": "Bearer x"}):
        answer = login.door.ask("GET", "/stream?channel=users/7/orders", {"Accept": "text/event-stream", **headers})
        assert answer.status == 401 and answer.headers["www-authenticate"].startswith("Basic "), answer


def test_at_other_addresses_nobody_has_a_name_and_all_is_as_before(login):
    """Whatever password he knows, and whether or not there is one."""
    for headers in ({}, basic("7"), basic("7", "wrong"), {"Remote-User": "7"}, {"Remote_User": "7", "REMOTE_USER": "7"}):
        for target in ("/realtime/users%2F7%2Forders", "/api/channels/users%2F7%2Forders"):
            assert refused(login, target, headers) == (403, "not_granted"), (target, headers)
        listed = login.door.ask("GET", "/api/channels", headers).json["channels"]
        assert [channel["channel"] for channel in listed if channel["channel"].startswith("users/")] == []
    reader = login.listen(path="/realtime/open")
    login.publish("heard by all", channel="open")
    reader.sees("heard by all")


def test_a_name_is_no_pattern(login):
    assert refused(login, "/stream?channel=users/7/orders", basic("*")) == (403, "not_granted")
    reader = login.listen("users/%2A/orders", "news", headers=basic("*"))
    login.publish("for a star", channel="users/%2A/orders")
    reader.sees("for a star")


# ---- a token that the application signs

LANGUAGES = {"php": ("php", "issue.php"), "python": ("/usr/bin/python3", "issue.py"), "js": ("node", "issue.mjs")}


@pytest.fixture(scope="module")
def keyed(make_shared_world, tmp_path_factory):
    """With the key that the page's command makes."""
    folder = tmp_path_factory.mktemp("application")
    key = folder / "shop.key"
    (command,) = re.findall(r"^ {4}tidings (token new --new-key .*)$", PAGE.text, re.M)
    subprocess.run([program("client/tidings"), *command.replace(KEY, str(key)).split()], check=True, capture_output=True)
    key.chmod(0o640)
    (folder / "node_modules").symlink_to(TOP / "tests" / "node_modules")
    with_key = SETTINGS[2].replace(KEY, str(key))
    world = make_shared_world(settings(SETTINGS[0], with_key), web=True)
    world.application = folder
    return world


def token(world, language, user):
    interpreter, name = LANGUAGES[language]
    if shutil.which(interpreter) is None:
        pytest.skip(f"{interpreter} is not installed")
    path = world.application / name
    path.write_text(PAGE.fenced(language)[0].replace(KEY, str(world.application / "shop.key")))
    done = subprocess.run([interpreter, path, user], capture_output=True, text=True, timeout=20 * SLOW)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout.strip()


def bearer(text):
    return {"Authorization": "Bearer " + text}


@pytest.mark.parametrize("language", LANGUAGES)
def test_whom_the_application_gave_a_token_hears_his_own_channels(keyed, language):
    text = token(keyed, language, "7")
    hears_what_is_for_7_only(keyed, headers=bearer(text))
    hears_what_is_for_7_only(keyed, headers={"Cookie": f"a=b; mercureAuthorization={text}",
                                             "Sec-Fetch-Site": "same-origin"})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["*", "{+all}", "7/../8", "8,7", "josé", "a b"])
def test_a_user_may_call_himself_anything(keyed, language, name):
    shown = bearer(token(keyed, language, name))
    for other in ("7", "8"):
        assert refused(keyed, f"/stream?channel=users/{other}/orders", shown) == (403, "not_granted")
    keyed.listen(path="/stream?channel=news&authorized=1", headers=shown).leave()


def test_who_shows_none_or_a_bad_one_is_told_so(keyed):
    text = token(keyed, "python", "7")
    assert refused(keyed, "/stream?channel=users/7/orders") == (403, "not_granted")
    assert refused(keyed, "/stream?channel=news&authorized=1") == (401, "no_token")
    assert refused(keyed, "/stream?channel=news", bearer(text[:-6] + "AAAAAA")) == (401, "bad_token")
    foreign = {"Cookie": f"mercureAuthorization={text}", "Origin": "https://elsewhere.example",
               "Sec-Fetch-Site": "cross-site"}
    assert refused(keyed, "/stream?channel=users/7/orders", foreign)[0] == 403


@pytest.fixture
def application(keyed):
    """PHP's own server, which sets the cookie as the page says; its door."""
    if shutil.which("php") is None:
        pytest.skip("php is not installed")
    function, cookie = PAGE.fenced("php")
    function = function.replace("echo token($argv[1])", "$user = '7'").replace(', "\\n";', ";")
    path, port = keyed.application / "page.php", free_port()
    path.write_text(function.replace(KEY, str(keyed.application / "shop.key")) + cookie)
    with subprocess.Popen(["php", "-S", f"127.0.0.1:{port}", path], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        door = WebDoor(port)

        def serves():
            with contextlib.suppress(OSError):
                return door.ask("GET", "/").status == 200
            return False
        try:
            eventually(serves, "PHP serving")
            yield door
        finally:
            process.kill()


def test_the_cookie_that_php_sets_is_taken(keyed, application):
    cookie, *rules = application.ask("GET", "/").headers["set-cookie"].split("; ")
    assert {"path=/", "secure", "HttpOnly", "SameSite=Strict"} <= set(rules)
    hears_what_is_for_7_only(keyed, headers={"Cookie": cookie, "Sec-Fetch-Site": "same-origin"})


OPEN, CLOSED = "1", "2"  # of an EventSource


@pytest.mark.page
def test_a_page_shows_what_is_for_its_visitor(make_world, keyed, browser, tmp_path):
    """And is refused, not given less, when its cookie is gone."""
    page = PAGE.fenced("html")[0].replace("</title>", "</title><link rel=icon href=icon.svg>").replace(
        "</script>", "stream.onopen = stream.onerror = () => { document.title = stream.readyState; };</script>")
    (tmp_path / "orders.html").write_text(page)
    (tmp_path / "others.html").write_text(page.replace("users/7", "users/8"))
    with_key = SETTINGS[2].replace(KEY, str(keyed.application / "shop.key"))
    world = make_world({**settings(SETTINGS[0], with_key), "hub": {"demo": "no"}}, web=True, pages=tmp_path)
    site = f"http://127.0.0.1:{world.port}"
    browser.expects(".")  # it complains of what is refused
    window = browser.open(f"{site}/orders.html")
    window.wait(lambda: window.run("return document.title") == CLOSED, "who has no cookie being refused")
    window.run("document.cookie = arguments[0]", f"mercureAuthorization={token(keyed, 'php', '7')}; path=/; SameSite=Strict")
    window = browser.open(f"{site}/orders.html")
    window.wait(lambda: window.run("return document.title") == OPEN, "the page listening")
    world.publish("not for 7", channel="users/8/orders")
    world.publish("shipped", channel="users/7/orders")
    window.wait(lambda: window.texts("li") == ["shipped"], "what is for 7")
    window = browser.open(f"{site}/others.html")
    window.wait(lambda: window.run("return document.title") == CLOSED, "7 being refused what is for 8")


# ---- a ticket

def serves(make_world, keyed, folder, block):
    """The page's block, at /orders.html; at /token.php is what `issues` puts there."""
    folder.joinpath("orders.html").write_text(PAGE.fenced("html")[block].replace(
        "</title>", "</title><link rel=icon href=icon.svg>"))
    with_key = SETTINGS[2].replace(KEY, str(keyed.application / "shop.key"))
    return make_world({**settings(SETTINGS[0], with_key), "hub": {"demo": "no"}}, web=True, pages=folder)


def issues(world, keyed, seconds, user="7"):
    secret = (keyed.application / "shop.key").read_text().strip()
    fresh = world.www / "fresh"
    fresh.write_text(jwt.encode({"exp": int(time.time()) + seconds, "mercure": {"subscribe": [f"users/{user}/{{+rest}}"]}},
                                secret, "HS256") + "\n")
    fresh.rename(world.www / "token.php")


@pytest.mark.page
@pytest.mark.parametrize("block", [1, 2], ids=["by-itself", "by-the-client"])
def test_a_page_with_a_ticket_misses_nothing_when_it_ends(make_world, keyed, browser, tmp_path, block):
    world = serves(make_world, keyed, tmp_path, block)
    issues(world, keyed, 8 * SLOW)
    browser.expects("was interrupted")
    window = browser.open(f"http://127.0.0.1:{world.port}/orders.html")
    eventually(lambda: world.health().json["streams"] == 1, "the page listening")
    issues(world, keyed, 300)
    shown = "return performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/token.php')).length"
    with Numbers(world, "users/7/orders", pause=0.02) as numbers:
        window.wait(lambda: window.run(shown) == 2, "the first ticket's end", 20)
        numbers.goes_on(50)
        last = numbers.stop()
    window.wait(lambda: window.texts("li")[-1:] == [str(last)], "all of them")
    assert window.texts("li") == [str(number) for number in range(last + 1)]
    asked = window.run("return performance.getEntriesByType('resource').map(({ name }) => name)")
    assert not any((world.www / "token.php").read_text().strip() in name for name in asked)


@pytest.mark.page
@pytest.mark.parametrize("user,seconds,why", [("8", 300, "nothing was shown that grants this channel"),
                                              ("7", -300, "the token is not good, or not any more")])
def test_a_page_with_the_client_says_why_it_hears_nothing(make_world, keyed, chromium, tmp_path, user, seconds, why):
    world = serves(make_world, keyed, tmp_path, 2)
    issues(world, keyed, seconds, user)
    chromium.expects(".")
    window = chromium.open(f"http://127.0.0.1:{world.port}/orders.html")
    window.wait(lambda: window.run("return document.title") == f"My orders: {why}", "it being told")


# ---- behind a further proxy

def test_a_token_is_the_same_behind_a_proxy(keyed, tmp_path):
    shown = bearer(token(keyed, "python", "7"))
    tmp_path.chmod(0o755)
    with front(haproxy, tmp_path, keyed.port) as door:
        hears_what_is_for_7_only(keyed, headers=shown, door=door)


@pytest.mark.parametrize("header", ["Remote-User", "X-Remote-User", "X-Forwarded-User", "Remote_User"])
def test_a_proxy_names_nobody_by_a_header(login, tmp_path, header):
    tmp_path.chmod(0o755)
    with front(haproxy, tmp_path, login.port) as door:
        answer = door.ask("GET", "/realtime/users%2F7%2Forders", {header: "7"})
        assert (answer.status, answer.json["error"]) == (403, "not_granted")
        reader = login.listen("users/7/orders", "news", headers={header: "8", **basic("7")}, door=door)
        login.publish("for 7", channel="users/7/orders")
        reader.sees("for 7")
