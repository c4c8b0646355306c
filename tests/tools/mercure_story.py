# SPDX-License-Identifier: MIT
"""The story of tools/outsiders.py, told at /.well-known/mercure.

It begins with a responder that is killed before anybody has had an update.
"""

from urllib.parse import quote

from mercure import PATH, publisher
from world import eventually


def target_of(topic, name, since=None):
    """Most know where they are only from an update: those say it in the URL, as a page
    that was made with what its site had published so far."""
    since = f"&lastEventID={quote(since)}" if since else ""
    return f"?topic={topic}&_={quote(name)}{since}"


def told_at_mercure(Told):
    class MercureStory(Told):
        def start(self):
            super().start()
            self.begin("killed before its first event")
            everybody = len(self.clients)
            eventually(lambda: sum(self.world.channel(topic)["subscribers"]
                                   for topic, _ in self.texts("")) == everybody, "everybody listening", 30)
            self.world.responder.has_settled()
            self.world.responder.kill_worker()
            self.publish(1)
            self.all_have_it()

        def store(self, data, n, type):
            app = publisher(self.world, publish=["*"])
            for topic, text in self.texts(data):
                answer = app.publish(topic, data=text, id=f"urn:{topic}:{n}", **({"type": type} if type else {}))
                assert answer.status == 200, answer
            return answer.text

        def texts(self, data):
            """What is published of it, and where."""
            return [("main", data)]
    return MercureStory


def at_mercure(url):
    return url.removesuffix("/stream") + PATH
