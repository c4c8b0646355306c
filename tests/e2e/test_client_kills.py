# SPDX-License-Identifier: MIT
"""The command loses nothing, whatever is killed."""

import signal
from random import Random

import pytest

from client import Client, Steady, is_listening
from world import eventually

pytestmark = pytest.mark.behind_apache("--full")


def test_retry_publishes_once_across_a_hub_that_is_away(make_world):
    world = make_world(web=True)
    reader = world.listen("retry")
    world.hub.stop()
    client = Client(world, "pub", "retry", "late", "--retry")
    client.says("trying again", within=20)
    world.hub.start()
    client.ends(within=30)
    reader.sees("late")
    world.publish("then", channel="retry")
    reader.sees("then")


def test_sub_survives_the_death_of_every_part(make_world, tmp_path):
    world = make_world(web=True)
    client = Client(world, "sub", "deaths", "--cursor", tmp_path / "c", "--format", "%d")
    is_listening(world, "deaths")
    expected = []

    def publish():
        expected.append(str(len(expected)))
        world.publish(expected[-1], channel="deaths")
    publish()
    client.prints(1)
    world.responder.kill_worker()
    publish()
    client.prints(2)
    world.hub.kill_worker()
    world.is_healthy()
    publish()
    client.prints(3)
    world.web.stop()
    world.web.start()
    publish()
    assert client.prints(4, within=20) == expected
    client.process.send_signal(signal.SIGTERM)
    client.ends(-signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("kills", [60, pytest.param(200, marks=pytest.mark.rare)])
def test_kills_lose_nothing_and_double_only_what_was_in_flight(make_world, tmp_path, kills):
    """sub --cursor at 500 events/s: killed at random, cut at random."""
    world, random = make_world(web=True), Random(4)
    output, cursor = tmp_path / "output", tmp_path / "cursor"
    publisher = Steady(world, "torture", rate=500)
    with open(output, "ab") as out:
        def start():
            return Client(world, "sub", "torture", "--cursor", cursor, "--format", "%d",
                          "--wait", "--quiet", stdout=out)
        client = start()
        eventually(cursor.exists, "a cursor")
        publisher.start()
        for kill in range(kills):
            grown = output.stat().st_size + random.randrange(400)
            eventually(lambda grown=grown: output.stat().st_size > grown, "further events")
            if kill % 20 == 10:
                world.responder.kill_worker()
            client.kill()
            client = start()
        count = publisher.stop()
        last = f"{count - 1}\n".encode()
        eventually(lambda: output.read_bytes().endswith(last), "the last event", within=30)
        client.kill()
    seen = [int(line) for line in output.read_text().split()]
    repeats = sum(a == b for a, b in zip(seen, seen[1:]))
    assert [n for i, n in enumerate(seen) if i == 0 or n != seen[i - 1]] == list(range(count))
    assert repeats <= kills
