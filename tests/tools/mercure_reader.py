# SPDX-License-Identifier: MIT
"""Who listens at /.well-known/mercure, and what he shows.

    alice = reader(site, subscribe=["users/{name}"])     # Authorization: Bearer
    stream = alice.listen("users/7", "news")             # ?topic=users/7&topic=news
    stream.sees("for 7", id="#17")
    stream.begins_at == "#16"                            # what the head says
"""

from urllib.parse import urlencode

from listener import Listener
from mercure import PATH, token
from sse import Exact
from visitor import STRANGER, VisitorDoor

# As browsers' own EventSource asks.
BROWSER = {"Accept": "text/event-stream", "Cache-Control": "no-cache",
           "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"}


class Plain(Exact):
    """A stream as scripts are given it: nothing but updates is in it."""

    own = ("connected", "live", "expired", "tidings")

    def _dispatch(self):
        event = super()._dispatch()
        if event.type in self.own:
            raise ValueError(f"no update: {event}")
        if not event.id:
            raise ValueError(f"an update without an id: {event}")
        return event


class Browser(Plain):
    """As browsers' EventSource is given it, which is told where it is, and no page hears it."""

    own = ("connected", "live", "expired")

    def _dispatch(self):
        event = super()._dispatch()
        if event.type != "tidings":
            return event
        assert event.data == "{}", event
        return None


class Stream(Listener):
    @property
    def begins_at(self):
        headers = self.answer.headers
        assert headers.get("last-event-id") == headers.get("mercure-last-event-id"), headers
        return headers.get("last-event-id")

    @property
    def ids(self):
        return [event.id for event in self.events if event.type != "reset"]


def target(topics, **query):
    pairs = [("topic", topic) for topic in topics]
    return PATH + "?" + urlencode(pairs + [(k, v) for k, v in query.items() if v is not None])


class Reader:
    def __init__(self, world, headers, more):
        self.world = world
        self.door = VisitorDoor(world.fcgi_socket, headers, more)

    def listen(self, *topics, browser=False, headers=None, last_event_id=None, reconnect=False,
               wait=True, door=None, **query):
        """Waits for the head; `door`: another way there, as the web server's."""
        crowd, path = self.world.crowd, self.world.base + target(topics, **query)
        headers = {**self.door.headers, **(BROWSER if browser else {}), **(headers or {})}
        stream = Stream(crowd, door or self.door, path, headers=headers,
                        last_event_id=last_event_id, reconnect=reconnect, longest_wait=0.2,
                        reader=Browser if browser else Plain)
        crowd.listeners.append(stream)
        crowd.call(stream._open)
        if wait:
            stream.wait(lambda: stream.state == "OPEN" or stream.state == "CLOSED",
                        lambda: f"no answer; {stream.story()}")
            assert stream.answer.status == 200, stream.answer
        return stream

    def ask(self, *topics, method="GET", headers=None, **query):
        """The answer of one who may not listen, or asks for no more than the head."""
        return self.door.ask(method, target(topics, **query), headers)


def reader(world, subscribe=None, bearer=None, cookie=None, origin=None, payload=None, claims=None,
           address=STRANGER, user=None, **headers):
    """Who shows the token of these rights, or what is given; or nothing."""
    made = token(subscribe=subscribe, payload=payload, claims=claims) if subscribe is not None else None
    bearer = bearer or (made if cookie is None else None)
    cookie = made if cookie is True else cookie
    every = {"Authorization": bearer and "Bearer " + bearer, "Origin": origin,
             "Cookie": cookie and "mercureAuthorization=" + cookie, **headers}
    more = {"address": address, "REMOTE_USER": user}
    return Reader(world, {k: v for k, v in every.items() if v is not None},
                  {k: v for k, v in more.items() if v is not None})
