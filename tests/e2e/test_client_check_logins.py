# SPDX-License-Identifier: MIT
"""`tidings check`: names that a web server passes on and nobody has looked at."""

import pytest

from checks import check, hints, verdicts
from servers import SERVERS


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
