# SPDX-License-Identifier: MIT
"""What the triggers of `tidings inbox init` make of a value."""

import json
import math
import random
import sqlite3

import pytest

from shop import hear, init, init_alone, sql


def new_rows(path, values, encoding="UTF-8", kind=""):
    """The events of a table with such values in it, as their texts."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(f"PRAGMA encoding = '{encoding}'")
    db.execute(f"CREATE TABLE readings(id INTEGER PRIMARY KEY, value {kind})")
    init_alone(path, "--on", "readings")
    db.execute("BEGIN")
    db.executemany("INSERT INTO readings(value) VALUES (?)", [(value,) for value in values])
    db.execute("COMMIT")
    rows = [data for data, in db.execute("SELECT data FROM broadcast ORDER BY id")]
    db.close()
    return rows


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
@pytest.mark.parametrize("kind", ["", "REAL", "TEXT COLLATE NOCASE"])
def test_a_real_number_is_read_back_as_the_same_number(tmp_path, encoding, kind):
    chance = random.Random(15)
    numbers = [0.1, 0.1 + 0.2, 1 / 3, -19.99, 5.0, 1e22, 1e23, 5e-324, 2.2250738585072014e-308,
               123456789012345.6, 9007199254740993.0, 1e15, 1e-7]
    numbers += [chance.random() * 10.0 ** chance.randint(-90, 90) for _ in range(2000)]
    rows = new_rows(tmp_path / "app.db", numbers, encoding, kind)
    read = [float(json.loads(row)["new"]["value"]) for row in rows]
    if kind.startswith("TEXT"):  # the application's own column has rounded it
        assert all(math.isclose(a, b, rel_tol=1e-14) or b < 1e-300 for a, b in zip(read, numbers))
    else:
        assert read == numbers


def test_a_number_that_a_person_wrote_is_told_as_it_was_written(tmp_path):
    rows = new_rows(tmp_path / "app.db", [0.1, 19.99, -4.5, 5.0, 1234567.89])
    assert [row.split('"value":')[1].rstrip("}") for row in rows] \
        == ["0.1", "19.99", "-4.5", "5.0", "1234567.89"]


def test_what_json_has_no_number_for_is_null_and_whole_numbers_are_exact(tmp_path):
    rows = new_rows(tmp_path / "app.db", [math.inf, -math.inf, math.nan, -0.0, 2**63 - 1, -2**63])
    assert [json.loads(row)["new"]["value"] for row in rows] \
        == [None, None, None, 0.0, 2**63 - 1, -2**63]


def test_a_text_that_is_no_utf_8_is_told_by_its_key(shop):
    init(shop, "--on", "orders")
    sql(shop, "INSERT INTO orders(item) VALUES (CAST(x'636166e9' AS TEXT))",
        "UPDATE orders SET item = 'caf\u00e9'", "UPDATE orders SET item = 'tea'")
    events = hear(shop, "orders", 3)
    assert events[0] == ("insert", {"table": "orders", "change": "insert", "not_utf8": True,
                                    "key": {"id": 1}})
    assert events[1] == ("update", {"table": "orders", "change": "update", "not_utf8": True,
                                    "key": {"id": 1}})
    assert events[2][1]["old"]["item"] == "caf\u00e9"
    assert sql(shop, "SELECT count(*) FROM broadcast WHERE error IS NOT NULL") == [(0,)]


def test_a_key_that_is_no_utf_8_is_null(shop):
    sql(shop, "CREATE TABLE words(word TEXT, n, PRIMARY KEY(word, n))")
    init(shop, "--on", "words")
    sql(shop, "INSERT INTO words VALUES (CAST(x'e9' AS TEXT), 7)")
    assert hear(shop, "words", 1)[0][1]["key"] == {"word": None, "n": 7}


def test_each_text_is_utf_8_or_told_by_its_key_whatever_bytes_it_has(tmp_path):
    chance = random.Random(15)
    good = [b"a", b"\xc3\xa9", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b'"', b"\n", b"\0", b"\x7f",
            b"\xef\xbf\xbd", b"\xef\xbf\xbe", b"\xef\xbf\xbf"]
    bad = [b"\xe9", b"\xe2\x82", b"\x93", b"\xed\xa0\x80", b"\xc0\x80", b"\xf8\x82\x80",
           b"\xf4\x90\x80\x80", b"\xf5", b"\xe0\x82\x80", b"\xff", b"\xc3\xa9\xa9"]
    texts = [b"x" * chance.choice([0, 3, 15, 16, 17, 511, 512, 1000])
             + b"".join(chance.choice(good if chance.random() < 0.9 else bad)
                        for _ in range(chance.randint(1, 20))) for _ in range(3000)]
    db = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
    db.text_factory = bytes
    db.execute("CREATE TABLE words(id INTEGER PRIMARY KEY, word TEXT)")
    init_alone(tmp_path / "app.db", "--on", "words")
    db.execute("BEGIN")
    db.executemany("INSERT INTO words(word) VALUES (CAST(? AS TEXT))", [(text,) for text in texts])
    db.execute("COMMIT")
    for text, (data,) in zip(texts, db.execute("SELECT data FROM broadcast ORDER BY id")):
        event = json.loads(data.decode())  # which is UTF-8 in any case
        try:
            assert event["new"]["word"] == text.decode()
        except UnicodeDecodeError:
            raise AssertionError(f"{text} was told as {data}") from None
        except KeyError:
            assert event["not_utf8"]
            with pytest.raises(UnicodeDecodeError):
                text.decode()
    db.close()


def test_half_a_surrogate_pair_in_utf_16_keeps_no_row_from_being_stored_and_told(tmp_path):
    db = sqlite3.connect(tmp_path / "wide.db", isolation_level=None)
    db.execute("PRAGMA encoding = 'UTF-16le'")
    db.execute("CREATE TABLE words(id INTEGER PRIMARY KEY, word TEXT)")
    init_alone(tmp_path / "wide.db", "--on", "words")
    for half in ("00d8", "00dc", "00d84100", "610000d8"):
        db.execute(f"INSERT INTO words(word) VALUES (CAST(x'{half}' AS TEXT))")
    db.text_factory = bytes
    rows = [json.loads(data.decode()) for data, in db.execute("SELECT data FROM broadcast")]
    assert len(rows) == 4
    db.close()


def test_a_statement_that_changes_many_rows_tells_each_as_it_is(shop):
    init(shop, "--on", "orders")
    sql(shop, "INSERT INTO orders(item) VALUES ('a'), ('\u00e9'), (CAST(x'ff' AS TEXT)), ('d')")
    assert [data["new"]["item"] if "new" in data else data["key"]
            for _, data in hear(shop, "orders", 4)] == ["a", "\u00e9", {"id": 3}, "d"]
