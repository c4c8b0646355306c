#include <config.h>

#include "fcgi/worker.h"

#include <ev.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "fcgi/accept.h"
#include "fcgi/asker.h"
#include "fcgi/audience.h"
#include "fcgi/cgi.h"
#include "fcgi/channel.h"
#include "fcgi/departure.h"
#include "fcgi/dialogue.h"
#include "fcgi/fanout.h"
#include "fcgi/feed.h"
#include "fcgi/meter.h"
#include "fcgi/parcels.h"
#include "fcgi/quota.h"
#include "fcgi/reply.h"
#include "fcgi/responder.h"
#include "fcgi/stream.h"
#include "fcgi/tasks.h"
#include "fcgi/uplink.h"
#include "fcgi/window.h"
#include "lib/clock.h"
#include "lib/config.h"
#include "lib/log.h"
#include "lib/parent.h"

enum {
	DRAIN_MS = 6000, /* more than the hub's word may take, less than the
			    parent's patience */
	READY_LOOK_MS = 10,
};

struct worker {
	struct responder responder;
	struct uplink *uplink; /* the hub */
	struct feed feed;      /* what it says goes there */
	struct cgi *cgi;       /* NULL if it is none */
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
	struct responder *responder = prepare->data;

	(void)events;
	if (gate_count(responder->gate) == 0 &&
		askers_count(responder->askers) == 0 &&
		replies_count(responder->replies) == 0 &&
		audience_count(responder->audience) == 0 &&
		tasks_count(responder->tasks) == 0)
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
	struct ev_loop *loop = worker->responder.loop;

	if (worker->cgi == NULL) /* which knows itself when it is done */
		ev_prepare_start(loop, &worker->drained);
	ev_timer_stop(loop, &worker->deadline);
	ev_timer_set(&worker->deadline, ms / 1000.0, 0.0);
	ev_timer_start(loop, &worker->deadline);
}

static void on_signal(
	struct ev_loop *loop, struct ev_signal *signal, int events)
{
	struct worker *worker = signal->data;
	struct responder *responder = &worker->responder;

	(void)loop;
	(void)events;
	if (worker->ending)
		return;
	worker->ending = responder->draining = true;
	gate_shut(responder->gate);
	stream_drain(responder->streams);
	tasks_drain(responder->tasks);
	end_within(worker, DRAIN_MS);
}

static void on_hangup(
	struct ev_loop *loop, struct ev_signal *signal, int events)
{
	struct worker *worker = signal->data;

	(void)loop;
	(void)events;
	if (worker->responder.draining)
		return;
	departure_begin(worker->departure);
	end_within(worker, DEPARTURE_MS);
}

/* From now on there is somebody to take over from an older version. */
static void on_ready(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct worker *worker = timer->data;
	const struct responder *responder = &worker->responder;

	(void)events;
	if (!window_valid(responder->window) ||
		!dialogue_is_filled(responder->dialogue))
		return;
	parent_ready();
	ev_timer_stop(loop, timer);
}

static void watch(struct worker *worker)
{
	struct ev_loop *loop = worker->responder.loop;

	ev_signal_init(&worker->term, on_signal, SIGTERM);
	worker->term.data = worker;
	ev_signal_start(loop, &worker->term);
	ev_signal_init(&worker->interrupt, on_signal, SIGINT);
	worker->interrupt.data = worker;
	ev_signal_start(loop, &worker->interrupt);
	ev_signal_init(&worker->hangup, on_hangup, SIGHUP);
	worker->hangup.data = worker;
	ev_signal_start(loop, &worker->hangup);
	ev_timer_init(&worker->ready, on_ready, 0.0, READY_LOOK_MS / 1000.0);
	worker->ready.data = worker;
	worker->departure = departure_new(&worker->responder);
	ev_prepare_init(&worker->drained, on_drained);
	worker->drained.data = &worker->responder;
	ev_init(&worker->deadline, on_deadline);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
}

/* ---- the rooms */

static void open_uplink(struct worker *worker)
{
	struct responder *responder = &worker->responder;
	const struct config *config = responder->config;

	worker->uplink = uplink_new(responder->loop,
		&(struct uplink_settings){
			.socket = config->hub_socket,
			.fill = responder->lone ? 0 : config->window,
			.lone = responder->lone,
		});
	responder->dialogue = uplink_dialogue(worker->uplink);
	responder->answers = responder->dialogue->answers;
}

static void open_window(struct responder *responder)
{
	const struct config *config = responder->config;

	responder->channels = channels_new();
	responder->audience = audience_new(responder->loop, responder->channels,
		(uint32_t)(config->keepalive_ms / 1000));
	responder->window =
		window_new(responder->lone ? CGI_WINDOW : config->window,
			responder->channels);
	responder->parcels = parcels_new(responder->window);
	responder->fanout = fanout_new(&(struct fanout_parts){
		.loop = responder->loop,
		.channels = responder->channels,
		.window = responder->window,
		.parcels = responder->parcels,
		.meter = responder->meter,
		.rest_ms = config->rest_ms,
	});
}

static void open_streams(struct responder *responder)
{
	responder->streams = streams_new(&(struct streams_parts){
		.loop = responder->loop,
		.window = responder->window,
		.parcels = responder->parcels,
		.audience = responder->audience,
		.fanout = responder->fanout,
		.dialogue = responder->dialogue,
		.quota = responder->quota,
		.meter = responder->meter,
		.retry_ms = responder->config->retry_ms,
	});
}

static void open_feed(struct worker *worker)
{
	struct responder *responder = &worker->responder;
	struct uplink_sink sink = feed_sink(&worker->feed);

	worker->feed = (struct feed){
		.channels = responder->channels,
		.window = responder->window,
		.fanout = responder->fanout,
		.streams = responder->streams,
		.audience = responder->audience,
		.tasks = responder->tasks,
		.meter = responder->meter,
	};
	uplink_start(worker->uplink, &sink);
}

static void open_rooms(
	struct worker *worker, const struct config *config, int listener)
{
	struct responder *responder = &worker->responder;

	responder->config = config;
	responder->lone = listener < 0;
	responder->loop = ev_loop_new(EVFLAG_AUTO);
	if (responder->loop == NULL)
		log_fatalx("responder: no event loop");
	responder->meter = meter_new();
	open_window(responder);
	open_uplink(worker);
	responder->quota = quota_new(config);
	open_streams(responder);
	responder->tasks = tasks_new(responder);
	responder->replies = replies_new(responder->loop);
	responder->askers = askers_new(responder->loop);
	responder->gate = gate_new(responder, listener);
	open_feed(worker);
}

static void close_rooms(struct worker *worker)
{
	struct responder *responder = &worker->responder;

	gate_free(responder->gate);
	askers_free(responder->askers);
	replies_free(responder->replies);
	stream_drain(responder->streams);
	tasks_drain(responder->tasks);
	uplink_farewell(worker->uplink);
	tasks_free(responder->tasks);
	streams_free(responder->streams);
	uplink_free(worker->uplink);
	fanout_free(responder->fanout);
	parcels_free(responder->parcels);
	window_free(responder->window);
	audience_free(responder->audience);
	channels_free(responder->channels);
	quota_free(responder->quota);
	meter_free(responder->meter);
	ev_loop_destroy(responder->loop);
}

static void begin(
	struct worker *worker, const struct config *config, int listener)
{
	/* each process has a `retry:` of its own */
	srandom((unsigned)clock_mono_us() ^ (unsigned)getpid());
	open_rooms(worker, config, listener);
	watch(worker);
}

static void end(struct worker *worker)
{
	departure_free(worker->departure);
	close_rooms(worker);
}

int worker_serve(const struct config *config, int listener)
{
	struct worker worker = {0};

	begin(&worker, config, listener);
	ev_timer_start(worker.responder.loop, &worker.ready);
	ev_run(worker.responder.loop, 0);
	end(&worker);
	return EXIT_SUCCESS;
}

int worker_serve_cgi(const struct config *config)
{
	struct worker worker = {0};
	int status;

	begin(&worker, config, -1);
	worker.cgi = cgi_new(&worker.responder);
	ev_run(worker.responder.loop, 0);
	status = cgi_free(worker.cgi);
	end(&worker);
	return status;
}
