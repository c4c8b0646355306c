# SPDX-License-Identifier: MIT
"""`tidings check`: is Mercure's path where its clients look for it?"""

import pytest

from checks import check, hints, verdicts
from mercure import mercure, token


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
