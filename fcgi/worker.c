#include <config.h>

#include "fcgi/worker.h"

#include <ev.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "fcgi/accept.h"
#include "fcgi/cgi.h"
#include "fcgi/departure.h"
#include "fcgi/dialogue.h"
#include "fcgi/rooms.h"
#include "fcgi/window.h"
#include "lib/clock.h"
#include "lib/parent.h"

enum {
	DRAIN_MS = 6000, /* more than the hub's word may take, less than the
			    parent's patience */
	READY_LOOK_MS = 10,
};

struct worker {
	struct rooms rooms;
	struct cgi *cgi; /* NULL if it is none */
	struct departure *departure;
	struct ev_signal term, interrupt, hangup;
	struct ev_prepare drained;
	struct ev_timer deadline;
	struct ev_timer ready; /* looks whether the window has been filled */
	bool ending;
};

/* ---- until when */

static void on_drained(
	struct ev_loop *loop, struct ev_prepare *prepare, int events)
{
	const struct worker *worker = prepare->data;

	(void)events;
	if (rooms_are_empty(&worker->rooms))
		ev_break(loop, EVBREAK_ALL);
}

static void on_deadline(
	struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void end_within(struct worker *worker, unsigned ms)
{
	if (worker->cgi == NULL) /* which knows itself when it is done */
		ev_prepare_start(worker->rooms.loop, &worker->drained);
	ev_timer_stop(worker->rooms.loop, &worker->deadline);
	ev_timer_set(&worker->deadline, ms / 1000.0, 0.0);
	ev_timer_start(worker->rooms.loop, &worker->deadline);
}

static void on_signal(
	struct ev_loop *loop, struct ev_signal *signal, int events)
{
	struct worker *worker = signal->data;

	(void)loop;
	(void)events;
	if (worker->ending)
		return;
	worker->ending = worker->rooms.admit.shut = true;
	gate_shut(worker->rooms.gate);
	rooms_drain(&worker->rooms);
	end_within(worker, DRAIN_MS);
}

static void on_hangup(
	struct ev_loop *loop, struct ev_signal *signal, int events)
{
	struct worker *worker = signal->data;

	(void)loop;
	(void)events;
	if (worker->rooms.admit.shut)
		return;
	departure_begin(worker->departure);
	end_within(worker, DEPARTURE_MS);
}

/* From now on there is somebody to take over from an older version. */
static void on_ready(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	const struct worker *worker = timer->data;

	(void)events;
	if (!window_valid(worker->rooms.window) ||
		!dialogue_is_filled(worker->rooms.dialogue))
		return;
	parent_ready();
	ev_timer_stop(loop, timer);
}

static void watch_signal(struct worker *worker, struct ev_signal *watch,
	int number, void (*caught)(struct ev_loop *, struct ev_signal *, int))
{
	ev_signal_init(watch, caught, number);
	watch->data = worker;
	ev_signal_start(worker->rooms.loop, watch);
}

static void watch(struct worker *worker)
{
	watch_signal(worker, &worker->term, SIGTERM, on_signal);
	watch_signal(worker, &worker->interrupt, SIGINT, on_signal);
	watch_signal(worker, &worker->hangup, SIGHUP, on_hangup);
	ev_timer_init(&worker->ready, on_ready, 0.0, READY_LOOK_MS / 1000.0);
	worker->ready.data = worker;
	worker->departure = departure_new(&(struct departure_parts){
		.loop = worker->rooms.loop,
		.admit = &worker->rooms.admit,
		.gate = worker->rooms.gate,
		.audience = worker->rooms.audience,
		.tasks = worker->rooms.tasks,
	});
	ev_prepare_init(&worker->drained, on_drained);
	worker->drained.data = worker;
	ev_init(&worker->deadline, on_deadline);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
}

static void begin(
	struct worker *worker, const struct config *config, int listener)
{
	/* each process has a `retry:` of its own */
	srandom((unsigned)clock_mono_us() ^ (unsigned)getpid());
	rooms_open(&worker->rooms, config, listener);
	watch(worker);
}

static void end(struct worker *worker)
{
	departure_free(worker->departure);
	rooms_close(&worker->rooms);
}

int worker_serve(const struct config *config, int listener)
{
	struct worker worker = {0};

	begin(&worker, config, listener);
	ev_timer_start(worker.rooms.loop, &worker.ready);
	ev_run(worker.rooms.loop, 0);
	end(&worker);
	return EXIT_SUCCESS;
}

int worker_serve_cgi(const struct config *config)
{
	struct worker worker = {0};
	int status;

	begin(&worker, config, -1);
	worker.cgi = cgi_new(
		worker.rooms.loop, worker.rooms.gate, worker.rooms.dialogue);
	ev_run(worker.rooms.loop, 0);
	status = cgi_free(worker.cgi);
	end(&worker);
	return status;
}
