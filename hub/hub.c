#include "config.h"

#include "hub/hub.h"

#include <signal.h>
#include <string.h>

#include "hub/census.h"
#include "hub/demo.h"
#include "hub/follow.h"
#include "hub/inboxes.h"
#include "hub/page.h"
#include "hub/peer.h"
#include "lib/clock.h"
#include "lib/log.h"

/* ---- whether the log can be written */

static const char *reason_of(enum db_result trouble)
{
	return trouble == DB_FULL ? "no room on the disk"
				  : "another program has locked the log";
}

/* `trouble`: what stands in the way, DB_DONE if nothing does. */
static void set_trouble(struct hub *hub, enum db_result trouble)
{
	if (hub->writable == (trouble == DB_DONE))
		return;
	hub->writable = trouble == DB_DONE;
	hub->trouble = trouble;
	hub->reason = hub->writable ? NULL : reason_of(trouble);
	if (hub->writable)
		log_info("log %s: can be written again", hub->store.path);
	else
		log_warnx("log %s: cannot be written: %s", hub->store.path,
			hub->reason);
	for (struct peer *at = hub->peers; at != NULL; at = at->next)
		peer_send_state(at);
}

static void refuse(struct answer *answer, enum db_result trouble)
{
	answer->outcome = trouble == DB_FULL ? WIRE_OUT_FULL : WIRE_OUT_FAILED;
	answer->first = answer->last = 0;
	answer->reason = reason_of(trouble);
}

void hub_refuse(struct hub *hub, struct answer *answer)
{
	refuse(answer, hub->writable ? hub->store.trouble : hub->trouble);
}

/* ---- the transaction */

bool hub_begin(struct hub *hub)
{
	if (hub->log.rows >= HUB_ROWS_MAX || hub->log.bytes >= HUB_BYTES_MAX)
		hub_commit(hub);
	return hub->writable && store_begin(&hub->store);
}

void hub_answer(struct hub *hub, const struct answer *answer)
{
	buf_add(&hub->answers, answer, sizeof(*answer));
}

uint64_t hub_store(struct hub *hub, struct channel *channel, struct span type,
	struct span data)
{
	struct wire_event event = {
		.channel = channel_name(channel),
		.type = type,
		.data = data,
	};

	event.id = eventlog_append(&hub->log, channel, type, data);
	event.at = hub->log.at;
	event.taken = clock_mono_us();
	if (event.id != 0)
		ring_add(&hub->ring, &event, event.id);
	return event.id;
}

static void tell(struct hub *hub, const struct answer *answer)
{
	struct buf *out = &hub->scratch;
	size_t begun;

	buf_clear(out);
	begun = wire_begin(out, WIRE_STORED);
	wire_put_u64(out, answer->number);
	wire_put_u8(out, (uint8_t)answer->outcome);
	wire_put_u64(out, answer->first);
	wire_put_u64(out, answer->last);
	wire_put_str16(out, span_of(answer->reason));
	wire_end(out, begun);
	peer_send(answer->peer, out);
}

/* A publish that went into a failed transaction has failed with it; so has a
 * conflict, perhaps with what was in there. */
static void tell_all(struct hub *hub, enum db_result trouble)
{
	struct answer *answers = (struct answer *)(void *)hub->answers.at;
	size_t count = hub->answers.len / sizeof(*answers);

	for (size_t i = 0; i < count; i++) {
		if (trouble != DB_DONE &&
			answers[i].outcome <= WIRE_OUT_CONFLICT)
			refuse(&answers[i], trouble);
		tell(hub, &answers[i]);
	}
	buf_clear(&hub->answers);
}

static void settle(struct hub *hub)
{
	eventlog_settle(&hub->log);
	channels_settle(&hub->channels);
	receipts_settle(&hub->receipts);
	inboxes_settle(hub->inboxes);
	retention_settle(&hub->retention);
}

static void revert(struct hub *hub)
{
	eventlog_revert(&hub->log);
	channels_revert(&hub->channels);
	receipts_revert(&hub->receipts);
	inboxes_revert(hub->inboxes);
	ring_revert(&hub->ring, hub->log.committed);
	retention_revert(&hub->retention);
}

static enum db_result commit(struct hub *hub)
{
	uint64_t began = clock_mono_us();
	enum db_result trouble = store_commit(&hub->store);

	if (trouble == DB_DONE && hub->log.rows > 0)
		meter_committed(
			&hub->meter, hub->log.rows, clock_mono_us() - began);
	return trouble;
}

void hub_commit(struct hub *hub)
{
	enum db_result trouble = DB_DONE;

	if (hub->store.writing) {
		retention_keep_up(&hub->retention);
		receipts_write(&hub->receipts);
		inboxes_write(hub->inboxes);
		channels_write(&hub->channels);
		trouble = commit(hub);
		if (trouble == DB_DONE)
			settle(hub);
		else
			revert(hub);
	}
	ring_show(&hub->ring);
	tell_all(hub, trouble);
	if (trouble != DB_DONE)
		set_trouble(hub, trouble);
}

/* ---- a turn */

static void move_followers(struct hub *hub)
{
	for (struct peer *at = hub->peers; at != NULL; at = at->next)
		follow_move(at);
}

/* Somebody who read has found events to be lost. */
static void save_losses(struct hub *hub)
{
	const struct channels *channels = &hub->channels;

	if ((channels->dirty != NULL || channels->floor_raised) &&
		hub->writable && store_begin(&hub->store))
		hub_commit(hub);
}

static void turn(struct ev_loop *loop, struct ev_prepare *watch, int events)
{
	struct hub *hub = watch->data;
	bool more;

	(void)events;
	if (hub->retention.behind && hub->writable)
		retention_step(&hub->retention);
	more = inboxes_pull(hub->inboxes);
	hub_commit(hub);
	move_followers(hub);
	peers_flush(hub);
	if (hub->store.db.wal_pages > HUB_WAL_PAGES)
		store_checkpoint(&hub->store);
	more |= pages_run(hub) || hub->retention.behind;
	save_losses(hub);
	peers_flush(hub);
	if (more)
		ev_idle_start(loop, &hub->idle);
	else
		ev_idle_stop(loop, &hub->idle);
}

static void idle(struct ev_loop *loop, struct ev_idle *watch, int events)
{
	/* It need not do anything: while it is active the loop does not wait,
	 * and the next turn comes. */
	(void)loop;
	(void)watch;
	(void)events;
}

/* ---- now and then */

/* As much as a large event, so that one is not promised room and then refused
 * it. */
static const char probe[] =
	"UPDATE meta SET value = zeroblob(65536) WHERE name = 'probe'";

/* Tries whether there is room again; before the first event of this start,
 * that start has to be recorded. */
static void try_to_write(struct hub *hub)
{
	struct store *store = &hub->store;

	if (store_begin(store))
		store_ok(store, db_run(&store->db, probe));
	if (store_commit(store) != DB_DONE)
		return;
	if (!hub->log.started && eventlog_start(&hub->log) != DB_DONE)
		return;
	set_trouble(hub, DB_DONE);
}

static void tick(struct ev_loop *loop, struct ev_timer *watch, int events)
{
	struct hub *hub = watch->data;

	(void)events;
	ev_io_start(loop, &hub->listener);
	store_check_files(&hub->store);
	if (!hub->writable)
		try_to_write(hub);
	if (!hub->writable)
		return;
	hub_commit(hub);
	channels_shed(
		&hub->channels, clock_wall_ms() - hub->config->key_age_ms);
	eventlog_check_owners(&hub->log, EVENTLOG_OWNERS_STEP);
	retention_step(&hub->retention);
	receipts_shed(&hub->receipts, clock_mono_us());
}

static void on_listener(struct ev_loop *loop, struct ev_io *watch, int events)
{
	(void)events;
	/* Those who wait would wake us again and again: the tick looks. */
	if (!peer_accept(watch->data, watch->fd))
		ev_io_stop(loop, watch);
}

static void on_folder(struct ev_loop *loop, struct ev_io *watch, int events)
{
	struct hub *hub = watch->data;

	(void)loop;
	(void)events;
	if (files_have_news(&hub->store.files))
		store_check_files(&hub->store);
}

static void on_signal(struct ev_loop *loop, struct ev_signal *watch, int events)
{
	(void)watch;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

/* ---- beginning and end */

static void open_rooms(struct hub *hub)
{
	struct store *store = &hub->store;

	store_open(store, hub->config->log_path);
	channels_open(&hub->channels, store, hub->config);
	eventlog_open(&hub->log, store, &hub->channels, hub->lock);
	keys_open(&hub->keys, store, hub->config->key_age_ms);
	receipts_open(&hub->receipts, store);
	retention_open(&hub->retention, hub);
	hub->writable = true;
	set_trouble(hub, eventlog_start(&hub->log));
	ring_open(&hub->ring, hub->log.committed);
	hub->inboxes = inboxes_new(hub);
	hub->demo = demo_new(hub);
	meter_open(&hub->meter, hub);
	log_info("log %s: open, newest id %llu", store->path,
		(unsigned long long)hub->log.committed);
}

static void close_rooms(struct hub *hub)
{
	meter_close(&hub->meter);
	demo_free(hub->demo);
	inboxes_free(hub->inboxes);
	ring_close(&hub->ring);
	retention_close(&hub->retention);
	receipts_close(&hub->receipts);
	keys_close(&hub->keys);
	eventlog_close(&hub->log);
	channels_close(&hub->channels);
	store_close(&hub->store);
	buf_release(&hub->answers);
	buf_release(&hub->scratch);
	buf_release(&hub->refused);
}

static void start_watching(struct hub *hub, int listener)
{
	struct ev_loop *loop = hub->loop;

	ev_io_init(&hub->listener, on_listener, listener, EV_READ);
	ev_io_init(&hub->folder, on_folder, hub->store.files.notify, EV_READ);
	ev_prepare_init(&hub->prepare, turn);
	ev_idle_init(&hub->idle, idle);
	ev_timer_init(&hub->tick, tick, 0., HUB_RETRY_MS / 1e3);
	ev_signal_init(&hub->terminate, on_signal, SIGTERM);
	ev_signal_init(&hub->interrupt, on_signal, SIGINT);
	hub->listener.data = hub->folder.data = hub;
	hub->prepare.data = hub->tick.data = hub;
	ev_io_start(loop, &hub->listener);
	if (hub->store.files.notify >= 0)
		ev_io_start(loop, &hub->folder);
	ev_prepare_start(loop, &hub->prepare);
	ev_timer_start(loop, &hub->tick);
	ev_signal_start(loop, &hub->terminate);
	ev_signal_start(loop, &hub->interrupt);
}

static void stop_watching(struct hub *hub)
{
	struct ev_loop *loop = hub->loop;

	ev_io_stop(loop, &hub->listener);
	ev_io_stop(loop, &hub->folder);
	ev_prepare_stop(loop, &hub->prepare);
	ev_idle_stop(loop, &hub->idle);
	ev_timer_stop(loop, &hub->tick);
	ev_signal_stop(loop, &hub->terminate);
	ev_signal_stop(loop, &hub->interrupt);
}

int hub_run(const struct config *config, int listener, const struct lock *lock)
{
	struct hub hub = {.config = config, .lock = lock};

	hub.loop = ev_default_loop(EVFLAG_NOSIGMASK);
	if (hub.loop == NULL)
		log_fatalx("hub: libev cannot start");
	open_rooms(&hub);
	start_watching(&hub, listener);
	ev_run(hub.loop, 0);
	stop_watching(&hub);
	/* What has come is finished, and answered. */
	hub_commit(&hub);
	move_followers(&hub);
	peers_flush(&hub);
	peers_close(&hub);
	census_end(&hub);
	close_rooms(&hub);
	ev_loop_destroy(hub.loop);
	return 0;
}
