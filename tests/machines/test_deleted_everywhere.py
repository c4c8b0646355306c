# SPDX-License-Identifier: MIT
"""What is deleted at one machine is deleted at all, and what is good for a time goes everywhere."""

from urllib.parse import quote

from wire import NOTHING, STORED, Delete, Stored
from world import eventually


def delete(world, channel, id=None):
    target = "/api/channels/" + quote(channel, safe="") + ("" if id is None else f"/events/{id}")
    answer = world.door.ask("DELETE", target)
    assert answer.status == 200, answer
    return answer.json["id"]


def test_an_event_that_is_deleted_at_one_machine_is_gone_at_the_others(three):
    ids = [three[n % 3].publish(f"{n}") for n in range(6)]
    both = three[0].post("/realtime/a?also=main", b"both").json["id"]
    three.hold(7)
    delete(three[2], "main", ids[1])
    delete(three[1], "a", both)
    for world in three.worlds:
        eventually(lambda world=world: world.channel("main")["events"] == 5, "five being left")
        eventually(lambda world=world: world.channel("a")["events"] == 0, "none being left")
        reader = world.listen(last_event_id=str(ids[0]))
        reader.sees("2", "3", "4", "5")
        assert not reader.told("reset")


def test_a_channel_that_is_deleted_at_one_machine_is_empty_at_all_and_goes_on_anywhere(three):
    first = three[0].publish("old", channel="a")
    three.hold(1, "a")
    cursor = delete(three[1], "a")
    new = three[2].publish("new", channel="a")
    three.hold(1, "a")
    for world in three.worlds:
        for start in (first - 1, first, cursor):
            reader = world.listen("a", last_event_id=str(start))
            reader.sees("new", id=new)
            assert not reader.told("reset")


def test_a_machine_that_was_away_deletes_the_same_when_it_is_back(two):
    ids = [two[0].publish(f"{n}") for n in range(3)]
    two.hold(3)
    two[1].hub.kill()
    delete(two[0], "main", ids[1])
    newest = two[0].publish("3")
    two[1].hub.start()
    eventually(lambda: two[1].channel("main")["newest"] == str(newest), "it having caught up")
    reader = two[1].listen(last_event_id=str(ids[0]))
    reader.sees("2", "3")
    assert reader.data == ["2", "3"] and not reader.told("reset")


def test_what_is_good_for_a_time_goes_at_all_machines_and_newer_ones_stay(two):
    before = two[0].publish("before")
    for world in two.worlds:
        world.post("/realtime/main?ttl=1s", b"short")
    two[0].publish("after")
    for world in two.worlds:
        eventually(lambda world=world: world.channel("main")["events"] == 2, "two being left")
        world.listen(last_event_id=str(before)).sees("after")
        world.hub.kill()
        world.hub.start()
        world.is_healthy()
        reader = world.listen(last_event_id=str(before))
        reader.sees("after")
        assert not reader.told("reset")


def test_one_whose_answer_was_lost_is_answered_as_done_when_it_is_sent_again(two):
    peer = two[0].hub_peer(source=77)
    id = peer.publish("one").first

    def again(peer):
        peer.send(Delete(10, 0, b"main", id))
        return peer.expect(Stored, number=10)

    done = again(peer)
    assert done.outcome == STORED and done.first > id
    two[0].hub.kill_all()
    two[0].hub.start()
    two[0].is_healthy()
    assert again(two[0].hub_peer(source=77)) == done
    peer = two[0].hub_peer(source=77)
    peer.send(Delete(11, 0, b"main", id))
    assert peer.expect(Stored, number=11).outcome == NOTHING
