/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_PEERS_PAGE_H
#define TIDINGS_HUB_PEERS_PAGE_H
/*
 * page - older events, for whoever is below the window of its responder
 *
 * Questions wait in a queue per peer; between two commits the peers take turns,
 * one answer each, until PAGE_US have passed.  Where a stream goes on is judged
 * from memory (JUDGE, resume.h); its events come in pages of one channel or
 * pattern each (PAGE, sheet.h), a channel's read straight from the index: so it
 * does not matter how long the log is, how much of it belongs to others, nor
 * how many channels a stream has.
 */
#include <stdbool.h>

#include "hub/log/eventlog.h"
#include "hub/log/ledger.h"
#include "hub/log/ring.h"
#include "hub/peers/peer.h"
#include "hub/peers/sheet.h"

enum {
	PAGE_US = SHEET_US, /* older events are read this long between two
			       commits */
};

/* PAGE or JUDGE came; false if it is malformed. */
bool page_ask(struct peer *peer, struct wire_in *in);
bool page_ask_judge(
	struct ledger *ledger, struct peer *peer, struct wire_in *in);
/* Once a turn: whoever had a cursor or a label that this log did not know, but
 * another machine's may, is answered once this one has got as far as the order
 * was when he asked; and not at all if that takes longer than `give_up`. */
void pages_wake(const struct ledger *ledger, struct peers *peers);
/* The peer is closed: its questions go. */
void page_forget(struct peer *peer);
/* Answers, and moves followers on that read the log; true if work is left. */
bool pages_run(
	struct eventlog *log, const struct ring *ring, struct peers *peers);

#endif
