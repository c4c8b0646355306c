# SPDX-License-Identifier: MIT
"""Hubs that share an order: what each acknowledges, holds and says, whatever the order forgets."""

import contextlib
import shutil
import sqlite3
import subprocess
import time

import pytest
from daemon import SLOW, Daemon, eventually, program
from peers import Hub
from redisserver import RedisLine, RedisServer, needs_redis
from wire import AFTER, ID_MAX, Delete, Following, Item, Joined, Judge, Judged, Left, Publish, State, Stored

pytestmark = pytest.mark.skipif(bool(needs_redis), reason=needs_redis)

STORED, REPEATED, CONFLICT, AWAY, BEHIND = 0, 1, 2, 6, 7
EVENTS = "SELECT id, at, CAST(data AS TEXT) FROM event ORDER BY id"


class Machine:
    """A hub with a log of its own, and the reader of its inbox."""

    def __init__(self, folder, number, redis, **keys):
        self.folder = folder / str(number)
        self.folder.mkdir()
        self.line = RedisLine(self.folder / "line.sock", redis.socket)
        self.conf = self.folder / "tidings.conf"
        self.log = self.folder / "log.db"
        self.inbox = self.folder / "inbox.db"
        shared = {"redis": self.line.address, "machine": f"m{number}", "give_up": "1s", **keys}
        self.conf.write_text(
            f"[hub]\nsocket = {self.folder}/hub.sock\nlog = {self.log}\n"
            f"[inbox main]\npath = {self.inbox}\ncreate = yes\n[shared]\n"
            + "".join(f"{key} = {value}\n" for key, value in shared.items()))
        command = [program("tidings-hub"), "-c", str(self.conf)]
        self.hub = Daemon(f"hub-{number}", command, folder, self.is_here)
        self.reader = Daemon(f"inbox-{number}", [program("tidings-inbox"), "-c", str(self.conf)], folder,
                             self.has_inbox)

    def has_inbox(self):
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(self.inbox)) as db:
            return db.execute("SELECT count(*) FROM broadcast").fetchone()
        return None

    def enter(self, how):
        return subprocess.run([program("tidings-hub"), "-c", str(self.conf), how], text=True,
                              capture_output=True, timeout=30 * SLOW)

    def is_here(self):
        with contextlib.suppress(OSError, TimeoutError):
            return not self.why()
        return False

    def why(self):
        """Why nobody can publish here; empty if he can."""
        with contextlib.closing(self.peer()) as peer:
            return peer.expect(State).reason.decode()

    def peer(self):
        return Hub(self.folder / "hub.sock", within=10 * SLOW)

    def ask(self, sql):
        with contextlib.closing(self.opened()) as db:
            return db.execute(sql).fetchall()

    def opened(self):
        return sqlite3.connect(f"file:{self.log}?mode=ro", uri=True)

    def events(self):
        return self.ask(EVENTS)

    def events_and_orphans(self):
        """At one moment: those that a fail-over took are in the one table or in the other."""
        with contextlib.closing(self.opened()) as db:
            db.execute("BEGIN")
            return db.execute(EVENTS).fetchall(), db.execute("SELECT id FROM orphan").fetchall()

    def insert(self, *texts):
        with contextlib.closing(sqlite3.connect(self.inbox, timeout=10)) as db, db:
            db.executemany("INSERT INTO broadcast(data) VALUES(?)", [(text,) for text in texts])

    def close(self):
        self.reader.clean_up()
        self.hub.clean_up()
        self.line.close()


class Machines:
    def __init__(self, folder, **keys):
        self.folder = folder
        self.redis = RedisServer(folder).start()
        self.all = [Machine(folder, number, self.redis, **keys) for number in (1, 2)]
        assert self.all[0].enter("--found").returncode == 0
        assert self.all[1].enter("--join").returncode == 0
        for machine in self.all:
            machine.hub.start()

    def same(self):
        one, other = (machine.events() for machine in self.all)
        return one if one == other else None

    def put_back(self, lost):
        """All of the same log once these ids are nobody's and nothing waits to have others."""
        (one, waits), (other, waits_too) = (machine.events_and_orphans() for machine in self.all)
        rows = one if one == other and not waits and not waits_too else None
        return rows if rows and not {id for id, _, _ in rows} & set(lost) else None

    def forget(self, deed, before_it_starts=lambda: None):
        """What Redis learned during the deed is gone."""
        self.keep("kept")
        deed()
        self.is_as("kept", before_it_starts)

    def keep(self, name):
        """What Redis has now."""
        eventually(lambda: self.redis.ask("INFO", "persistence").find(b"aof_rewrite_in_progress:0") > 0, "quiet")
        time.sleep(1.2)  # appendfsync everysec
        shutil.copytree(self.redis.folder, self.folder / name, ignore=shutil.ignore_patterns("*.sock"))

    def is_as(self, name, before_it_starts=lambda: None):
        """Redis has what it had then, and nothing that it has learned since."""
        self.redis.kill()
        shutil.rmtree(self.redis.folder)
        shutil.copytree(self.folder / name, self.redis.folder)
        before_it_starts()
        self.redis.start()

    def close(self):
        for machine in self.all:
            machine.close()
        self.redis.close()


@pytest.fixture
def machines(tmp_path):
    machines = Machines(tmp_path)
    yield machines
    machines.close()


@pytest.fixture
def both(machines):
    peers = [machine.peer() for machine in machines.all]
    yield peers
    for peer in peers:
        peer.close()


def test_a_publish_has_one_id_and_one_time_at_all_machines(machines, both):
    a, b = both
    b.follow()
    stored = a.publish("one", "two")
    assert stored.outcome == STORED and stored.last == stored.first + 1
    assert [b.event().id, b.event().id] == [stored.first, stored.last]
    assert [row[0] for row in eventually(machines.same, "the same log")] == [stored.first, stored.last]


def test_what_was_acknowledged_is_in_that_machines_own_log(machines, both):
    for n in range(50):
        at = both[n % 2].publish(f"{n}").last
        assert machines.all[n % 2].ask(f"SELECT count(*) FROM event WHERE id = {at}") == [(1,)]


def test_a_key_is_known_at_all_machines(both):
    a, b = both
    stored = a.publish("paid", key="order-7")
    again = b.publish("paid", key="order-7")
    assert (again.outcome, again.last) == (REPEATED, stored.last)
    assert b.publish("other", key="order-7", digest=(3, 4)).outcome == CONFLICT


def test_a_publish_that_is_sent_again_at_another_machine_is_not_stored_again(machines, both):
    a, _ = both
    stored = a.publish("once")
    with contextlib.closing(Hub(machines.all[1].folder / "hub.sock", source=a.source)) as again:
        assert again.publish("once", number=a.number).last == stored.last
    assert len(eventually(machines.same, "the same log")) == 1


def test_a_cursor_that_is_ahead_waits_for_this_machine_to_catch_up(machines, both):
    a, b = both
    a.publish("seen")
    machines.all[1].line.block()
    cursor = a.publish("ahead").last
    b.send(Judge(7, AFTER, cursor, ID_MAX, [b"main"], (), ()))
    with pytest.raises(TimeoutError):
        b.expect(Judged, within=0.3)
    machines.all[1].line.unblock()
    verdict = b.expect(Judged, within=10 * SLOW)
    assert not verdict.gap and verdict.used == cursor
    assert b.page("main", value=cursor + 10**6).gap  # it is nobody's


def test_what_the_order_forgets_is_put_back_once_and_who_saw_it_is_told(machines, both):
    a, b = both
    kept = a.publish("kept").last
    lost = []
    machines.forget(lambda: lost.extend([a.publish("lost", key="k").last, b.publish("one", "two").last]))
    rows = eventually(lambda: machines.put_back(lost), "put back", 20)
    texts = [text for _, _, text in rows]
    assert texts in (["kept", "lost", "one", "two"], ["kept", "one", "two", "lost"]) and rows[0][0] == kept
    for peer in both:
        assert peer.page("main", value=lost[0]).gap and peer.page("main", value=lost[1]).gap
        assert not peer.page("main", value=rows[1][0]).gap
    again = a.publish("lost", key="k")
    assert (again.outcome, again.last) == (REPEATED, rows[texts.index("lost")][0])


def test_what_is_forgotten_again_while_it_is_put_back_is_put_back_all_the_same(machines, both):
    """It has its new place, and has not come back from there."""
    one, other = machines.all
    both[0].publish("kept")
    other.line.block()
    lost = []
    machines.forget(lambda: lost.append(both[0].publish("lost").last), lambda: one.line.hold(b"lost"))
    eventually(lambda: b"lost" in str(machines.redis.ask("XRANGE", "{tidings}:log", "-", "+")).encode(), "asked for", 20)
    eventually(lambda: one.why(), "it waits for what it is told", 10)
    machines.is_as("kept", lambda: (one.line.cut(), one.line.let_go()))
    other.line.unblock()
    rows = eventually(lambda: machines.put_back(lost), "put back", 20)
    assert [text for _, _, text in rows] == ["kept", "lost"]


def test_what_a_second_master_has_at_a_place_that_all_have_leapt_over_is_named_and_asked_for_no_more(machines, both):
    """Both of two servers were master, and it is the old one that stays."""
    both[0].publish("kept")
    lost = []
    machines.forget(lambda: (lost.append(both[0].publish("old master's").last), machines.keep("old")))
    lost.append(eventually(lambda: machines.put_back(lost), "put back", 20)[1][0])
    machines.is_as("old")
    one = machines.all[0]  # that took it from its publisher; the other asks later
    eventually(lambda: one.ask("SELECT id, stays FROM orphan") == [(lost[1], 1)], "left", 30)
    assert f"the event {lost[1]} is not put back" in one.hub.log()
    both[1].publish("goes on")
    assert [text for _, _, text in eventually(machines.same, "the same log")] == ["kept", "goes on"]


def test_what_was_deleted_before_the_order_forgot_it_is_not_put_back(machines, both):
    a, _ = both
    kept, lost = a.publish("kept").last, []

    def deletes():
        lost.extend([a.publish("gone").last, a.publish("stays").last])
        for number, id in ((100, lost[0]), (101, kept)):
            a.send(Delete(number, 0, b"main", id))
            assert a.expect(Stored, number=number).outcome == STORED

    machines.forget(deletes)
    rows = eventually(lambda: machines.put_back(lost), "put back", 20)
    assert [text for _, _, text in rows if text] == ["stays"]


def test_a_machine_that_comes_back_from_a_second_master_with_higher_ids_keeps_nothing_that_was_put_back(machines, both):
    one, other = machines.all
    both[0].publish("kept")
    machines.keep("short")
    lost = both[0].publish("lost").last
    eventually(lambda: len(other.events()) == 2, "at both")
    machines.keep("long")
    one.line.block()
    machines.is_as("long")
    eventually(lambda: not other.why(), "it follows the one", 20)
    newest = int(machines.redis.ask("HGET", "{tidings}:state", "last"))
    machines.redis.ask("HSET", "{tidings}:state", "last", newest + 10**13, "server", "another")
    eventually(lambda: other.ask("SELECT max(start) FROM hole")[0][0] > newest + 10**13, "higher ids", 20)
    eventually(lambda: not other.why(), "it follows the one", 20)
    gone = both[1].publish("there").last
    other.line.block()
    machines.is_as("short", one.line.unblock)
    eventually(lambda: not one.why(), "it follows the other", 20)
    both[0].publish("here")
    other.line.unblock()
    eventually(lambda: not other.why(), "healed", 20)
    both[0].publish("healed")
    texts = eventually(lambda: [text for _, _, text in one.events() if text != "healed"][3:] and one.events(), "put back", 20)
    assert sorted(text for _, _, text in texts) == sorted(["kept", "lost", "here", "there", "healed"])
    left = eventually(lambda: (rows := other.events()) and rows[-2:] == texts[-2:] and rows, "the same end", 20)
    assert not {lost, gone} & {id for id, _, _ in texts + left}
    assert [text for _, _, text in left].count("lost") == 0 and set(left) <= set(texts), "others have it"


def test_a_follower_begins_anew_where_the_order_forgot(machines, both):
    a, b = both
    b.follow()
    a.publish("kept")
    lost = []
    machines.forget(lambda: lost.append(a.publish("lost").last))
    begun = b.expect(Following, within=20 * SLOW)
    assert begun.start > lost[0]
    seen = b.event()
    while seen.id <= begun.start:
        seen = b.event()
    assert seen.data == b"lost"


def test_what_came_by_a_server_that_only_one_machine_knew_is_put_back_and_who_saw_it_is_told(machines, both):
    """A, B, and A again: of the ids that B gave some are below those at which A goes on, some above."""
    a, b = both
    kept = a.publish("kept").last
    eventually(machines.same, "at both")
    machines.all[1].hub.stop()
    lost = []

    def has_a_hole_up_to(start):
        """As the script writes it that finds another server."""
        last = machines.redis.ask("HGET", "{tidings}:state", "last").decode()
        for key, name in ("hole", "last"), ("log", "hole"):
            machines.redis.ask("XADD", "{tidings}:" + key, f"0-{start}", name, last)
        machines.redis.ask("HSET", "{tidings}:state", "last", start)

    def by_another_server():
        machines.redis.kill()
        machines.redis.start()
        eventually(lambda: not machines.all[0].why(), "here again", 20)
        lost.append(a.publish("lost", within=20 * SLOW).last)
        has_a_hole_up_to(kept + 2 * 10**12)
        lost.append(a.publish("lost, too").last)
        machines.all[0].line.block()
    machines.forget(by_another_server)
    has_a_hole_up_to(kept + 10**12)
    machines.all[1].hub.start()
    with contextlib.closing(machines.all[1].peer()) as other:
        there = other.publish("there").last
        assert kept < lost[0] < there < lost[1]
        machines.all[0].line.unblock()
        rows = eventually(lambda: [row for row in machines.all[0].events() if row[0] > lost[1]][1:] and
                          machines.all[0].events(), "both put back", 25)
        assert [text for _, _, text in rows] == ["kept", "lost", "lost, too"]
        back = rows[-1][0]
        eventually(lambda: machines.all[1].events()[-1][0] == back, "at the other, too")
        assert [text for _, _, text in machines.all[1].events()][:2] == ["kept", "there"]
        assert machines.all[1].events()[2:] == rows[1:]
        assert all(a.page("main", value=cursor).gap for cursor in (kept, *lost, there))
        assert not other.page("main", value=there).gap and other.page("main", value=lost[0]).gap
        assert not any(peer.page("main", value=back).gap for peer in (a, other))
        machines.all[0].hub.stop()
        machines.all[0].hub.start()
        with contextlib.closing(machines.all[0].peer()) as again:
            last = again.publish("last").last
            eventually(lambda: [row[0] for row in machines.all[1].events()[-2:]] == [back, last], "it goes on")


@pytest.mark.rare
def test_what_another_machine_took_is_put_back_by_whoever_has_it(machines, both):
    a, b = both
    a.publish("kept")
    lost = []
    machines.forget(lambda: (lost.append(a.publish("lost").last), eventually(machines.same, "at both"),
                             machines.all[0].hub.kill_all()))
    eventually(lambda: [row for row in machines.all[1].events() if row[2] == "lost" and row[0] != lost[0]],
               "put back", 25)
    machines.all[0].hub.start()
    assert [text for _, _, text in eventually(lambda: machines.put_back(lost), "the same log", 20)] == [
        "kept", "lost"]


def test_without_the_order_nobody_can_publish_and_what_is_held_is_served(machines, both):
    a, _ = both
    stored = a.publish("held")
    machines.redis.freeze()
    answer = a.publish("away", within=10 * SLOW)
    assert answer.outcome == AWAY and answer.reason
    assert eventually(machines.all[0].why, "it is said")
    assert a.page("main").events[0].id == stored.last
    machines.redis.thaw()
    eventually(lambda: not machines.all[0].why(), "here again", 20)
    a.number -= 1  # it is sent again
    again = a.publish("away", within=10 * SLOW)
    assert again.outcome in (STORED, REPEATED)
    assert [text for _, _, text in eventually(machines.same, "the same log")] == ["held", "away"]


def test_rows_are_published_once_whatever_dies(machines):
    one, other = machines.all
    one.reader.start()
    for turn in range(6):
        one.insert(*[f"{turn}/{n}" for n in range(200)])
        (one.hub.kill_worker, machines.redis.kill, one.reader.kill_worker)[turn % 3]()
        if turn % 3 == 1:
            machines.redis.start()
    texts = [f"{turn}/{n}" for turn in range(6) for n in range(200)]
    eventually(lambda: len(other.events()) >= len(texts), "all came", 30)
    assert [text for _, _, text in eventually(machines.same, "the same log")] == texts


def test_rows_are_published_once_though_redis_has_forgotten_how_far_their_inbox_is(machines):
    one, other = machines.all
    one.reader.start()
    one.insert("1", "2")
    eventually(lambda: len(other.events()) == 2, "both came")
    one.reader.stop()
    machines.redis.ask("DEL", "{tidings}:inbox")
    one.insert("3")
    one.reader.start()
    eventually(lambda: len(other.events()) >= 3, "the next came")
    assert [text for _, _, text in eventually(machines.same, "the same log")] == ["1", "2", "3"]


def test_a_machine_that_was_away_for_too_long_counts_it_as_pruned(machines, both):
    a, b = both
    first = a.publish("first").last
    eventually(machines.same, "at both")
    machines.all[1].hub.stop()
    missed = [a.publish(f"{n}").last for n in range(3)]
    machines.redis.ask("XTRIM", "{tidings}:log", "MAXLEN", "0")
    machines.all[1].hub.start()
    last = a.publish("last").last
    with contextlib.closing(machines.all[1].peer()) as late:
        eventually(lambda: machines.all[1].events()[-1][0] == last, "it goes on")
        assert late.page("main", value=first).gap and late.page("main", value=missed[0]).gap
        assert not late.page("main", value=missed[-1]).gap


def test_a_log_of_its_own_does_not_join(machines, tmp_path):
    third = Machine(tmp_path, 3, machines.redis)
    assert third.enter("--found").returncode == 1
    with contextlib.closing(sqlite3.connect(third.log)) as db, db:
        db.execute("INSERT INTO channel VALUES(1, x'61', 0, 0, 0, 0, 0, 0, NULL, 0)")
    done = third.enter("--join")
    assert done.returncode == 1 and "is another than the order's" in done.stderr
    third.close()


def on_several(*names):
    """The trait of a publish on these channels."""
    value = b"\x00" + bytes([len(names)]) + b"".join(len(n).to_bytes(2, "little") + n for n in names)
    return b"\x02" + len(value).to_bytes(2, "little") + value


def test_who_joins_has_what_was_published_on_several_channels_before_the_founding(tmp_path):
    with contextlib.closing(RedisServer(tmp_path).start()) as redis, contextlib.ExitStack() as stack:
        one, other = (stack.enter_context(contextlib.closing(Machine(tmp_path, n, redis))) for n in (1, 2))
        shared = one.conf.read_text()
        one.conf.write_text(shared[:shared.index("[shared]")])
        one.hub.start()
        with contextlib.closing(one.peer()) as peer:
            first = peer.publish("alone").last
            peer.send(Publish(2, 1, 0, b"a", b"", [Item(b"", (0, 0), b"on both")], on_several(b"a", b"b")))
            last = peer.expect(Stored, number=2).last
        one.hub.stop()
        one.conf.write_text(shared)
        assert one.enter("--found").returncode == 0 and other.enter("--join").returncode == 0
        one.hub.start()
        other.hub.start()
        eventually(lambda: one.events() == other.events(), "the same log", 20)
        assert [text for _, _, text in other.events()] == ["alone", "on both", "on both"]
        for machine in one, other:
            with contextlib.closing(machine.peer()) as peer:
                assert not peer.page("a", "b", "main", value=last).gap
                assert not peer.page("a", "b", "main", value=first - 1).gap, "nothing was there before"
                assert [event.id for event in peer.page("b", value=first).events] == [last]


def test_who_joins_lacks_nothing_where_the_newest_ids_of_the_founding_log_told_who_is_there(tmp_path):
    with contextlib.closing(RedisServer(tmp_path).start()) as redis, contextlib.ExitStack() as stack:
        one, other = (stack.enter_context(contextlib.closing(Machine(tmp_path, n, redis))) for n in (1, 2))
        shared = one.conf.read_text()
        one.conf.write_text(shared[:shared.index("[shared]")])
        one.hub.start()
        with contextlib.closing(one.peer()) as peer:
            event = peer.publish("event").last
            peer.send(Joined(b"subscriber000001", "", "", b"", [b"room"]), Left(b"nobody0000000000"))
            came = eventually(lambda: [row[0] for row in one.events() if row[0] > event], "he is told of")[0]
        one.hub.stop()
        one.conf.write_text(shared)
        assert one.enter("--found").returncode == 0 and other.enter("--join").returncode == 0
        other.hub.start()
        eventually(lambda: len(other.events()) == 1, "the event")
        with contextlib.closing(other.peer()) as peer:
            for cursor in event - 1, event, came:
                eventually(lambda cursor=cursor: not peer.page("main", value=cursor).gap, f"no gap after {cursor}")


def test_an_empty_order_says_how_it_is_founded(machines, both):
    a, _ = both
    stored = a.publish("kept", key="k")
    machines.redis.ask("FLUSHALL")
    assert "--found" in eventually(machines.all[0].why, "it is said")
    machines.all[0].hub.stop()
    assert machines.all[0].enter("--found").returncode == 0
    machines.all[0].hub.start()
    eventually(lambda: not machines.all[1].why(), "here again", 20)
    with contextlib.closing(machines.all[0].peer()) as peer:
        assert peer.publish("kept", key="k").last == stored.last
        assert peer.publish("next").last > stored.last
    assert len(eventually(machines.same, "the same log")) == 2


def found_anew(machines, whose):
    """Redis has forgotten everything, and that machine's log is written into it; its hub runs again."""
    machines.redis.ask("FLUSHALL")
    founder = machines.all[whose]
    founder.hub.stop()
    done = founder.enter("--found")
    assert done.returncode == 0, done.stderr
    founder.hub.start()


def test_rows_that_wait_to_be_put_back_are_there_once_though_redis_is_emptied_meanwhile(machines):
    one, other = machines.all
    one.reader.start()
    one.insert("1")
    eventually(lambda: len(other.events()) == 1, "it came")
    machines.forget(lambda: (one.insert("2", "3"), eventually(lambda: len(other.events()) == 3, "they came"),
                             one.reader.stop(), one.hub.stop()))
    assert eventually(lambda: other.ask("SELECT id FROM orphan")[1:], "they wait", 20), "the other's to put back"
    found_anew(machines, whose=1)
    one.hub.start()
    one.reader.start()
    eventually(lambda: not one.ask("SELECT id FROM orphan") and not other.ask("SELECT id FROM orphan"), "put back", 25)
    one.insert("4")
    eventually(lambda: len(other.events()) >= 4, "the next one came", 20)
    assert [text for _, _, text in eventually(machines.same, "the same log")] == ["1", "2", "3", "4"]


def test_a_publish_that_is_sent_again_after_the_order_was_founded_anew_is_not_stored_again(machines, both):
    a, _ = both
    stored = a.publish("one", "two")
    eventually(machines.same, "at both")
    found_anew(machines, whose=1)
    eventually(lambda: not machines.all[0].why(), "here again", 20)
    a.number -= 1  # it is sent again
    again = a.publish("one", "two", within=10 * SLOW)
    assert (again.first, again.last) == (stored.first, stored.last)
    assert [text for _, _, text in eventually(machines.same, "the same log")] == ["one", "two"]


def test_what_was_forgotten_while_a_machine_was_away_is_there_once_though_redis_is_emptied_before_it_is_back(machines, both):
    """It knows of the events, and neither that they were forgotten nor that they were put back."""
    a, _ = both
    one, other = machines.all
    kept = a.publish("kept").last
    lost = []
    machines.forget(lambda: (lost.extend([a.publish("one").last, a.publish("two").last]),
                             eventually(machines.same, "at both"), other.hub.stop()))
    back = eventually(lambda: (rows := one.events()) and len(rows) == 3 and rows[1][0] not in lost and rows, "put back", 20)
    found_anew(machines, whose=0)
    other.hub.start()
    assert eventually(machines.same, "the same log", 20) == back
    eventually(lambda: not other.ask("SELECT id FROM orphan"), "nothing waits", 20)
    with contextlib.closing(other.peer()) as late:
        assert late.page("main", value=lost[0]).gap and not late.page("main", value=back[-1][0]).gap
        assert back[0][0] == kept

