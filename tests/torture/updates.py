# SPDX-License-Identifier: MIT
"""Browsers and a publisher of the Mercure protocol, for a crowd.

    crowd.join(10, "main", kind=UpdateSubscriber)
    Publishers(world, account, 1, kind=UpdatePublisher)

An update's id is what its publisher called it: which event that is says its data.
"""

from urllib.parse import urlencode
from zlib import crc32

from crowd import Publisher, Subscriber
from mercure import FORM, PATH, token
from mercure_reader import BROWSER, Browser, target
from verdict import SHRED, Seen, token_of


class Placed(Browser):
    """Remembers where it was told that it is."""

    place = None

    def _dispatch(self):
        event = super()._dispatch()
        if event is None:
            self.place = int(self.last_id.removeprefix("#"))
        return event


class UpdateSubscriber(Subscriber):
    def __init__(self, crowd, door, channels, patterns=(), **how):
        super().__init__(crowd, door, channels, patterns, headers=BROWSER, reader=Placed, **how)
        self.target = target([*channels, *patterns])
        self.heard = []  # (id, token, sum)

    def _read(self, body):
        events = self.parser.feed(body)
        if self.seen is None and self.parser.place is not None:
            self.seen = Seen(self.channels, self.parser.place, self.patterns)
        for event in events:
            self._take(event)
        self.last_id = self.parser.last_id
        self.parser.comments.clear()

    def _take(self, event):
        if event.type == "reset":
            self.seen.resets += 1
            return
        if token_of(event.data) == SHRED:
            return
        self.heard.append((event.id, token_of(event.data), crc32(event.data.encode())))
        if event.id.startswith("#"):
            self.newest = int(event.id[1:])

    def settles(self, truth):
        """Once the log is read: which events those were."""
        ids = {row[1]: id for id, row in truth.items()}
        for id, token, sum in self.heard:
            self.seen.ids.append(int(id[1:]) if id.startswith("#") else ids.get(token, 0))
            self.seen.sums.append(sum)
        self.heard.clear()


class UpdatePublisher(Publisher):
    """Each update has an id of its own, by which a second try is the same one."""

    def __init__(self, *arguments, **how):
        super().__init__(*arguments, **how)
        self.bearer = token(publish=["*"])

    def ask(self, data, within):
        topics = [("topic", name) for name in [self.channel, *self.others]]
        body = urlencode([*topics, ("data", data), ("id", f"urn:{self.name_}:{self.count}")])
        return self.world.post(PATH, body.encode(), within=within, headers={
            "Content-Type": FORM, "Authorization": "Bearer " + self.bearer})

    def id_in(self, answer):
        return None
