# SPDX-License-Identifier: MIT
"""`tidings delete`, as a person or a script would run it; and the web server lets a DELETE through."""

import pytest

from test_client_terminal import terminal  # noqa: F401, a fixture

pytestmark = pytest.mark.behind_apache


def test_an_event_is_deleted_by_its_id(run, shared):
    ids = [shared.publish(text, channel="gone") for text in ("one", "two")]
    assert run("delete", "gone", str(ids[0])).ends() == [str(ids[0])]
    reader = shared.listen("gone", since="all")
    reader.sees("two")
    assert reader.data == ["two"]
    assert "there is nothing to delete" in run("delete", "gone", str(ids[0])).refuses(6)


def test_all_that_a_channel_has_is_deleted_and_the_cursor_behind_it_printed(run, shared):
    name = "users/42 ünter"
    shared.publish("one", channel=name)
    cursor, = run("delete", name).ends()
    assert shared.channel(name)["events"] == 0
    shared.publish("two", channel=name)
    reader = shared.listen(name, last_event_id=cursor)
    reader.sees("two")
    assert "nothing to delete" in run("delete", "nobody-was-here").refuses(6)


def test_an_event_is_published_for_so_long_only(run, shared):
    run("pub", "short", "one", "--ttl", "1h").ends()
    assert "?ttl= is a duration" in run("pub", "short", "one", "--ttl", "soon").refuses(6)


def test_a_page_of_another_origin_is_told_that_it_may_send_a_delete(shared):
    for path in ("/api/channels/a", "/api/channels/a/events/1"):
        answer = shared.door.ask("OPTIONS", path, {"Origin": "https://app.example",
                                                   "Access-Control-Request-Method": "DELETE"})
        assert answer.status == 204 and "DELETE" in answer.headers["allow"], answer


@pytest.mark.behind_apache("--full")
def test_a_person_is_asked_first(shared, terminal):  # noqa: F811
    shared.publish("one", channel="asked")
    person = terminal(shared, "delete", "asked")
    person.shows("delete all events of asked for everybody? [y/N]")
    person.presses("\n")
    person.shows("nothing was deleted")
    person.ends(1)
    assert shared.channel("asked")["events"] == 1
    person = terminal(shared, "delete", "asked")
    person.shows("[y/N]")
    person.presses("y\n")
    person.ends()
    assert shared.channel("asked")["events"] == 0
