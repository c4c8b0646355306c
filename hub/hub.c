/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/hub.h"

#include <signal.h>

#include "hub/cursor_file.h"
#include "hub/demo.h"
#include "hub/dispatch.h"
#include "hub/peers/elsewhere.h"
#include "hub/peers/follow.h"
#include "hub/peers/inbox.h"
#include "hub/peers/listing.h"
#include "hub/peers/page.h"
#include "hub/peers/presence.h"
#include "hub/peers/publish.h"
#include "hub/peers/publish_queue.h"
#include "hub/together/together.h"
#include "lib/loop.h"

enum {
	TICK_MS = 250, /* without room a commit is tried this often */
};

struct hub {
	struct loop *loop;
	struct ledger ledger;
	struct peers peers;
	struct sampler sampler;
	struct counts counts;
	struct elsewhere elsewhere;
	struct dispatch dispatch;
	struct inboxes inboxes;
	struct presence presence;
	struct publish_queue publishes;
	struct cursor_file *cursor;
	struct demo *demo;	   /* NULL = none */
	struct together *together; /* NULL = the order is this hub's own */

	struct loop_io listener;
	struct loop_io folder; /* something happened to log.db's */
	struct loop_turn turn;
	struct timer tick;
	struct timer inboxes_due;
};

/* ---- a turn */

static void move_followers(struct hub *hub)
{
	for (struct peer *at = hub->peers.first; at != NULL; at = at->next)
		follow_move(&hub->ledger.ring, at);
}

static void on_due(void *arg)
{
	struct hub *hub = arg;

	loop_again(hub->loop);
}

/* Inboxes whose readers have to rest are taken up again. */
static void wait_for_inboxes(struct hub *hub)
{
	uint64_t due = inboxes_due(&hub->inboxes), now = loop_now_us(hub->loop);

	if (due != UINT64_MAX && !timer_is_set(&hub->inboxes_due))
		timer_set(loop_timers(hub->loop), &hub->inboxes_due,
			due > now ? due - now : 0, 0);
}

/* What is in the transaction is committed, and told. */
static void commit_and_tell(struct hub *hub)
{
	ledger_commit(&hub->ledger);
	inboxes_answer(&hub->inboxes);
	move_followers(hub);
	peers_flush(&hub->peers);
}

static void turn(void *arg)
{
	struct hub *hub = arg;
	struct ledger *ledger = &hub->ledger;
	bool more;

	ledger_prune(ledger);
	publish_queue_run_short(&hub->publishes);
	more = inboxes_pull(&hub->inboxes);
	more |= presence_step(&hub->presence);
	together_step(hub->together);
	commit_and_tell(hub);
	more |= ledger_is_behind(ledger);
	pages_wake(ledger, &hub->peers);
	more |= listing_run(&hub->counts, &hub->peers);
	more |= pages_run(&ledger->log, &ledger->ring, &hub->peers);
	more |= counts_step(&hub->counts);
	more |= presence_run(&hub->presence);
	ledger_save_losses(ledger);
	peers_flush(&hub->peers);
	if (publish_queue_run_long(&hub->publishes))
		commit_and_tell(hub);
	cursor_file_step(hub->cursor);
	ledger_checkpoint(ledger);
	more |= publish_queue_waits(&hub->publishes);
	wait_for_inboxes(hub);
	if (more)
		loop_again(hub->loop);
}

/* ---- now and then */

static void listen_on(struct hub *hub, bool yes)
{
	loop_io_want(hub->loop, &hub->listener, yes ? LOOP_READ : 0);
}

static void tick(void *arg)
{
	struct hub *hub = arg;

	listen_on(hub, true);
	ledger_tend(&hub->ledger);
	together_tend(hub->together);
	if (hub->inboxes.changed)
		dispatch_tell_state(&hub->dispatch);
	hub->inboxes.changed = false;
	inboxes_watch(&hub->inboxes, loop_now_us(hub->loop));
	if (presence_tend(&hub->presence))
		loop_again(hub->loop);
}

static void on_listener(void *arg, unsigned events)
{
	struct hub *hub = arg;

	(void)events;
	/* Those who wait would wake us again and again: the tick looks. */
	if (!peers_accept(&hub->peers, loop_io_fd(&hub->listener)))
		listen_on(hub, false);
}

static void on_folder(void *arg, unsigned events)
{
	struct hub *hub = arg;
	struct store *store = &hub->ledger.store;

	(void)events;
	if (files_have_news(&store->files))
		store_check_files(store);
}

static void on_trouble(void *arg, const char *reason)
{
	struct hub *hub = arg;

	(void)reason;
	dispatch_tell_state(&hub->dispatch);
}

static void on_signal(void *arg)
{
	struct hub *hub = arg;

	loop_stop(hub->loop);
}

/* ---- beginning and end */

static void open_counts(struct hub *hub)
{
	struct ledger *ledger = &hub->ledger;
	struct party party;

	counts_open(&hub->counts, &ledger->channels, ledger->log.identity);
	party = counts_party(&hub->counts);
	ledger_join(ledger, &party);
}

static void open_presence(struct hub *hub)
{
	struct party party = presence_party(&hub->presence);

	presence_open(&hub->presence, &hub->ledger);
	ledger_join(&hub->ledger, &party);
}

static void on_renewed(void *arg)
{
	struct hub *hub = arg;

	for (struct peer *at = hub->peers.first; at != NULL; at = at->next)
		follow_anew(&hub->ledger.log, &hub->ledger.ring, at);
}

static void on_order(void *arg)
{
	struct hub *hub = arg;

	dispatch_tell_state(&hub->dispatch);
}

static void on_moved(void *arg, struct span name,
	const uint8_t identity[ORIGIN_INBOX], uint64_t cursor)
{
	struct hub *hub = arg;

	inboxes_moved(&hub->inboxes, name, identity, cursor);
}

static void on_counted(void *arg, const uint8_t origin[ORIGIN_HUB],
	struct span name, uint32_t number)
{
	struct hub *hub = arg;

	elsewhere_set(&hub->elsewhere, origin, name, number);
}

static void on_left(void *arg, const uint8_t origin[ORIGIN_HUB])
{
	struct hub *hub = arg;

	elsewhere_leave(&hub->elsewhere, origin);
}

static void on_came(void *arg, const struct entry *entry)
{
	struct hub *hub = arg;

	presence_came(&hub->presence, entry);
}

static void on_forgot(void *arg, uint64_t last)
{
	struct hub *hub = arg;

	presence_forgot(&hub->presence, last);
}

static void on_changed(void *arg, struct span name, uint64_t here)
{
	const struct hub *hub = arg;

	together_count(hub->together, name, here);
}

static void open_order(struct hub *hub)
{
	const struct together_sink sink = {on_renewed, on_order, on_moved,
		on_counted, on_left, on_came, on_forgot, hub};

	elsewhere_open(&hub->elsewhere, &hub->counts);
	if (hub->ledger.config->shared.redis_count == 0)
		return;
	hub->together = together_open(hub->loop, &hub->ledger, &sink);
	presence_share(&hub->presence);
	hub->counts.changed = on_changed;
	hub->counts.arg = hub;
}

static void close_order(struct hub *hub)
{
	hub->counts.changed = NULL;
	elsewhere_close(&hub->elsewhere);
	together_close(hub->together);
}

static void open_rooms(
	struct hub *hub, const struct config *config, const struct lock *lock)
{
	const struct ledger_notify notify = {publish_tell, on_trouble, hub};

	hub->peers = (struct peers){
		.loop = hub->loop,
		.config = config,
		.frame = dispatch_frame,
		.gone = dispatch_gone,
		.arg = &hub->dispatch,
	};
	hub->publishes = (struct publish_queue){
		.ledger = &hub->ledger, .peers = &hub->peers};
	hub->dispatch = (struct dispatch){
		.ledger = &hub->ledger,
		.peers = &hub->peers,
		.sampler = &hub->sampler,
		.counts = &hub->counts,
		.inboxes = &hub->inboxes,
		.presence = &hub->presence,
		.publishes = &hub->publishes,
	};
	ledger_open(&hub->ledger, config, lock, loop_clock(hub->loop), &notify);
	open_counts(hub);
	inboxes_open(&hub->inboxes, &hub->ledger);
	open_presence(hub);
	open_order(hub);
	hub->cursor = cursor_file_new(
		hub->loop, &hub->ledger.log, config->hub_socket);
	if (config->demo)
		hub->demo = demo_new(hub->loop, &hub->ledger);
	sampler_open(&hub->sampler, &hub->ledger, &hub->peers);
}

static void close_rooms(struct hub *hub)
{
	peers_close(&hub->peers);
	sampler_close(&hub->sampler);
	demo_free(hub->demo);
	cursor_file_free(hub->cursor);
	close_order(hub);
	inboxes_close(&hub->inboxes);
	presence_close(&hub->presence);
	counts_close(&hub->counts);
	ledger_close(&hub->ledger);
}

static void start_watching(struct hub *hub, int listener)
{
	struct timers *timers = loop_timers(hub->loop);
	int notify = hub->ledger.store.files.notify;

	loop_io_init(&hub->listener, listener, on_listener, hub);
	loop_io_init(&hub->folder, notify, on_folder, hub);
	loop_turn_init(&hub->turn, 0, turn, hub);
	timer_init(&hub->tick, tick, hub);
	timer_init(&hub->inboxes_due, on_due, hub);
	listen_on(hub, true);
	if (notify >= 0)
		loop_io_want(hub->loop, &hub->folder, LOOP_READ);
	loop_turn_start(hub->loop, &hub->turn);
	timer_set(timers, &hub->tick, 0, TICK_MS * 1000ull);
	loop_on_signal(hub->loop, SIGTERM, on_signal, hub);
	loop_on_signal(hub->loop, SIGINT, on_signal, hub);
}

static void stop_watching(struct hub *hub)
{
	listen_on(hub, false);
	loop_io_want(hub->loop, &hub->folder, 0);
	loop_turn_stop(hub->loop, &hub->turn);
	timer_stop(loop_timers(hub->loop), &hub->tick);
	timer_stop(loop_timers(hub->loop), &hub->inboxes_due);
}

int hub_run(const struct config *config, int listener, const struct lock *lock)
{
	struct hub hub = {.loop = loop_new(&clock_system)};

	open_rooms(&hub, config, lock);
	start_watching(&hub, listener);
	loop_run(hub.loop);
	stop_watching(&hub);
	/* What has come is finished, and answered. */
	publish_queue_finish(&hub.publishes);
	ledger_commit(&hub.ledger);
	move_followers(&hub);
	peers_flush(&hub.peers);
	close_rooms(&hub);
	loop_free(hub.loop);
	return 0;
}
