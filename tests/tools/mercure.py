# SPDX-License-Identifier: MIT
"""Mercure's words: a hub as its clients know it, and the tokens that they make.

    site = make_world(mercure(tmp_path))                 # a world's configuration
    shop = publisher(site, publish=["builds/{name}"])    # its token, as the claim has it
    assert shop.publish("builds/1", data="done").text == "#17..."
"""

from urllib.parse import quote, urlencode

import jwt

from visitor import STRANGER, VisitorDoor

PATH = "/.well-known/mercure"
SECRET = "!ChangeThisMercureHubJWTSecretKey!"
FORM = "application/x-www-form-urlencoded"


def mercure(folder, config=None):
    """A configuration with the endpoint and its key; `config` on top."""
    key = folder / "mercure.key"
    key.write_text(SECRET)
    key.chmod(0o600)
    every = {"responder": {"mercure": "yes"}, "keys mercure": {"file": key, "algorithms": "HS256"}}
    for section, keys in (config or {}).items():
        every[section] = {**every.get(section, {}), **keys}
    return every


def token(publish=None, subscribe=None, secret=SECRET, algorithm="HS256", claims=None, payload=None):
    claim = {"publish": publish, "subscribe": subscribe, "payload": payload}
    claim = {key: value for key, value in claim.items() if value is not None}
    return jwt.encode({"mercure": claim, **(claims or {})}, secret, algorithm=algorithm)


class Publisher:
    def __init__(self, world, headers, address=STRANGER):
        self.world = world
        self.door = VisitorDoor(world.fcgi_socket, headers, {"address": address})

    def publish(self, *topics, headers=None, path=PATH, **fields):
        """Fields as the form has them; a list is a field for each."""
        pairs = [("topic", topic) for topic in topics]
        for name, value in fields.items():
            pairs += [(name, one) for one in value] if isinstance(value, list) else [(name, value)]
        return self.send(urlencode(pairs).encode(), headers, path)

    def send(self, body, headers=None, path=PATH):
        return self.door.ask("POST", path, {"Content-Type": FORM, **(headers or {})}, body)


def held(world, channel):
    """How many events it holds, private ones too."""
    door = VisitorDoor(world.fcgi_socket, {"Authorization": "Bearer " + token(subscribe=["*"])}, {"address": STRANGER})
    return door.ask("GET", "/api/channels/" + quote(channel, safe="")).json["events"]


def publisher(world, publish=None, cookie=None, origin=None, bearer=None, address=STRANGER,
              **headers):
    """Who shows the token of these rights, or `bearer`; neither: nothing."""
    if publish is not None and cookie is None:
        bearer = token(publish)
    every = {"Authorization": bearer and "Bearer " + bearer, "Origin": origin, **headers,
             "Cookie": cookie and "mercureAuthorization=" + cookie}
    return Publisher(world, {k: v for k, v in every.items() if v is not None}, address)
