/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/worker.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "fcgi/drain.h"
#include "fcgi/http/accept.h"
#include "fcgi/http/cgi.h"
#include "fcgi/rooms.h"
#include "fcgi/stream/window.h"
#include "fcgi/uplink/session.h"
#include "lib/clock.h"
#include "lib/config/config.h"
#include "lib/loop.h"
#include "lib/service/supervisor.h"

enum {
	STOP_MS = 6000, /* more than the hub's word may take, less than the
			    supervisor's patience */
	READY_LOOK_US = 10000,
	LAST_ORDER = 9, /* in a turn */
};

struct worker {
	struct rooms rooms;
	struct cgi *cgi; /* NULL if it is none */
	struct drain *drain;
	struct loop_turn drained;
	struct timer deadline;
	struct timer ready; /* looks whether the window has been filled */
	bool ending;
};

/* ---- until when */

static void on_drained(void *arg)
{
	const struct worker *worker = arg;

	if (rooms_are_empty(&worker->rooms))
		loop_stop(worker->rooms.loop);
}

static void on_deadline(void *arg)
{
	const struct worker *worker = arg;

	loop_stop(worker->rooms.loop);
}

static void end_within(struct worker *worker, unsigned ms)
{
	if (worker->cgi == NULL) /* which knows itself when it is done */
		loop_turn_start(worker->rooms.loop, &worker->drained);
	timer_set(loop_timers(worker->rooms.loop), &worker->deadline,
		ms * 1000ull, 0);
}

static void on_signal(void *arg)
{
	struct worker *worker = arg;

	if (worker->ending)
		return;
	worker->ending = worker->rooms.admit.shut = true;
	acceptor_shut(worker->rooms.acceptor);
	rooms_drain(&worker->rooms);
	end_within(worker, STOP_MS);
}

static void on_hangup(void *arg)
{
	struct worker *worker = arg;

	if (worker->rooms.admit.shut)
		return;
	drain_begin(worker->drain);
	end_within(worker, DRAIN_MS);
}

/* From now on there is somebody to take over from an older version. */
static void on_ready(void *arg)
{
	struct worker *worker = arg;

	if (!window_valid(worker->rooms.window) ||
		!session_is_filled(worker->rooms.session))
		return;
	supervisor_ready();
	timer_stop(loop_timers(worker->rooms.loop), &worker->ready);
}

static void watch(struct worker *worker)
{
	struct loop *loop = worker->rooms.loop;

	loop_on_signal(loop, SIGTERM, on_signal, worker);
	loop_on_signal(loop, SIGINT, on_signal, worker);
	loop_on_signal(loop, SIGHUP, on_hangup, worker);
	timer_init(&worker->ready, on_ready, worker);
	worker->drain = drain_new(&(struct drain_parts){
		.timers = loop_timers(loop),
		.admit = &worker->rooms.admit,
		.acceptor = worker->rooms.acceptor,
		.audience = worker->rooms.audience,
		.tasks = worker->rooms.tasks,
		.history = worker->rooms.history,
	});
	loop_turn_init(&worker->drained, LAST_ORDER, on_drained, worker);
	timer_init(&worker->deadline, on_deadline, worker);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
}

static void begin(
	struct worker *worker, const struct config *config, int listener)
{
	/* each process has a `retry:` of its own */
	srandom((unsigned)clock_mono_us() ^ (unsigned)getpid());
	rooms_open(&worker->rooms, config, &clock_system, listener);
	watch(worker);
}

static void end(struct worker *worker)
{
	drain_free(worker->drain);
	rooms_close(&worker->rooms);
}

int worker_serve(const struct config *config, int listener)
{
	struct worker worker = {0};

	begin(&worker, config, listener);
	timer_set(loop_timers(worker.rooms.loop), &worker.ready, 0,
		READY_LOOK_US);
	loop_run(worker.rooms.loop);
	end(&worker);
	return EXIT_SUCCESS;
}

int worker_serve_cgi(const struct config *config)
{
	struct worker worker = {0};
	int status;

	begin(&worker, config, -1);
	worker.cgi = cgi_new(worker.rooms.loop, worker.rooms.acceptor,
		worker.rooms.session, config->base);
	loop_run(worker.rooms.loop);
	status = cgi_free(worker.cgi);
	end(&worker);
	return status;
}
