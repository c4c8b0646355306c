/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_LEDGER_H
#define TIDINGS_HUB_LOG_LEDGER_H
/*
 * ledger - the log, and the one transaction that may be under way in it
 *
 *   begin    makes room in the transaction, or begins one
 *   append   adds one event to it
 *   commit   has its parties write their rows, commits, lets them settle or
 *            revert, and then lets every ack go
 *
 * It knows no loop, no peer and no inbox.  What it has to say it says through
 * ledger_notify.
 */
#include <stdbool.h>
#include <stdint.h>

#include "hub/log/calendar.h"
#include "hub/log/channel.h"
#include "hub/log/disk/store.h"
#include "hub/log/erase.h"
#include "hub/log/eventlog.h"
#include "hub/log/expire.h"
#include "hub/log/key.h"
#include "hub/log/party.h"
#include "hub/log/receipt.h"
#include "hub/log/retention.h"
#include "hub/log/ring.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/config/config.h"
#include "lib/histogram.h"
#include "lib/wire.h"

enum {
	LEDGER_ROWS_MAX = 4096,	    /* of one transaction, as are ... */
	LEDGER_BYTES_MAX = 4 << 20, /* ... these */
	LEDGER_WAL_PAGES = 1536,    /* of the write-ahead log; above it, they
				       are moved into the database, after the
				       acks */
	LEDGER_WIPE_US = 5000000,   /* between two times that it is overwritten
				       after something was deleted */
};

struct lock;
struct order;

/* What a publisher will be told once the transaction has ended. */
struct ack {
	void *peer;
	/* NULL = ledger_notify's `acked` */
	void (*tell)(void *peer, const struct ack *ack);
	uint64_t number, first, last;
	enum wire_outcome outcome;
	const char *reason; /* static, or NULL */
};

struct ledger_notify {
	void (*acked)(void *peer, const struct ack *ack);
	/* Whether it can be written has changed: why not, or NULL. */
	void (*trouble)(void *arg, const char *reason);
	void *arg;
};

/* What was stored, and how long each COMMIT of events took. */
struct ledger_figures {
	uint64_t events;
	struct histogram commits; /* us */
	struct histogram recent;  /* the same, since somebody emptied it */
};

struct ledger {
	const struct config *config;
	const struct clock *clock;
	struct ledger_notify notify;
	struct store store;
	struct channels channels;
	struct eventlog log;
	struct calendar calendar;
	struct keys keys;
	struct receipts receipts;
	struct retention retention;
	struct erasures erasures;
	struct expiries expiries;
	struct ring ring;
	struct ledger_figures figures;
	struct parties parties;
	struct buf acks;  /* struct ack, of the transaction */
	uint64_t wipe_at; /* monotonic us: not before */
	bool writable;
	enum db_result trouble;	   /* why not */
	const char *reason;	   /* the same in words; static */
	const struct order *order; /* that is shared (order.h); NULL = LOCAL */
	const char *away; /* why that gives no place now; NULL = it does */
};

/* All is borrowed.  A fault is a failed start. */
void ledger_open(struct ledger *ledger, const struct config *config,
	const struct lock *lock, const struct clock *clock,
	const struct ledger_notify *notify);
void ledger_close(struct ledger *ledger);

/* As parties_join(). */
void ledger_join(struct ledger *ledger, const struct party *party);

/* To be called before anything is put into the transaction: makes room, if need
 * be by a commit.  False if nothing can be written now. */
bool ledger_begin(struct ledger *ledger);
/* ledger_begin() has said no: the ack says why. */
void ledger_refuse(const struct ledger *ledger, struct ack *ack);
/* Stores one event, and shows it to followers after COMMIT; the id or 0. */
uint64_t ledger_append(struct ledger *ledger, struct channel *channel,
	struct span type, struct span traits, struct span data);
/* An event that is stored nowhere; followers see it after the next commit. */
void ledger_mention(struct ledger *ledger, struct span channel,
	struct span type, struct span data);
void ledger_ack(struct ledger *ledger, const struct ack *ack);
/* At once, of what is in no transaction. */
void ledger_tell(const struct ledger *ledger, const struct ack *ack);
/* Ends the transaction: commits or rolls back, and lets the acks go. */
void ledger_commit(struct ledger *ledger);

/* ---- upkeep */

/* Between two transactions: commits what readers have found to be lost. */
void ledger_save_losses(struct ledger *ledger);
/* After the acks: moves the write-ahead log on if it has grown. */
void ledger_checkpoint(struct ledger *ledger);
/* A step of pruning, if the last one did not do it all, and of looking through
 * the log after a start; true if there is more to do. */
void ledger_prune(struct ledger *ledger);
bool ledger_is_behind(const struct ledger *ledger);
/* Now and then: whether it can be written (again), what is old, what is too
 * much. */
void ledger_tend(struct ledger *ledger);

#endif
