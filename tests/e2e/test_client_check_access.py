# SPDX-License-Identifier: MIT
"""`tidings check`: who may what, and why a token or a cookie does not let one."""

import hashlib
import re
import time

import jwt
import pytest

from checks import check, hints, verdicts


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


# ---- tokens

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
    ({}, "no key of [keys] has signed it"), (None, "neither a JWT nor an API token")],
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
    ("shop", {"mercure": 7}, "[keys shop] has signed it, but what it claims is not well-formed"),
    ("shop", {"headers": {"kid": "a"}}, 'its kid is "a", and no key of [keys] has that name'),
    ("oauth", {"exp": 1 << 40, "headers": {"typ": "at+jwt"}, "authorization_details": [{
        "type": "https://mercure.rocks/authorization-detail", "actions": ["subscribe"],
        "topics": [{"match": "/a/:b", "match_type": "urlpattern"}]}]}, "is of the type urlpattern, which"),
], ids=["issuer", "no-issuer", "audiences", "algorithm", "no-end", "form", "future", "claim", "kid", "url-pattern"])
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


def test_a_web_server_that_keeps_tokens_to_itself_is_told(with_tokens, tmp_path):
    with_tokens.change_web(('server.tag = "lighttpd"', 'server.tag = "lighttpd"\nserver.modules += ( "mod_setenv" )\n'
                            'setenv.set-request-header = ( "Authorization" => "" )'))
    verdict, said, hint = arrive(with_tokens, tmp_path / "tidings.conf", 1)
    assert verdict == "FAIL" and "none reaches Tidings" in said and "Authorization" in hint


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
    ("mercureAuthorization=TOKEN; Path=/; Domain=7.0.0.1", "its Domain is", "Domain"),
    ("token=TOKEN; Path=/", 'it is "token", and Tidings looks at "mercureAuthorization"', "`cookie`"),
    ("mercureAuthorization=TOKEN; Path=/; Secure", "it is Secure", "https"),
    ("mercureAuthorization=TOKEN; Path=/; SameSite=None", "SameSite=None without Secure", "SameSite=Strict"),
    ("mercureAuthorization=TOKEN; Path=/; Max-Age=0", "forgets it at once", "Max-Age"),
    ("mercureAuthorization=TOKEN" + "x" * 4096 + "; Path=/", "a browser takes 4,096", "pattern"),
    ("mercureAuthorization=x.y.z; Path=/", "neither a JWT nor an API token", "token new"),
    ("mercureAuthorization=; Path=/", "it does not reach Tidings", "cookie"),
    ("Secure", "that is no cookie", "whole line"),
], ids=["no-path", "path", "half-a-path", "domain", "longer-domain", "half-a-domain", "name", "secure", "same-site", "over",
        "long", "bad", "empty", "none"])
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
