# SPDX-License-Identifier: MIT
"""Libraries that nobody here wrote, at /.well-known/mercure: each update once, in order,
whatever happens; also when the first thing that happens is that the responder is killed."""

import pytest

import outside
from mercure import mercure, publisher
from mercure_story import at_mercure, target_of, told_at_mercure
from outside import Missing
from outsiders import Client, Story
from passage import Passage
from test_programs import CUT_OFF, NO_503

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(300)]

# name: (what of npm it is, what it gets wrong).  eventsource 2 is not among them: it puts
# what it had of an update that was cut off before the first one of its next connection.
PROGRAMS = {
    "eventsource3": ("eventsource", {NO_503}),
    "eventsource4": ("eventsource4", {NO_503}),
    "eventsource5": ("eventsource5", {NO_503}),
    "event-source-polyfill": ("event-source-polyfill", {NO_503}),
    "fetch-event-source": ("@microsoft/fetch-event-source", CUT_OFF),
}


class Program(Client):
    def start(self, url):
        super().start(at_mercure(url))

    def target(self, _):
        """It knows where it is from its first update on, and until then by its URL."""
        return target_of("main", self.name, self.begins_at)


@pytest.fixture(scope="module")
def told(make_shared_world, tmp_path_factory):
    clients = []
    for name, (module, faults) in PROGRAMS.items():
        try:
            command, how = outside.node(name, module)
        except Missing:
            continue
        stops = next((fault[7:] for fault in faults if fault.startswith("stops: ")), None)
        clients.append(Program(name, command, stops=stops, **how))
    world = make_shared_world(mercure(tmp_path_factory.mktemp("keys"), {"responder": {"retry": "500ms"}}),
                              web=True)
    before = publisher(world, publish=["main"]).publish("main", data="{}").text
    for client in clients:
        client.begins_at = before
    passage = Passage(world.port)
    story = told_at_mercure(Story)(world, passage, clients)
    try:
        story.play()
        yield {c.name: (story.missing(c.name), sorted(story.faults(c.name)), story.about(c.name)) for c in clients}
    finally:
        story.close()
        passage.close()


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_gets_each_update_once_and_in_order(told, name):
    if name not in told or told[name][0]:
        pytest.skip(told[name][0] if name in told else "npm has not installed it in tests/")
    _, faults, about = told[name]
    assert faults == sorted(PROGRAMS[name][1]), about
