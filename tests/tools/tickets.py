# SPDX-License-Identifier: MIT
"""A site with tickets, and what one gets there and shows.

    ticket = ticket_of(visitor(site, user="7"), age="2m")
    reader = visitor(site).listen(path=f"/stream?channel=users/7&ticket={ticket}")
    say(site, "users/7", "for 7")
"""

import hashlib
import json
import time

import jwt
import pytest

from visitor import visitor

SECRET = "a secret of the site, and no short one"
CI = "tk_" + "c" * 40
SITE = {
    "responder": {"private": "users/{+rest} builds/{name}", "origins": "https://app.example"},
    "access own": {"who": "users", "subscribe": "users/%u/{+rest} users/%u"},
    "access ci": {"who": "token:" + hashlib.sha256(CI.encode()).hexdigest(), "subscribe": "builds/{name}",
                  "publish": "builds/{name} users/{+rest} news"},
}


def key_file(folder, text=SECRET):
    key = folder / "site.key"
    key.write_text(text)
    key.chmod(0o600)
    return key


@pytest.fixture(scope="module")
def site(make_shared_world, tmp_path_factory):
    key = key_file(tmp_path_factory.mktemp("keys"))
    return make_shared_world({**SITE, "keys site": {"file": key, "algorithms": "HS256"}})


def token(seconds=None, *channels, key=SECRET):
    claims = {"mercure": {"subscribe": list(channels or ("users/7",))}}
    if seconds is not None:
        claims["exp"] = int(time.time()) + seconds
    return jwt.encode(claims, key, "HS256")


def asks(who, path="/api/ticket", **wish):
    body = json.dumps(wish).encode() if wish else b""
    return who.door.ask("POST", path, {"Content-Type": "application/json"} if wish else {}, body)


def ticket_of(who, **wish):
    answer = asks(who, **wish)
    assert answer.status == 200, answer
    return answer.json["ticket"]


def cookie_of(answer):
    value, *attributes = answer.headers["set-cookie"].split("; ")
    return value, set(attributes)


def say(world, channel, data):
    answer = visitor(world, token=CI).post(channel, data)
    assert answer.status == 200, answer
