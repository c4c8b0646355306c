/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/together/enter.h"

#include <string.h>

#include "hub/lines.h"
#include "hub/together/rooms.h"
#include "lib/log.h"

enum {
	LOOK_US = 20000,
	PATIENCE_US = 15000000, /* then it is given up */
};

struct entering {
	struct loop *loop;
	struct ledger ledger;
	struct together *together;
	enum enter_deed deed;
	struct timer timer;
	uint64_t deadline;
	int status;
};

static void end(struct entering *entering, int status)
{
	entering->status = status;
	timer_stop(loop_timers(entering->loop), &entering->timer);
	loop_stop(entering->loop);
}

/* ---- join */

static bool is_empty(struct ledger *ledger)
{
	int64_t count = 0;

	return db_ask(&ledger->store.db,
		       "SELECT (SELECT count(*) FROM channel)"
		       " + (SELECT count(*) FROM orphan)",
		       &count) == DB_DONE &&
	       count == 0;
}

static void write_meta(
	struct store *store, const char *name, const uint8_t *bytes, size_t len)
{
	struct query query = {0};

	store_prepare(
		store, &query, "UPDATE meta SET value = ? WHERE name = ?");
	query_bind_blob(&query, 1, span((const char *)bytes, len));
	query_bind_text(&query, 2, span_of(name));
	store_run(store, &query);
	query_release(&query);
}

static void join(struct entering *entering, const uint8_t identity[SHARED_ID],
	const uint8_t secret[SHARED_SECRET])
{
	struct ledger *ledger = &entering->ledger;
	struct store *store = &ledger->store;
	bool same = memcmp(identity, ledger->log.identity, SHARED_ID) == 0;

	if (!same && !is_empty(ledger)) {
		log_warnx(LINE_SHARED_OTHER, store->path);
		end(entering, 1);
		return;
	}
	if (store_begin(store)) {
		write_meta(store, "identity", identity, SHARED_ID);
		write_meta(store, "tickets", secret, SHARED_SECRET);
		/* What it said before were ids of its own. */
		if (!same)
			store_ok(store, db_run(&store->db, "DELETE FROM hole"));
	}
	if (store_commit(store) != DB_DONE) {
		log_warnx(LINE_SHARED_NOT_JOINED, store->path);
		end(entering, 1);
		return;
	}
	log_info(LINE_SHARED_JOINED, store->path);
	end(entering, 0);
}

/* ---- what is there */

static void on_there(struct entering *entering,
	const uint8_t identity[SHARED_ID], const uint8_t secret[SHARED_SECRET])
{
	if (entering->deed == ENTER_JOIN) {
		join(entering, identity, secret);
		return;
	}
	if (memcmp(identity, entering->ledger.log.identity, SHARED_ID) == 0) {
		log_info(LINE_SHARED_FOUNDED);
		end(entering, 0);
	} else {
		log_warnx(LINE_SHARED_NOT_FOUNDED,
			"there is one already, of another log");
		end(entering, 1);
	}
}

static void look(void *arg)
{
	struct entering *entering = arg;
	struct together *together = entering->together;
	uint8_t identity[SHARED_ID], secret[SHARED_SECRET];
	bool founding = together->founding != NULL;

	if (together->founded)
		end(entering, 0);
	else if (!founding && shared_identity(together->wing, identity, secret))
		on_there(entering, identity, secret);
	else if (together->where == SHARED_EMPTY &&
		 entering->deed == ENTER_FOUND && !founding)
		found_begin(together);
	else if (together->where == SHARED_STOPPED ||
		 (!founding &&
			 loop_now_us(entering->loop) > entering->deadline))
		end(entering, 1); /* the wing has said why */
}

/* ---- nobody listens */

static void no_acked(void *peer, const struct ack *ack)
{
	(void)peer;
	(void)ack;
}

static void no_trouble(void *arg, const char *reason)
{
	(void)arg;
	(void)reason;
}

static void no_news(void *arg)
{
	(void)arg;
}

static void no_move(void *arg, struct span name,
	const uint8_t identity[ORIGIN_INBOX], uint64_t cursor)
{
	(void)arg;
	(void)name;
	(void)identity;
	(void)cursor;
}

int enter_order(const struct config *config, const struct lock *lock,
	enum enter_deed deed)
{
	static const struct together_sink nobody = {
		no_news, no_news, no_move, NULL};
	const struct ledger_notify notify = {no_acked, no_trouble, NULL};
	struct entering entering = {
		.loop = loop_new(&clock_system), .deed = deed};

	if (config->shared.redis_count == 0)
		log_fatalx(LINE_SHARED_NOT_SHARED);
	ledger_open(&entering.ledger, config, lock, &clock_system, &notify);
	entering.together = together_make(
		entering.loop, &entering.ledger, &nobody, deed == ENTER_JOIN);
	entering.deadline = loop_now_us(entering.loop) + PATIENCE_US;
	timer_init(&entering.timer, look, &entering);
	timer_set(
		loop_timers(entering.loop), &entering.timer, LOOK_US, LOOK_US);
	loop_run(entering.loop);
	together_close(entering.together);
	ledger_close(&entering.ledger);
	loop_free(entering.loop);
	return entering.status;
}
