#ifndef TIDINGS_HUB_H
#define TIDINGS_HUB_H
/*
 * hub - everything together, one turn of the loop at a time
 *
 * A turn: frames that have arrived are handed out, and what is to be stored is
 * put into one transaction as it comes; then rows from inboxes join it; then
 * COMMIT; then publishers get their answers and followers their events; then
 * pages are read for at most HUB_PAGING_US; then the loop waits.  A transaction
 * that grows past its limits is committed at once, in the middle of the turn.
 */
#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "hub/channel.h"
#include "hub/eventlog.h"
#include "hub/key.h"
#include "hub/meter.h"
#include "hub/receipt.h"
#include "hub/retention.h"
#include "hub/ring.h"
#include "hub/store.h"
#include "lib/buf.h"
#include "lib/config.h"
#include "lib/wire.h"

enum {
	HUB_ROWS_MAX = 4096,	 /* of one transaction, as are ... */
	HUB_BYTES_MAX = 4 << 20, /* ... these */
	HUB_PAGING_US = 2000,	 /* older events are read this long between two
				    commits */
	HUB_WAL_PAGES = 1536,	 /* of the write-ahead log; above it, they are
				    moved into the database, after the answers */
	HUB_RETRY_MS = 250,	 /* without room a commit is tried this often */
};

struct peer;
struct inboxes;
struct census;
struct demo;
struct lock;

/* What a publisher will be told once the transaction has ended. */
struct answer {
	struct peer *peer;
	uint64_t number, first, last;
	enum wire_outcome outcome;
	const char *reason; /* static, or NULL */
};

struct hub {
	struct ev_loop *loop;
	const struct config *config;
	const struct lock *lock;
	struct store store;
	struct channels channels;
	struct eventlog log;
	struct keys keys;
	struct receipts receipts;
	struct retention retention;
	struct ring ring;
	struct meter meter;
	struct inboxes *inboxes;
	struct census *censuses;
	struct demo *demo; /* NULL = none */
	uint64_t last_census;

	struct peer *peers;
	struct peer *turn_of; /* whose page comes next */
	size_t peer_count;
	uint64_t census_tag;

	struct buf answers; /* struct answer, of the transaction */
	struct buf scratch; /* a frame being built */
	struct buf refused; /* the last refusal, which is not logged twice */
	bool writable;
	enum db_result trouble; /* why not */
	const char *reason;	/* the same in words; static */
	bool ending;

	struct ev_io listener;
	struct ev_io folder; /* something happened to log.db's */
	struct ev_prepare prepare;
	struct ev_idle idle; /* active while there is work left */
	struct ev_timer tick;
	struct ev_signal terminate, interrupt;
};

/* Serves until SIGTERM; all is borrowed.  Returns the exit status. */
int hub_run(const struct config *config, int listener, const struct lock *lock);

/* hub_begin() has said no: the answer says why. */
void hub_refuse(struct hub *hub, struct answer *answer);

/* Ends the transaction: commits or rolls back, answers the publishers. */
void hub_commit(struct hub *hub);
/* To be called before each publish or row: makes room in the transaction.
 * False if nothing can be written now. */
bool hub_begin(struct hub *hub);
void hub_answer(struct hub *hub, const struct answer *answer);
/* Stores one event, and shows it to followers after COMMIT; the id or 0. */
uint64_t hub_store(struct hub *hub, struct channel *channel, struct span type,
	struct span data);

#endif
