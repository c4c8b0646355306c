# SPDX-License-Identifier: MIT
"""Real text: the lines of files that every Debian has, and who must get them."""

from pathlib import Path

PLACES = ["/usr/share/perl/*/pod/perlfunc.pod", "/usr/share/common-licenses/*",
          "/usr/share/doc/*/copyright"]
LINES = 2000


def real_lines():
    """The lines of the first file, or of a folder's files, that are enough."""
    for place in PLACES:
        lines, seen = [], set()
        for path in sorted(Path("/").glob(place[1:])):
            if path.resolve() in seen:
                continue
            seen.add(path.resolve())
            text = path.read_text(errors="strict" if "licenses" in place else "ignore")
            lines += text.split("\n")[:-1]
            if len(lines) >= 2 * LINES:
                break
        if len(lines) >= LINES:
            return lines
    raise AssertionError("no real text of 2,000 lines on this machine")


def everyone_has(audience, lines):
    for reader in audience:
        reader.wait(lambda: len(reader.ids) >= len(lines), reader.story, 60)
        assert reader.data == lines
        assert reader.ids == sorted(set(reader.ids))
        assert not reader.told("reset") and reader.ends == 0


def post_each(world, lines):
    """One connection for many posts, as lighttpd lets it be."""
    sock = world.door.dial()
    for line in lines:
        request = world.door.request("/realtime/text", method="POST", body=line.encode())
        answer = world.door.talk(sock, request, "POST")
        assert answer.status == 200, answer
        if answer.headers.get("connection") == "close":
            sock.close()
            sock = world.door.dial()
    sock.close()
