# SPDX-License-Identifier: MIT
"""`tidings check` where several machines share an order."""

from checks import check, hints, verdicts
from several import said_away


def test_an_order_that_is_at_hand_is_ok(make_world, two):
    world = two.add(web=True)
    lines = check(world, 0, "--auto", "shared", "--server-config", world.folder / "hub.conf")
    assert verdicts(lines) == {"health": "ok", "shared order": "ok"}


def test_an_address_that_the_sandbox_forbids_is_named_with_what_opens_it(make_world, tmp_path):
    world = make_world(web=True)
    world.restart_hub({"shared": {"redis": "127.0.0.1:1 unix:/nonexistent [::1]:1"}})
    said_away(world)
    packaged, ours = tmp_path / "packaged.conf", tmp_path / "ours.conf"
    text = (world.folder / "hub.conf").read_text()
    packaged.write_text(text.replace("[hub]", "[hub]\ninbox_user = nobody"))
    ours.write_text(text.replace("[hub]", "[hub]\ninbox_user ="))
    lines = check(world, 1, "--auto", "shared", "--server-config", packaged)
    assert verdicts(lines)["shared order"] == "FAIL"
    said = hints(lines)
    for line in ("systemctl edit tidings-hub", "RestrictAddressFamilies=AF_INET AF_INET6",
                 "IPAddressAllow=127.0.0.1 ", "IPAddressAllow=::1"):
        assert line in said + " ", said
    assert "unix" not in said
    lines = check(world, 1, "--auto", "shared", "--server-config", ours)
    assert "IPAddressAllow" not in hints(lines)
