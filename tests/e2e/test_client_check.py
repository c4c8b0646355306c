# SPDX-License-Identifier: MIT
"""`tidings check` and `tidings bench`: what is wrong with an installation is named."""

import contextlib
import hashlib
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest

from client import Client
from mercure import mercure, token
from peers import Hub
from servers import SERVERS
from wire import Reader, Stock
from world import SLOW, eventually

CHECKS = ["health", "main stream", "metrics", "custom channel", "broadcast", "resume after a cut",
          "events leave at once", "cross-origin rules", "whose address it is", "tokens arrive",
          "logins are verified", "uploads end",
          "leaving is noticed", "inbox readers", "readers confined", "published rows"]


def verdicts(lines):
    return {match[2]: match[1] for line in lines
            if (match := re.match(r"(ok|WARN|FAIL) +(.+?)  ", line))}


def hints(lines):
    return " ".join(line.strip() for line in lines if line.strip().startswith("->"))


def check(world, status, *arguments, within=60, **how):
    client = Client(world, "check", *arguments, **how)
    return client.ends(status, within)


def test_all_is_well(shared):
    lines = check(shared, 0, "--auto")
    assert verdicts(lines) == {name: "ok" for name in CHECKS}


def test_interactive_asks_before_each_and_skips(shared):
    client = Client(shared, "check", input="\ns\nq\n")
    lines = client.ends()
    assert [line for line in lines if "ok" in line.split()][:1]
    assert "\n".join(lines).count("?  [Enter]") == 3


def test_lighttpd_that_collects_answers_is_told_which_directive(make_world):
    world = make_world(web=True)
    world.change_web(("server.stream-response-body = 2", "server.stream-response-body = 0"))
    lines = check(world, 1, "--auto", "--wait", "1s")
    assert verdicts(lines)["main stream"] == "FAIL"
    assert verdicts(lines)["health"] == "ok"
    assert "server.stream-response-body = 2" in hints(lines)


def test_a_web_server_that_takes_any_upload_is_told_which_directive(make_world):
    world = make_world(web=True)
    world.change_web(("server.max-request-size = 2048", ""))
    lines = check(world, 1, "--auto", "--wait", "1s", "uploads")
    assert verdicts(lines)["uploads end"] == "FAIL"
    assert "server.max-request-size = 2048" in hints(lines)
    assert world.channel("main")["events"] == 0


def test_a_route_that_is_missing_is_told(make_world):
    world = make_world(web=True)
    world.change_web(('"/realtime/" => var.tidings,', ""))
    lines = check(world, 1, "--auto", "--wait", "1s")
    assert verdicts(lines)["main stream"] == "ok"
    assert verdicts(lines)["custom channel"] == "FAIL"
    assert "does not pass this path" in hints(lines)


def test_a_prefix_that_only_the_web_server_knows_is_told(make_world):
    """Its 404 is Tidings' own, and not the web server's fault."""
    world = make_world(web=True)
    world.change_web(("fastcgi.server += (", 'fastcgi.server += ( "/tidings/" => var.tidings,'))
    for slash in ("", "/"):
        lines = check(world, 1, "--auto", url=f"http://127.0.0.1:{world.port}/tidings{slash}")
        assert lines == ["FAIL health                status 404: there is nothing at this address",
                         "     -> set base = /tidings in [responder] of tidings.conf, and reload the responder"]


def test_a_prefix_that_only_the_responder_knows_is_told(make_world):
    world = make_world(web=True)
    world.settings["responder"]["base"] = "/tidings"
    world.write_config("responder.conf")
    world.responder.stop()
    world.base = "/tidings"
    world.responder.start()
    world.is_healthy()
    lines = check(world, 1, "--auto", url=f"http://127.0.0.1:{world.port}")
    assert lines[0] == "FAIL health                status 404: Tidings is below /tidings here (base), and this address is not"
    assert "--url" in lines[1] and "`base`" in lines[1] and len(lines) == 2


def test_a_url_without_the_prefix_is_told_it(make_world, tmp_path):
    """The web server serves a site of its own there."""
    world = make_world({"responder": {"base": "/live/tidings"}}, web=True)
    assert verdicts(check(world, 0, "--auto")) == {name: "ok" for name in CHECKS}
    url, config = f"http://127.0.0.1:{world.port}", tmp_path / "tidings.conf"
    config.write_text("[responder]\nbase = /live/tidings\n")
    said = hints(check(world, 1, "--auto", "health", "--server-config", config, url=url))
    assert f"tidings.conf says base = /live/tidings: --url {url}/live/tidings" in said
    config.write_text("")
    said = hints(check(world, 1, "--auto", "health", "--server-config", config, url=url))
    assert f"is it below a path (base)? Then --url {url}/tidings" in said


@pytest.mark.parametrize("body", [
    b'{"statusCode": 404, "message": "Cannot GET /health", "error": "Not Found"}',
    b'{"error": "not_found", "message": "No such page"}', b"<h1>404</h1>", b"[1]", b""])
def test_another_server_s_404_is_not_taken_for_that_of_tidings(shared, body):
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        lines = check(shared, 1, "--auto", "health", url=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert lines[0].endswith("status 404, and the answer is not from Tidings")
    assert "base" in hints(lines)


def test_a_name_that_is_not_this_site_s_is_told_the_key(make_world):
    world = make_world(web=True)
    world.settings["responder"]["hosts"] = "localhost"
    world.write_config("responder.conf")
    world.responder.stop()
    world.responder.start()
    world.is_healthy()
    lines = check(world, 1, "--auto", "health")
    assert lines[0].endswith("status 421: there is no site of that name here (hosts)")
    assert "`hosts`" in lines[1]


def test_a_responder_that_is_not_there_is_told(make_world):
    world = make_world(web=True)
    world.responder.stop()
    lines = check(world, 1, "--auto", "--wait", "1s")
    assert verdicts(lines)["health"] == "FAIL"
    assert "is tidings.fcgi running" in hints(lines)


def test_a_hub_that_is_away_is_told(make_world):
    world = make_world(web=True)
    world.hub.stop()
    world.is_degraded()
    lines = check(world, 1, "--auto", "--wait", "1s")
    assert verdicts(lines)["health"] == "FAIL"
    assert "is tidings-hub running" in hints(lines)


def test_no_server_at_all_is_one_verdict(shared):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        lines = check(shared, 1, "--auto", url=f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert verdicts(lines) == {"health": "FAIL"}
    assert "--url" in hints(lines)


def test_who_may_not_publish_is_told_the_key(make_world):
    world = make_world({"responder": {"publish_from": "10.0.0.1"}}, web=True)
    lines = check(world, 1, "--auto", "--wait", "1s")
    assert verdicts(lines)["broadcast"] == "FAIL"
    assert "publish_from" in hints(lines)


def test_an_inbox_that_is_not_read_is_a_failure_that_names_its_file(make_world, tmp_path):
    path = tmp_path / "none" / "shop.db"
    world = make_world({"inbox shop": {"path": path}}, web=True)
    lines = check(world, 1, "--auto", "inbox")
    assert [line for line in lines if line.startswith("FAIL")] == [
        f"FAIL inbox readers         shop ({path}): {world.unread()['shop']}"]
    assert "troubleshooting" in hints(lines)
    assert verdicts(lines)["health"] == "ok"


def test_inboxes_that_nobody_reads_are_a_failure_each(make_world, tmp_path):
    world = make_world({"inbox shop": {"path": tmp_path / "shop.db"}}, web=True)
    world.reader.stop()
    eventually(lambda: len(world.health().json.get("inboxes", [])) == 2, "both being told")
    lines = check(world, 1, "--auto", "inbox r")
    assert [line.partition("): ")[2] for line in lines if line.startswith("FAIL")] == [
        "nobody reads it: is tidings-inbox running?"] * 2


def test_published_rows_that_nobody_removes_are_a_warning(make_world):
    world = make_world({"inbox main": {"consume": "no"}}, web=True)
    with world.open_inbox() as db:
        db.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100001) "
                   "INSERT INTO broadcast(channel, data) SELECT 'rows', i FROM n")
    eventually(lambda: verdicts(lines := check(world, 0, "--auto", "published"))["published rows"]
               == "WARN" and "main: up to 100001 published rows" in "\n".join(lines),
               "a warning", 30)


def test_a_reader_without_landlock_is_a_failure_where_packages_made_it(make_world, tmp_path):
    world = make_world(web=True)
    world.reader.stop()
    with contextlib.closing(Hub(world.hub_socket)) as reader:
        reader.send(Reader(b"main"), Stock(0, 0, 0))
        ours, packaged = tmp_path / "ours.conf", tmp_path / "packaged.conf"
        ours.write_text("[hub]\ninbox_user = \n")
        packaged.write_text("[hub]\ninbox_user = nobody\n")
        said = check(world, 0, "--auto", "readers", "--server-config", ours)
        assert verdicts(said)["readers confined"] == "WARN"
        said = check(world, 1, "--auto", "readers", "--server-config", packaged)
        assert verdicts(said)["readers confined"] == "FAIL"
        assert "Landlock" in hints(said)


# ---- who may what

def is_open(world, path, text):
    path.write_text(text)
    lines = check(world, 0, "--auto", "open", "--server-config", path)
    return verdicts(lines)["open to everybody"], "\n".join(lines), hints(lines)


@pytest.mark.parametrize("text, said, hint", [
    ("[responder]\npublish_from = 127.0.0.1 0.0.0.0/0", "everybody may publish", "publish_from"),
    ("[responder]\npublish_from = ::/0", "everybody may publish", "publish_from"),
    ("[access all]\nwho = users address:::/0\npublish = news", "everybody may publish on some channels (all)", "`who`"),
    ("[responder]\norigins = https://app.example *", "pages of all sites", "https://app.example"),
    ("[responder]\nprivate = users/{+rest}", "/api/channels lists", "listeners = granted"),
], ids=["any-v4", "any-v6", "a-section", "any-page", "lists"])
def test_what_is_open_to_everybody_is_a_warning(shared, tmp_path, text, said, hint):
    verdict, lines, hinted = is_open(shared, tmp_path / "tidings.conf", text + "\n")
    assert verdict == "WARN" and said in lines and hint in hinted


@pytest.mark.parametrize("text", [
    "", "[responder]\npublish_from = 10.0.0.0/8\norigins = https://app.example\n",
    "[responder]\nprivate = users/{+rest}\nlisteners = granted\n", "[access a]\nwho = users\n[responder]\nlisteners = granted\n"])
def test_what_is_open_to_few_is_none(shared, tmp_path, text):
    assert is_open(shared, tmp_path / "tidings.conf", text)[0] == "ok"


def test_each_door_that_is_open_is_a_line(shared, tmp_path):
    text = "[responder]\npublish_from = 0.0.0.0/0\norigins = *\nprivate = a\n"
    assert is_open(shared, tmp_path / "tidings.conf", text)[1].count("WARN open to everybody") == 3


TOKENS = "[access ci]\nwho = token:" + hashlib.sha256(b"tk_secret").hexdigest() + "\npublish = builds/{name}\n"


@pytest.fixture(scope="module")
def with_tokens(make_shared_world):
    return make_shared_world({"access ci": dict(line.split(" = ") for line in TOKENS.splitlines()[1:])}, web=True)


def arrive(world, path, status, *more):
    path.write_text(TOKENS)
    lines = check(world, status, "--auto", "tokens", "--server-config", path, *more)
    return verdicts(lines)["tokens arrive"], "\n".join(lines), hints(lines)


def test_tokens_that_arrive_are_good_or_bad(with_tokens, tmp_path):
    path = tmp_path / "tidings.conf"
    assert arrive(with_tokens, path, 0)[:1] == ("ok",)
    verdict, said, _ = arrive(with_tokens, path, 0, "--token", "tk_secret")
    assert verdict == "ok" and "is good" in said
    verdict, said, hint = arrive(with_tokens, path, 1, "--token", "tk_other")
    assert verdict == "FAIL" and "no section [access]" in said and "token new" in hint


@pytest.mark.parametrize("claims, said", [
    ({"exp": -100}, "it has expired 10"), ({"nbf": 1000}, "it begins in "),
    ({"aud": "another"}, 'its aud is "another", and should be "site"'), ({"aud": None}, 'its aud is "", and should be "site"'),
    ({}, "is it signed with a key of"), (None, "neither a JWT nor an API token")],
    ids=["expired", "too-soon", "another-audience", "no-audience", "another-key", "anything"])
def test_a_token_that_is_refused_is_told_why(make_world, tmp_path, claims, said):
    key, config = tmp_path / "site.key", tmp_path / "tidings.conf"
    key.write_text("k" * 40)
    key.chmod(0o640)
    section = {"file": key, "algorithms": "HS256", "audience": "site"}
    config.write_text("[keys site]\n" + "".join(f"{name} = {value}\n" for name, value in section.items()))
    token = "x.y"
    if claims is not None:
        times = {name: int(time.time()) + value for name, value in claims.items() if name != "aud"}
        whole = {"aud": "site", **claims, **times}
        token = jwt.encode({name: value for name, value in whole.items() if value is not None}, "o" * 40, "HS256")
    world = make_world({"keys site": section}, web=True)
    lines = check(world, 1, "--auto", "tokens", "--server-config", config, "--token", token)
    assert verdicts(lines)["tokens arrive"] == "FAIL" and said in "\n".join(lines)


@pytest.fixture(scope="module")
def several(make_shared_world, tmp_path_factory):
    """A site with three issuers, and its tidings.conf."""
    folder, sections = tmp_path_factory.mktemp("keys"), {}
    for name, more in (("shop", {"algorithms": "HS256", "issuer": "shop", "audience": "site"}),
                       ("login", {"algorithms": "HS384 HS512", "issuer": "login", "audience": "site", "expiry": "required"}),
                       ("oauth", {"algorithms": "HS256", "issuer": "oauth", "audience": "site", "form": "oauth"})):
        key = folder / name
        key.write_text(name * 20)
        key.chmod(0o640)
        sections[f"keys {name}"] = {"file": key, **more}
    world = make_shared_world(sections, web=True)
    world.tidings_conf = folder / "tidings.conf"
    world.tidings_conf.write_text("".join(f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in section.items())
                                          for name, section in sections.items()))
    return world


def refused_token(world, issuer, status=1, algorithm="HS256", headers=None, **claims):
    claims = {"iss": issuer, "aud": "site", **claims}
    token = jwt.encode({name: value for name, value in claims.items() if value is not None}, str(issuer) * 20,
                       algorithm, headers)
    lines = check(world, status, "--auto", "tokens", "--server-config", world.tidings_conf, "--token", token)
    return next(line for line in lines if "tokens arrive" in line)


@pytest.mark.parametrize("issuer, more, said", [
    ("elsewhere", {}, 'its iss is "elsewhere", and should be "shop" or "login" or "oauth"'),
    (None, {}, 'its iss is "", and should be "shop"'),
    ("shop", {"aud": ["one", "two"]}, 'its aud is "["one","two"]", and should be "site"'),
    ("login", {}, 'its alg is "HS256", and should be "HS384" or "HS512"'),
    ("login", {"algorithm": "HS384"}, 'its exp is "", and should be "a time"'),
    ("oauth", {"exp": 1 << 40}, 'its typ is "JWT", and should be "at+jwt"'),
    ("shop", {"iat": 1 << 40}, "it begins in "),
    ("shop", {"mercure": 7}, "is it signed with a key of [keys]"),
], ids=["issuer", "no-issuer", "audiences", "algorithm", "no-end", "form", "future", "claim"])
def test_of_several_issuers_the_one_that_is_meant_says_what_is_wrong(several, issuer, more, said):
    assert said in refused_token(several, issuer, **more)


def test_of_several_issuers_each_has_its_tokens_taken(several):
    assert "is good" in refused_token(several, "shop", 0, aud=["one", "site"])
    assert "is good" in refused_token(several, "login", 0, algorithm="HS384", exp=int(time.time()) + 60)
    assert "is good" in refused_token(several, "oauth", 0, headers={"typ": "at+jwt"}, exp=int(time.time()) + 60)


def test_a_server_whose_clock_is_wrong_is_told(several):
    def says(seconds):
        return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + seconds))
    several.change_web(('server.tag = "lighttpd"', 'server.tag = "lighttpd"\nserver.modules += ( "mod_setenv" )\n'
                        f'setenv.set-response-header = ( "Date" => "{says(-300)}" )'))
    said = refused_token(several, "shop", 0)
    assert said.startswith("WARN") and re.search(r"the server's clock is (29|30)\d s behind this machine's", said)
    said = refused_token(several, "shop", nbf=int(time.time()) + 3600)
    assert re.search(r"begins in 3[89]\d\d s, by the server's clock, which is (29|30)\d s behind this machine's", said)


# ---- a cookie

@pytest.fixture(scope="module")
def keyed(make_shared_world, tmp_path_factory):
    key = tmp_path_factory.mktemp("keys") / "site.key"
    key.write_text("k" * 40)
    key.chmod(0o640)
    section = {"file": key, "algorithms": "HS256"}
    world = make_shared_world({"keys site": section}, web=True)
    world.tidings_conf = key.with_name("tidings.conf")
    world.tidings_conf.write_text("[keys site]\n" + "".join(f"{name} = {value}\n" for name, value in section.items()))
    world.token = jwt.encode({"mercure": {"subscribe": ["users/7"]}}, "k" * 40, "HS256")
    return world


def judged(world, status, line, **how):
    lines = check(world, status, "--auto", "cookie", "--server-config", world.tidings_conf, "--set-cookie",
                  line.replace("TOKEN", world.token), **how)
    return next(line for line in lines if re.match(r"\w+ +cookie ", line)), hints(lines)


@pytest.mark.parametrize("line", [
    "mercureAuthorization=TOKEN; Path=/", "Set-Cookie: mercureAuthorization=TOKEN; path=/stream; HttpOnly; SameSite=Strict",
    "set-cookie:mercureAuthorization = TOKEN;Path=/;Domain=127.0.0.1;Max-Age=60; SameSite=Lax"])
def test_a_cookie_that_a_browser_sends_to_streams_is_good(keyed, line):
    said, _ = judged(keyed, 0, line)
    assert said.startswith("ok") and "it is good there" in said


@pytest.mark.parametrize("line, said, hint", [
    ("mercureAuthorization=TOKEN", "it has no Path", "Path=/"),
    ("mercureAuthorization=TOKEN; Path=/app", 'its Path is "/app": a browser does not send it to "/stream"', "Path=/"),
    ("mercureAuthorization=TOKEN; Path=/strea", 'its Path is "/strea"', "Path=/"),
    ("mercureAuthorization=TOKEN; Path=/; Domain=example.org",
     'its Domain is "example.org": a browser does not send it to "127.0.0.1"', "leave Domain out"),
    ("mercureAuthorization=TOKEN; Path=/; Domain=.0.0.1.example", "its Domain is", "Domain"),
    ("token=TOKEN; Path=/", 'it is "token", and Tidings looks at "mercureAuthorization"', "`cookie`"),
    ("mercureAuthorization=TOKEN; Path=/; Secure", "it is Secure", "https"),
    ("mercureAuthorization=TOKEN; Path=/; SameSite=None", "SameSite=None without Secure", "SameSite=Strict"),
    ("mercureAuthorization=TOKEN; Path=/; Max-Age=0", "forgets it at once", "Max-Age"),
    ("mercureAuthorization=TOKEN" + "x" * 4096 + "; Path=/", "a browser takes 4,096", "pattern"),
    ("mercureAuthorization=x.y.z; Path=/", "neither a JWT nor an API token", "token new"),
    ("mercureAuthorization=; Path=/", "it does not reach Tidings", "cookie"),
    ("Secure", "that is no cookie", "whole line"),
], ids=["no-path", "path", "half-a-path", "domain", "longer-domain", "name", "secure", "same-site", "over", "long", "bad", "empty",
        "none"])
def test_a_cookie_that_does_not_work_is_told_why(keyed, line, said, hint):
    line, hinted = judged(keyed, 1, line)
    assert line.startswith("FAIL") and said in line and hint in hinted


def test_a_cookie_of_a_site_with_a_prefix_is_judged_by_that(make_world):
    world = make_world({"responder": {"base": "/live"}, "access ci": {"who": "token:" + hashlib.sha256(b"tk_x").hexdigest()}},
                       web=True)
    world.tidings_conf, world.token = world.folder / "tidings.conf", "tk_x"
    world.tidings_conf.write_text("[responder]\nbase = /live\n")
    assert judged(world, 0, "mercureAuthorization=TOKEN; Path=/live")[0].startswith("ok")
    assert '"/live/stream"' in judged(world, 1, "mercureAuthorization=TOKEN; Path=/stream")[0]


def test_a_web_server_that_keeps_cookies_to_itself_is_told(make_world):
    world = make_world({"access ci": {"who": "token:" + hashlib.sha256(b"tk_x").hexdigest()}}, web=True)
    world.tidings_conf, world.token = world.folder / "tidings.conf", "tk_x"
    world.tidings_conf.write_text(TOKENS)
    world.change_web(('server.tag = "lighttpd"', 'server.tag = "lighttpd"\nserver.modules += ( "mod_setenv" )\n'
                      'setenv.set-request-header = ( "Cookie" => "" )'))
    said, hint = judged(world, 1, "mercureAuthorization=TOKEN; Path=/")
    assert "it does not reach Tidings" in said and "keep cookies back" in hint


# ---- logins

@pytest.mark.deploy
@pytest.mark.parametrize("where", ["/api/", "/stream", "/realtime/"])
def test_an_nginx_that_passes_on_names_nobody_has_looked_at_is_told(make_world, where):
    world = make_world({"access own": {"who": "users", "subscribe": "users/%u"}}, web=True, server=SERVERS["nginx"])
    assert verdicts(check(world, 0, "--auto", "logins"))["logins are verified"] == "ok"
    world.change_web(("fastcgi_param CONTENT_LENGTH $content_length;",
                      "fastcgi_param CONTENT_LENGTH $content_length;\nfastcgi_param REMOTE_USER $tidings_user;"),
                     ("server_tokens off;", "server_tokens off;\n"
                      f'map $uri $tidings_user {{ default ""; ~^{where} $remote_user; }}'))
    lines = check(world, 1, "--auto", "logins")
    assert verdicts(lines)["logins are verified"] == "FAIL" and "everybody is who he says" in "\n".join(lines)
    assert "auth_basic" in hints(lines)


@pytest.mark.deploy
def test_an_haproxy_that_passes_on_names_nobody_has_looked_at_is_told(make_world):
    world = make_world({"access own": {"who": "users", "subscribe": "users/%u"}}, web=True, server=SERVERS["haproxy"])
    assert verdicts(check(world, 0, "--auto", "logins"))["logins are verified"] == "ok"
    world.change_web(("set-param REMOTE_USER %[str()]", ""))
    lines = check(world, 1, "--auto", "logins")
    assert verdicts(lines)["logins are verified"] == "FAIL" and "REMOTE_USER" in hints(lines)


def test_a_login_that_the_web_server_verifies_is_well(make_world):
    world = make_world({"access own": {"who": "users", "subscribe": "users/%u"}}, web=True)
    passwords = world.folder / "passwords"
    passwords.write_text("alice:secret\n")
    rule = '( "method" => "basic", "realm" => "site", "require" => "valid-user" )'
    world.change_web(("server.max-write-idle = 90", "server.max-write-idle = 90\n"
                      f'auth.backend = "plain"\nauth.backend.plain.userfile = "{passwords}"\n'
                      f'auth.require = ( "/api/" => {rule}, "/realtime/" => {rule}, "/stream" => {rule} )'),
                     ("server.modules = (", 'server.modules = ("mod_auth", "mod_authn_file",'))
    assert verdicts(check(world, 0, "--auto", "logins"))["logins are verified"] == "ok"
    lines = check(world, 0, "--auto", "logins", "--user", "alice:secret")
    assert verdicts(lines)["logins are verified"] == "ok" and "--user is somebody" in "\n".join(lines)


def test_a_web_server_that_keeps_tokens_to_itself_is_told(with_tokens, tmp_path):
    with_tokens.change_web(('server.tag = "lighttpd"', 'server.tag = "lighttpd"\nserver.modules += ( "mod_setenv" )\n'
                            'setenv.set-request-header = ( "Authorization" => "" )'))
    verdict, said, hint = arrive(with_tokens, tmp_path / "tidings.conf", 1)
    assert verdict == "FAIL" and "none reaches Tidings" in said and "Authorization" in hint


# ---- Mercure

@pytest.fixture(scope="module")
def with_mercure(make_shared_world, tmp_path_factory):
    return make_shared_world(mercure(tmp_path_factory.mktemp("keys")), web=True)


def finds_mercure(world, config, status, *arguments, config_text=None, **how):
    config.write_text(config_text or "[responder]\nmercure = yes\n[keys mercure]\nfile = /k\nalgorithms = HS256\n")
    lines = check(world, status, "--auto", "mercure", "--server-config", config, *arguments, **how)
    return verdicts(lines)["mercure"], "\n".join(lines), hints(lines)


def test_mercure_is_found_where_its_clients_look_for_it(with_mercure, tmp_path):
    config = tmp_path / "tidings.conf"
    for shown in ((), ("--token", token(["*"])), ("--token", token(subscribe=["*"]))):
        assert finds_mercure(with_mercure, config, 0, *shown)[0] == "ok"
    assert with_mercure.door.ask("GET", "/api/channels").json["channels"] == []


def test_a_web_server_that_does_not_pass_on_mercure_s_path_is_told(make_world, tmp_path):
    world = make_world(mercure(tmp_path, {"responder": {"base": "/tidings"}}), web=True)
    verdict, said, hint = finds_mercure(world, tmp_path / "tidings.conf", 1,
                                        url=f"http://127.0.0.1:{world.port}/tidings")
    assert verdict == "FAIL" and "the answer is not from Tidings" in said and "lighttpd-mercure.conf" in hint


def test_a_responder_that_was_not_told_of_mercure_is_to_be_reloaded(shared, tmp_path):
    verdict, said, hint = finds_mercure(shared, tmp_path / "tidings.conf", 1)
    assert verdict == "FAIL" and "reload the responder" in hint


def test_mercure_without_keys_is_warned_of(make_world, tmp_path):
    text = "[responder]\nmercure = yes\n"
    world = make_world({"responder": {"mercure": "yes"}}, web=True)
    verdict, said, hint = finds_mercure(world, tmp_path / "tidings.conf", 0, config_text=text)
    assert verdict == "WARN" and "nobody can publish" in said and "[keys]" in hint


@pytest.mark.parametrize("name,needs", [("mercure", "mercure needs a tidings.conf that has it: --server-config FILE"),
                                        ("cookie", "cookie needs --set-cookie LINE")])
def test_a_check_that_is_asked_for_and_cannot_be_tried_says_what_it_needs(shared, tmp_path, name, needs):
    (tmp_path / "tidings.conf").write_text("")
    client = Client(shared, "check", "--auto", name, "--server-config", tmp_path / "tidings.conf")
    assert client.ends(2) == [] and client.sentence.endswith(f"check: {needs}")


# ---- bench

def figures(lines):
    return {line.split()[0]: [float(n) for n in re.findall(r"\d+(?:\.\d+)?", line)] for line in lines}


@pytest.mark.parametrize("arguments", [
    ("--streams", 20, "--rate", 50), ("--streams", 5, "--rate", 0, "--publishers", 4)])
def test_bench_counts_what_arrives(shared, arguments):
    seen = figures(Client(shared, "bench", "--time", "1s", *arguments).ends())
    streams, published, delivered = seen["streams"][0], seen["published"][0], seen["delivered"]
    assert published > 30 / SLOW
    assert delivered[0] == streams * published
    assert delivered[2:4] == [0, 0]


def test_bench_leaves_no_stream_behind(shared):
    before = shared.health().json["streams"]
    Client(shared, "bench", "--time", "200ms").ends()
    eventually(lambda: shared.health().json["streams"] == before, "its streams being gone")
