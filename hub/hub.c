#include "config.h"

#include "hub/hub.h"

#include <ev.h>
#include <signal.h>

#include "hub/demo.h"
#include "hub/dispatch.h"
#include "hub/follow.h"
#include "hub/inboxes.h"
#include "hub/listing.h"
#include "hub/page.h"
#include "hub/publish.h"
#include "lib/log.h"

enum {
	TICK_MS = 250, /* without room a commit is tried this often */
};

struct hub {
	struct ev_loop *loop;
	struct ledger ledger;
	struct peers peers;
	struct meter meter;
	struct counts counts;
	struct dispatch dispatch;
	struct inboxes *inboxes;
	struct demo *demo; /* NULL = none */

	struct ev_io listener;
	struct ev_io folder; /* something happened to log.db's */
	struct ev_prepare prepare;
	struct ev_idle idle; /* active while there is work left */
	struct ev_timer tick;
	struct ev_signal terminate, interrupt;
};

/* ---- a turn */

static void move_followers(struct hub *hub)
{
	for (struct peer *at = hub->peers.first; at != NULL; at = at->next)
		follow_move(&hub->ledger.ring, at);
}

static void turn(struct ev_loop *loop, struct ev_prepare *watch, int events)
{
	struct hub *hub = watch->data;
	struct ledger *ledger = &hub->ledger;
	bool more;

	(void)events;
	ledger_prune(ledger);
	more = inboxes_pull(hub->inboxes);
	ledger_commit(ledger);
	move_followers(hub);
	peers_flush(&hub->peers);
	ledger_checkpoint(ledger);
	more |= ledger->retention.behind;
	more |= listing_run(&hub->counts, &hub->peers);
	more |= pages_run(ledger, &hub->peers);
	more |= counts_step(&hub->counts);
	ledger_save_losses(ledger);
	peers_flush(&hub->peers);
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

static void tick(struct ev_loop *loop, struct ev_timer *watch, int events)
{
	struct hub *hub = watch->data;

	(void)events;
	ev_io_start(loop, &hub->listener);
	ledger_tend(&hub->ledger);
}

static void on_listener(struct ev_loop *loop, struct ev_io *watch, int events)
{
	struct hub *hub = watch->data;

	(void)events;
	/* Those who wait would wake us again and again: the tick looks. */
	if (!peers_accept(&hub->peers, watch->fd))
		ev_io_stop(loop, watch);
}

static void on_folder(struct ev_loop *loop, struct ev_io *watch, int events)
{
	struct hub *hub = watch->data;
	struct store *store = &hub->ledger.store;

	(void)loop;
	(void)events;
	if (files_have_news(&store->files))
		store_check_files(store);
}

static void on_trouble(void *arg, const char *reason)
{
	struct hub *hub = arg;

	for (struct peer *at = hub->peers.first; at != NULL; at = at->next)
		peer_send_state(at, reason);
}

static void on_signal(struct ev_loop *loop, struct ev_signal *watch, int events)
{
	(void)watch;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

/* ---- beginning and end */

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
	hub->dispatch = (struct dispatch){
		.ledger = &hub->ledger,
		.peers = &hub->peers,
		.meter = &hub->meter,
		.counts = &hub->counts,
	};
	ledger_open(&hub->ledger, config, lock, &notify);
	counts_open(&hub->counts, &hub->ledger);
	hub->inboxes = inboxes_new(hub->loop, &hub->ledger);
	hub->demo = demo_new(hub->loop, &hub->ledger);
	meter_open(&hub->meter, &hub->ledger, &hub->peers);
}

static void close_rooms(struct hub *hub)
{
	peers_close(&hub->peers);
	meter_close(&hub->meter);
	demo_free(hub->demo);
	inboxes_free(hub->inboxes);
	counts_close(&hub->counts);
	ledger_close(&hub->ledger);
}

static void start_watching(struct hub *hub, int listener)
{
	struct ev_loop *loop = hub->loop;

	ev_io_init(&hub->listener, on_listener, listener, EV_READ);
	ev_io_init(&hub->folder, on_folder, hub->ledger.store.files.notify,
		EV_READ);
	ev_prepare_init(&hub->prepare, turn);
	ev_idle_init(&hub->idle, idle);
	ev_timer_init(&hub->tick, tick, 0., TICK_MS / 1e3);
	ev_signal_init(&hub->terminate, on_signal, SIGTERM);
	ev_signal_init(&hub->interrupt, on_signal, SIGINT);
	hub->listener.data = hub->folder.data = hub;
	hub->prepare.data = hub->tick.data = hub;
	ev_io_start(loop, &hub->listener);
	if (hub->ledger.store.files.notify >= 0)
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
	struct hub hub = {.loop = ev_default_loop(EVFLAG_NOSIGMASK)};

	if (hub.loop == NULL)
		log_fatalx("hub: libev cannot start");
	open_rooms(&hub, config, lock);
	start_watching(&hub, listener);
	ev_run(hub.loop, 0);
	stop_watching(&hub);
	/* What has come is finished, and answered. */
	ledger_commit(&hub.ledger);
	move_followers(&hub);
	peers_flush(&hub.peers);
	close_rooms(&hub);
	ev_loop_destroy(hub.loop);
	return 0;
}
