# SPDX-License-Identifier: MIT
"""A reason is found by whatever way it comes into a line of the log."""

import pytest

from loglines import Flow, lines, reasons

START = """
struct link { const char *why; void (*closed)(void *owner, const char *why); };
struct peer { struct link link; int uid; };
struct parser { const char *why; };
"""
LINE = 'log_warnx("peer of uid %d: closed: %s", peer->uid, WHY);'
TABLE = '''
#define LINE_CLOSED \\
	"peer of uid %d: " \\
	"closed: %s"
#define LINE_PEER      "peer of uid %d: closed: %s"
#define SENTENCE_BY "said by the peer"
'''
WAYS = {
    "as it is": "void a(struct peer *peer) { " + LINE.replace("WHY", '"said by the peer"') + " }",
    "as the tables have it": "void a(struct peer *peer) { log_warnx(peer ? LINE_CLOSED : LINE_PEER, peer->uid, SENTENCE_BY); }",
    "by a parameter": "void a(struct peer *peer, const char *why) { " + LINE.replace("WHY", "why") +
                      ' } void b(void) { a(NULL, "said by" " the peer"); }',
    "by a variable": 'void a(struct peer *peer, int n) { const char *why = n ? "no more" : NULL;'
                     ' if (n > 2) why = (n == 3 ? "said by the peer" : "x y"); ' + LINE.replace("WHY", "why") + " }",
    "by a member": "void a(struct peer *peer) { " + LINE.replace("WHY", "peer->link.why") +
                   ' } void b(struct link *link) { link->why = "said by the peer"; }',
    "by what a function returns": 'static const char *f(int n) { if (n) return "said by the peer"; return NULL; }'
                                  " void a(struct peer *peer) { " + LINE.replace("WHY", "f(1)") + " }",
    "by a callback": "static void a(void *peer, const char *why) { " + LINE.replace("WHY", "why") +
                     " } void b(struct peer *peer) { peer->link.closed = a; }"
                     ' void c(struct link *link) { link->closed(link, "said by the peer"); }',
    "by a callback that was handed on": "static void a(void *peer, const char *why) { " + LINE.replace("WHY", "why") +
                     ' } void b(void) { struct hub hub = {.n = 2, .gone = a}; d(&hub); }'
                     " void d(struct hub *hub) { struct peer *peer = f(); peer->link.closed = hub->gone; }"
                     ' void c(struct link *link) { link->closed(link, "said by the peer"); }',
    "by a buffer": 'void a(struct peer *peer) { struct buf why = {0}; buf_printf(&why, "said by the peer"); ' +
                   LINE.replace("WHY", "why.at") + " }",
    "by a copy": 'void a(struct peer *peer) { static char why[9]; strncpy(why, "said by the peer", 8); ' +
                 LINE.replace("WHY", "why") + " }",
}


def read(folder, text):
    (folder / "hub").mkdir()
    (folder / "hub" / "lines.h").write_text(TABLE)
    (folder / "hub" / "peer.c").write_text(START + text)
    flow = Flow(folder, ["hub"])
    return lambda: [flow]


@pytest.mark.parametrize("way", WAYS)
def test_a_reason_is_found(tmp_path, way):
    flow = read(tmp_path, WAYS[way])
    assert lines(flow) == {"peer of uid*: closed:*"}
    assert ("said by the peer", "peer of uid*: closed: said by the peer") in reasons(flow)


def test_what_others_say_is_none(tmp_path):
    flow = read(tmp_path, WAYS["by a member"] + """
        void c(struct parser *parser) { parser->why = "not said here"; }
        void d(void) { log_info("parser: %d", 3); log_warn("parser: its file"); }""")
    assert {reason for reason, _ in reasons(flow)} == {"said by the peer"}
    assert lines(flow) >= {"parser:*", "parser: its file:*"}
