# SPDX-License-Identifier: MIT
"""Who asks, and what he shows: a door of his own beside the world's.

    alice = visitor(world, user="alice")          # the web server has let her in
    ci = visitor(world, token="tk_secret")        # Authorization: Bearer
    page = visitor(world, user="alice", origin="https://evil.example")
    alice.listen("users/alice"); ci.post("builds/1", "done")

A stranger (no arguments) comes from an address that may not publish.
"""

from urllib.parse import quote, urlencode

from fcgi import FcgiDoor, begin, params, stdin, variables

STRANGER = "192.0.2.1"


class VisitorDoor(FcgiDoor):
    def __init__(self, path, headers, more):
        super().__init__(path)
        self.headers, self.more = headers, more

    def ask(self, method, target, headers=None, body=None, within=10, **more):
        return super().ask(method, target, {**self.headers, **(headers or {})}, body, within,
                           **{**self.more, **more})

    def request(self, target, headers=None, **more):
        every = variables("GET", target, {**self.headers, **(headers or {})},
                          **{**self.more, **more})
        return begin() + params(every) + stdin()


class Visitor:
    def __init__(self, world, headers, more):
        self.world = world
        self.door = VisitorDoor(world.fcgi_socket, headers, more)

    def listen(self, *channels, **how):
        return self.world.listen(*channels, door=self.door, **how)

    def get(self, target, headers=None):
        return self.door.ask("GET", target, {"Accept": "text/event-stream", **(headers or {})})

    def post(self, channel, data="x", also=(), headers=None, **query):
        pairs = [("also", name) for name in also] + list(query.items())
        target = "/realtime/" + quote(channel, safe="")
        return self.door.ask("POST", target + ("?" + urlencode(pairs) if pairs else ""), headers,
                             data.encode())

    def channels(self, **query):
        """The names of /api/channels."""
        answer = self.door.ask("GET", "/api/channels" + ("?" + urlencode(query) if query else ""))
        assert answer.status == 200, answer
        return answer.json


def visitor(world, user=None, token=None, cookie=None, origin=None, address=STRANGER,
            headers=None, **variables):
    every = {"Authorization": token and "Bearer " + token, "Cookie": cookie, "Origin": origin,
             **(headers or {})}
    more = {"REMOTE_USER": user, "address": address, **variables}
    return Visitor(world, {k: v for k, v in every.items() if v is not None},
                   {k: v for k, v in more.items() if v is not None})
