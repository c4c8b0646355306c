# SPDX-License-Identifier: MIT
"""What is published at one of three machines comes out at all, once, in one order."""

import contextlib
import os
import shutil
import signal
import sqlite3
import threading

from several import cut, join
from world import eventually


def test_what_is_posted_at_one_machine_comes_out_at_the_others_once_and_in_the_same_order(three):
    readers = three.listen("main")
    writers = [threading.Thread(target=lambda w=world, n=n: [w.publish(f"{n}/{i}") for i in range(20)])
               for n, world in enumerate(three.worlds)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    for reader in readers:
        reader.wait(lambda reader=reader: len(reader.data) == 60, reader.story, 20)
        assert reader.ids == sorted(set(reader.ids)) == readers[0].ids
        assert reader.data == readers[0].data
        for n in range(3):
            assert [d for d in reader.data if d.startswith(f"{n}/")] == [f"{n}/{i}" for i in range(20)]


def test_what_is_inserted_at_one_machine_comes_out_at_the_others(three):
    readers = three.listen("orders")
    three[1].insert("cup", "pot", channel="orders")
    three[2].insert("can", channel="orders")
    for reader in readers:
        reader.wait(lambda reader=reader: len(reader.data) == 3, reader.story, 15)
        assert reader.data == readers[0].data and reader.ids == readers[0].ids
        assert [d for d in reader.data if d != "can"] == ["cup", "pot"]


def test_an_event_has_the_same_id_at_each_machine_and_in_its_answer(three):
    id = three[0].publish("one", channel="news", event="alert")
    three.hold(1, "news")
    for world in three.worlds:
        assert world.channel("news")["newest"] == str(id)
        world.listen("news", last_event_id="0").sees("one", type="alert", id=id)


def test_a_cursor_that_was_read_at_one_machine_is_as_good_at_another(three):
    """Over HTTP or from the file of either; the page's stream may be of a third."""
    for world in three.worlds:
        before = three[0].publish("before")
        read = [int(world.door.ask("GET", "/api/cursor").json["id"]),
                int(world.hub_socket.with_suffix(".cursor").read_text())]
        id = three[1].publish("after")
        for since in read:
            assert since < id
            for reader in three.listen(since=since):
                reader.wait(lambda reader=reader: id in reader.ids, reader.story)
                assert not reader.told("reset")
                reader.leave()
        eventually(lambda world=world, before=before: int(world.door.ask("GET", "/api/cursor").json["id"]) > before,
                   "the cursor")


def test_what_was_there_before_is_read_at_a_machine_that_came_later(two):
    ids = [two[0].publish(f"{n}") for n in range(3)]
    late = two.add()
    late.is_healthy()
    two.hold(3)
    reader = late.listen(last_event_id=str(ids[0]))
    reader.sees("1", id=ids[1])
    reader.sees("2", id=ids[2])


def test_a_browser_that_changes_machine_at_each_reconnect_misses_nothing(three):
    reader = three.roams(longest_wait=0.01)
    reader.wait(lambda: reader.told("connected"), reader.story)
    for turn in range(12):
        for n in range(5):
            three[(turn + n) % 3].publish(f"{turn}/{n}")
            reader.wait(lambda: len(reader.statuses) > turn, reader.story)
        cut(reader)
    three[0].publish("end")
    reader.wait(lambda: reader.data and reader.data[-1] == "end", reader.story, 30)
    assert reader.data == [f"{turn}/{n}" for turn in range(12) for n in range(5)] + ["end"]
    assert not reader.told("reset") and set(reader.statuses) == {200} and len(reader.statuses) > 6


def test_a_post_that_is_repeated_at_another_machine_is_the_same_event(three):
    id = three[0].publish("paid", id="order-7")
    assert three[1].publish("paid", id="order-7") == id
    assert three[2].post("/realtime/main?id=order-7", b"other").status == 409
    three.hold(1)


def test_an_event_on_several_channels_is_one_event_at_each_machine(three):
    readers = three.listen("a", "b")
    answer = three[1].post("/realtime/a?also=b", b"both")
    assert answer.status == 200, answer
    for reader in readers:
        reader.sees("both", id=answer.json["id"])
        three[0].publish("next", channel="b")
        reader.sees("next")
        reader.taken -= 1  # each of the others has it, too
        break
    for reader in readers[1:]:
        reader.sees("both", "next")


def test_a_hub_that_was_killed_has_what_the_others_published_meanwhile(three):
    readers = three.listen("main", reconnect=True)
    for turn in range(3):
        killed = three[turn].hub.has_settled().kill_worker()
        three[(turn + 1) % 3].publish(f"meanwhile {turn}")
        three[turn].hub.has_other_worker(killed, 20)
        three[turn].is_healthy()
        three[turn].publish(f"again {turn}")
    wanted = [f"{word} {turn}" for turn in range(3) for word in ("meanwhile", "again")]
    for reader in readers:
        reader.wait(lambda reader=reader: len(reader.data) >= len(wanted), reader.story, 20)
        assert reader.data == wanted and not reader.told("reset")


def test_a_machine_that_was_off_catches_up_and_a_browser_that_waited_there_loses_nothing(three):
    reader = three[2].listen("main", reconnect=True, longest_wait=0.05)
    three[0].publish("before")
    reader.sees("before")
    three[2].responder.stop()
    three[2].hub.stop()
    for n in range(50):
        three[n % 2].publish(f"{n}")
    three[2].hub.start()
    three[2].responder.start()
    reader.sees(*[f"{n}" for n in range(50)], within=20)
    assert not reader.told("reset")


def test_who_listens_anywhere_is_counted_everywhere(three):
    readers = three.listen("news") + [three[1].listen("news")]
    three[0].publish("there is one", channel="news")
    three.hold(1, "news")
    for world in three.worlds:
        eventually(lambda world=world: world.channel("news")["subscribers"] == 4, "four subscribers", 15)
    readers[3].leave()
    eventually(lambda: three[0].channel("news")["subscribers"] == 3, "three subscribers", 15)


def test_a_new_machine_may_begin_with_a_copy_of_another_one_s_log(two):
    """It has then what Redis need not hold any more."""
    ids = [two[n % 2].publish(f"{n}") for n in range(4)]
    two.hold(4)
    late = two.add(prepare=lambda world: copy_of(two[0], world))
    id = two[0].publish("4")
    late.is_healthy()
    two.hold(5)
    late.listen(last_event_id=str(ids[0])).sees("1", "2", "3", "4")
    assert late.publish("5") > id
    two.hold(6)


def test_a_machine_goes_on_from_a_backup_of_its_log(two):
    readers = two.listen("main", reconnect=True, longest_wait=0.05)
    two[0].publish("before")
    two.hold(1)
    backup = two.folder / "backup.db"
    vacuum(two[1], backup)
    two[0].publish("between")
    two.hold(2)
    two[1].hub.stop()
    put_back(backup, two[1])
    join(two[1])
    two[1].hub.start()
    two[1].is_healthy()
    two[1].publish("after")
    two.hold(3)
    for reader in readers:
        reader.sees("before", "between", "after", within=15)
        assert not reader.told("reset")


def test_a_person_s_channel_is_emptied_at_each_machine_by_name(three):
    three[0].publish("mine", channel="users/7/orders")
    three[1].publish("hers", channel="users/8/orders")
    three.hold(1, "users/7/orders")
    for world in three.worlds:
        world.settings["channel users/7/orders"] = {"keep_age": "1s"}
        world.settings["hub"]["socket"] = world.hub_socket
        world.write_config("hub.conf")
        os.kill(world.hub.pid, signal.SIGHUP)
    three.hold(0, "users/7/orders")
    three.hold(1, "users/8/orders")


def vacuum(world, copy):
    with contextlib.closing(sqlite3.connect(f"file:{world.log_db}?mode=ro", uri=True, timeout=10)) as db:
        db.execute("VACUUM INTO ?", [str(copy)])


def put_back(copy, world):
    """As man tidings-hub, Restore, has it."""
    for end in ("-wal", "-shm"):
        world.log_db.with_name("log.db" + end).unlink(missing_ok=True)
    shutil.copy(copy, world.log_db)


def copy_of(one, world):
    vacuum(one, world.folder / "copy.db")
    put_back(world.folder / "copy.db", world)
    join(world)
