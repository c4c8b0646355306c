/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/ledger.h"

#include "hub/lines.h"
#include "lib/event/active.h"
#include "lib/event/traits.h"
#include "lib/log.h"

/* ---- whether it can be written */

static const char *reason_of(enum db_result trouble)
{
	return trouble == DB_FULL ? "no room on the disk"
				  : "another program has locked the log";
}

/* `trouble`: what stands in the way, DB_DONE if nothing does. */
static void set_trouble(struct ledger *ledger, enum db_result trouble)
{
	if (ledger->writable == (trouble == DB_DONE))
		return;
	ledger->writable = trouble == DB_DONE;
	ledger->trouble = trouble;
	ledger->reason = ledger->writable ? NULL : reason_of(trouble);
	if (ledger->writable)
		log_info(LINE_LOG_WRITABLE, ledger->store.path);
	else
		log_warnx(LINE_LOG_NOT_WRITABLE, ledger->store.path,
			ledger->reason);
	ledger->notify.trouble(ledger->notify.arg, ledger->reason);
}

static void refuse(struct ack *ack, enum db_result trouble)
{
	ack->outcome = trouble == DB_FULL ? WIRE_OUT_FULL : WIRE_OUT_FAILED;
	ack->first = ack->last = 0;
	ack->reason = reason_of(trouble);
}

void ledger_refuse(const struct ledger *ledger, struct ack *ack)
{
	refuse(ack, ledger->writable ? ledger->store.trouble : ledger->trouble);
}

/* ---- the transaction */

bool ledger_begin(struct ledger *ledger)
{
	if (ledger->log.rows >= LEDGER_ROWS_MAX ||
		ledger->log.bytes >= LEDGER_BYTES_MAX)
		ledger_commit(ledger);
	return ledger->writable && store_begin(&ledger->store);
}

/* Who was there goes by the limits of its channel. */
static void note_expiry(struct ledger *ledger, const struct wire_event *event)
{
	uint64_t at;

	if (trait_expires(event->traits, &at) &&
		!active_is_reserved(event->channel))
		expiries_note(&ledger->expiries, event->id, at);
}

uint64_t ledger_append(struct ledger *ledger, struct channel *channel,
	struct span type, struct span traits, struct span data)
{
	struct wire_event event = {
		.channel = channel_name(channel),
		.type = type,
		.traits = traits,
		.data = data,
	};

	event.id = eventlog_append(&ledger->log, channel, type, traits, data);
	event.at = ledger->log.at;
	event.taken = clock_now_us(ledger->clock);
	if (event.id != 0)
		ring_add(&ledger->ring, &event, event.id);
	if (event.id != 0 && traits.len > 0)
		note_expiry(ledger, &event);
	if (event.id != 0 && channel->internal)
		erasures_apply(&ledger->erasures, traits, event.id);
	return event.id;
}

void ledger_mention(struct ledger *ledger, struct span channel,
	struct span type, struct span data)
{
	struct wire_event event = {
		.at = clock_date_ms(ledger->clock),
		.taken = clock_now_us(ledger->clock),
		.channel = channel,
		.type = type,
		.data = data,
	};

	ring_add(&ledger->ring, &event, ledger->log.newest);
}

void ledger_tell(const struct ledger *ledger, const struct ack *ack)
{
	if (ack->tell != NULL)
		ack->tell(ack->peer, ack);
	else
		ledger->notify.acked(ack->peer, ack);
}

void ledger_ack(struct ledger *ledger, const struct ack *ack)
{
	buf_add(&ledger->acks, ack, sizeof(*ack));
}

/* A publish that went into a failed transaction has failed with it; so has a
 * conflict, perhaps with what was in there, and what there was nothing of,
 * perhaps as that was deleted in there. */
static bool fails_with_it(enum wire_outcome outcome)
{
	return outcome <= WIRE_OUT_CONFLICT || outcome == WIRE_OUT_NOTHING;
}

static void let_acks_go(struct ledger *ledger, enum db_result trouble)
{
	struct ack *acks = (struct ack *)(void *)ledger->acks.at;
	size_t count = ledger->acks.len / sizeof(*acks);

	for (size_t i = 0; i < count; i++) {
		if (trouble != DB_DONE && fails_with_it(acks[i].outcome))
			refuse(&acks[i], trouble);
		ledger_tell(ledger, &acks[i]);
	}
	buf_clear(&ledger->acks);
}

static enum db_result commit(struct ledger *ledger)
{
	struct ledger_figures *figures = &ledger->figures;
	uint64_t began = clock_now_us(ledger->clock);
	enum db_result trouble = store_commit(&ledger->store);
	uint64_t took = clock_now_us(ledger->clock) - began;

	if (trouble != DB_DONE || ledger->log.rows == 0)
		return trouble;
	figures->events += ledger->log.rows;
	histogram_add(&figures->commits, took, 1);
	histogram_add(&figures->recent, took, 1);
	return trouble;
}

static void revert(struct ledger *ledger)
{
	parties_revert(&ledger->parties);
	ring_revert(&ledger->ring, ledger->log.committed);
}

void ledger_commit(struct ledger *ledger)
{
	enum db_result trouble = DB_DONE;

	if (ledger->store.writing) {
		parties_write(&ledger->parties);
		trouble = commit(ledger);
		if (trouble == DB_DONE)
			parties_settle(&ledger->parties);
		else
			revert(ledger);
	}
	ring_show(&ledger->ring);
	let_acks_go(ledger, trouble);
	if (trouble != DB_DONE)
		set_trouble(ledger, trouble);
}

void ledger_join(struct ledger *ledger, const struct party *party)
{
	parties_join(&ledger->parties, party);
}

/* ---- upkeep */

/* As much as a large event, so that one is not promised room and then refused
 * it. */
static const char probe[] =
	"UPDATE meta SET value = zeroblob(65536) WHERE name = 'probe'";

/* A shared order says itself where ids go on. */
static enum db_result start(struct ledger *ledger)
{
	struct eventlog *log = &ledger->log;

	if (log->started || ledger->config->shared.redis_count > 0) {
		log->started = true;
		return DB_DONE;
	}
	return eventlog_start(log);
}

/* Tries whether there is room again; before the first event of this start,
 * that start has to be recorded. */
static void try_to_write(struct ledger *ledger)
{
	struct store *store = &ledger->store;

	if (store_begin(store))
		store_ok(store, db_run(&store->db, probe));
	if (store_commit(store) != DB_DONE)
		return;
	if (start(ledger) != DB_DONE)
		return;
	set_trouble(ledger, DB_DONE);
}

/* Once all that was deleted is, and not too often. */
static void wipe(struct ledger *ledger)
{
	uint64_t now = clock_now_us(ledger->clock);

	if (!ledger->store.tainted || erasures_wait(&ledger->erasures) ||
		now < ledger->wipe_at)
		return;
	ledger->wipe_at = now + LEDGER_WIPE_US;
	store_wipe(&ledger->store);
}

void ledger_tend(struct ledger *ledger)
{
	store_check_files(&ledger->store);
	files_tend(&ledger->store.files);
	calendar_look(&ledger->calendar);
	if (!ledger->writable)
		try_to_write(ledger);
	if (!ledger->writable)
		return;
	ledger_commit(ledger);
	wipe(ledger);
	channels_collect(&ledger->channels,
		calendar_before(&ledger->calendar, ledger->config->key_age_ms));
	retention_step(&ledger->retention);
	receipts_collect(&ledger->receipts);
}

/* ---- beginning and end */

static void join_erasers(struct ledger *ledger)
{
	const struct party erasures = erasures_party(&ledger->erasures);
	const struct party expiries = expiries_party(&ledger->expiries);

	ledger_join(ledger, &erasures);
	ledger_join(ledger, &expiries);
}

void ledger_open(struct ledger *ledger, const struct config *config,
	const struct lock *lock, const struct clock *clock,
	const struct ledger_notify *notify)
{
	struct store *store = &ledger->store;

	ledger->config = config;
	ledger->clock = clock;
	ledger->notify = *notify;
	store_open(store, config->log_path);
	channels_open(&ledger->channels, store, config, clock);
	eventlog_open(&ledger->log, store, &ledger->channels, lock, clock);
	calendar_open(&ledger->calendar, store, clock, ledger->log.at);
	keys_open(&ledger->keys, store, config->key_age_ms);
	receipts_open(&ledger->receipts, store, clock);
	retention_open(&ledger->retention, config, &ledger->log, &ledger->keys,
		&ledger->calendar);
	erasures_open(&ledger->erasures, &ledger->log);
	parties_open(&ledger->parties, &ledger->retention, &ledger->receipts,
		&ledger->calendar, &ledger->log, &ledger->channels);
	expiries_open(&ledger->expiries, &ledger->erasures, &ledger->calendar);
	join_erasers(ledger);
	ledger->writable = true;
	set_trouble(ledger, start(ledger));
	ring_open(&ledger->ring, ledger->log.committed);
	log_info(LINE_LOG_OPEN, store->path,
		(unsigned long long)ledger->log.committed);
}

/* So that a start after a quiet night finds no old date.  If it cannot be
 * written, that start doubts the clock, and nothing else comes of it. */
static void write_date(struct ledger *ledger)
{
	enum db_result written;

	if (!ledger->writable)
		return;
	if (store_begin(&ledger->store))
		calendar_write(&ledger->calendar);
	written = store_commit(&ledger->store);
	(void)written;
}

void ledger_close(struct ledger *ledger)
{
	write_date(ledger);
	ring_close(&ledger->ring);
	expiries_close(&ledger->expiries);
	erasures_close(&ledger->erasures);
	retention_close(&ledger->retention);
	receipts_close(&ledger->receipts);
	keys_close(&ledger->keys);
	calendar_close(&ledger->calendar);
	eventlog_close(&ledger->log);
	channels_close(&ledger->channels);
	store_close(&ledger->store);
	buf_release(&ledger->acks);
}
