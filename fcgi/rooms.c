/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/rooms.h"

#include "fcgi/counters.h"
#include "fcgi/guard/access.h"
#include "fcgi/guard/keyring.h"
#include "fcgi/guard/limit.h"
#include "fcgi/guard/ticket.h"
#include "fcgi/history/history.h"
#include "fcgi/http/accept.h"
#include "fcgi/http/cgi.h"
#include "fcgi/http/deferred.h"
#include "fcgi/http/kept.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/unread.h"
#include "fcgi/post/unheard.h"
#include "fcgi/presence/presence.h"
#include "fcgi/replay/shelf.h"
#include "fcgi/route.h"
#include "fcgi/stream/audience.h"
#include "fcgi/stream/composer.h"
#include "fcgi/stream/fanout.h"
#include "fcgi/stream/gzip.h"
#include "fcgi/stream/streams.h"
#include "fcgi/stream/tasks.h"
#include "fcgi/stream/topic.h"
#include "fcgi/stream/window.h"
#include "fcgi/uplink/session.h"
#include "fcgi/uplink/uplink.h"
#include "lib/config/config.h"
#include "lib/loop.h"

static void open_window(struct rooms *rooms)
{
	const struct config *config = rooms->config;

	rooms->topics = topics_new();
	rooms->audience = audience_new(loop_timers(rooms->loop), rooms->topics,
		(uint32_t)(config->keepalive_ms / 1000));
	rooms->window = window_new(
		rooms->lone ? CGI_WINDOW : config->window, rooms->topics);
	rooms->composer = composer_new(rooms->window);
	rooms->fanout = fanout_new(&(struct fanout_parts){
		.loop = rooms->loop,
		.topics = rooms->topics,
		.window = rooms->window,
		.composer = rooms->composer,
		.counters = rooms->counters,
		.rest_ms = config->rest_ms,
	});
}

static void open_uplink(struct rooms *rooms)
{
	const struct config *config = rooms->config;

	rooms->uplink = uplink_new(
		rooms->loop, &(struct uplink_settings){
				     .socket = config->hub_socket,
				     .fill = rooms->lone ? 0 : config->window,
				     .lone = rooms->lone,
			     });
	rooms->session = uplink_session(rooms->uplink);
}

static void forget_grants(void *arg)
{
	const struct rooms *rooms = arg;

	access_forget(rooms->access);
	streams_keys_gone(rooms->streams);
	tasks_keys_gone(rooms->tasks);
}

static void open_access(struct rooms *rooms)
{
	rooms->keyring = keyring_new(rooms->config, NULL);
	rooms->tickets = tickets_new(rooms->keyring, &rooms->session->secret);
	rooms->access = access_new(&(struct access_parts){
		.config = rooms->config,
		.clock = loop_clock(rooms->loop),
		.keyring = rooms->keyring,
		.tickets = rooms->tickets,
		.limiter = rooms->limiter,
	});
	keyring_on_gone(rooms->keyring, forget_grants, rooms);
	if (!rooms->lone)
		keyring_watch(rooms->keyring, loop_timers(rooms->loop));
	window_guard(rooms->window, access_privacy(rooms->access));
}

static void open_answers(struct rooms *rooms)
{
	rooms->kept = kept_new(rooms->loop);
	rooms->unread = unread_new(rooms->loop);
	rooms->replies =
		replies_new(rooms->loop, rooms->counters, rooms->unread);
	rooms->deferrals = deferrals_new(rooms->loop, rooms->replies);
	rooms->limiter = limit_new(rooms->config, loop_clock(rooms->loop));
	rooms->admit = (struct admit){
		.limiter = rooms->limiter,
		.replies = rooms->replies,
		.counters = rooms->counters,
		.retry_ms = rooms->config->retry_ms,
		.topics = rooms->topics,
		.selectors = rooms->config->selectors,
	};
}

/* As much as the window, and room for a stream of very many channels.  Beside
 * each strip may hang the same as gzip, which is shorter by a quarter. */
static size_t shelf_limit(const struct rooms *rooms)
{
	size_t bytes = rooms->lone ? CGI_WINDOW : rooms->config->window;

	if (rooms->gzip != NULL)
		bytes = bytes / 7 * 4;
	return bytes < SHELF_LEAST ? SHELF_LEAST : bytes;
}

static void open_streams(struct rooms *rooms)
{
	const struct config *config = rooms->config;

	if (config->subscriptions)
		rooms->presence = presence_new(
			rooms->loop, rooms->session, config->presence_list);
	/* In a process of its own a stream shares nothing. */
	if (config->compress && !rooms->lone)
		rooms->gzip = gzip_open(rooms->loop);
	rooms->streams = streams_new(&(struct streams_parts){
		.loop = rooms->loop,
		.window = rooms->window,
		.composer = rooms->composer,
		.audience = rooms->audience,
		.fanout = rooms->fanout,
		.session = rooms->session,
		.limiter = rooms->limiter,
		.counters = rooms->counters,
		.unread = rooms->unread,
		.presence = rooms->presence,
		.gzip = rooms->gzip,
		.retry_ms = config->retry_ms,
		.shelf = shelf_limit(rooms),
	});
	rooms->tasks = tasks_new(&(struct tasks_parts){
		.loop = rooms->loop,
		.access = rooms->access,
		.admit = &rooms->admit,
		.limiter = rooms->limiter,
		.replies = rooms->replies,
		.counters = rooms->counters,
		.retry_ms = config->retry_ms,
		.keepalive_ms = config->keepalive_ms,
		.stream_age_ms = config->stream_age_ms,
	});
}

static size_t count_streams(const void *arg)
{
	const struct rooms *rooms = arg;

	return audience_count(rooms->audience) + tasks_count(rooms->tasks);
}

static bool is_heard(const void *arg, uint64_t id)
{
	const struct rooms *rooms = arg;

	return !window_valid(rooms->window) ||
	       window_newest(rooms->window) >= id;
}

/* Those that a stream, a publisher or a page speaks to. */
static void open_verbs(struct rooms *rooms)
{
	rooms->unheard = unheard_new(rooms->loop, is_heard, rooms);
	rooms->subscribe = (struct subscribe){
		.access = rooms->access,
		.admit = &rooms->admit,
		.streams = rooms->streams,
		.replies = rooms->replies,
		.clock = loop_clock(rooms->loop),
		.stream_age_ms = rooms->config->stream_age_ms,
		.presence = rooms->presence != NULL,
		.compress = rooms->gzip != NULL,
	};
	rooms->post = (struct post){
		.access = rooms->access,
		.limiter = rooms->limiter,
		.publishes = rooms->session->publishes,
		.deferrals = rooms->deferrals,
		.replies = rooms->replies,
		.unheard = rooms->unheard,
		.clock = loop_clock(rooms->loop),
		.max_event = rooms->config->max_event,
	};
	rooms->pass = (struct pass){
		.access = rooms->access,
		.tickets = rooms->tickets,
		.replies = rooms->replies,
		.clock = loop_clock(rooms->loop),
		.ticket_age_ms = rooms->config->ticket_age_ms,
	};
	rooms->history = history_new(&(struct history_parts){
		.loop = rooms->loop,
		.access = rooms->access,
		.window = rooms->window,
		.session = rooms->session,
		.admit = &rooms->admit,
		.limiter = rooms->limiter,
		.deferrals = rooms->deferrals,
		.replies = rooms->replies,
	});
}

/* Those that tell how it goes, and who is there. */
static void open_reports(struct rooms *rooms)
{
	rooms->status = (struct status){
		.session = rooms->session,
		.streams = count_streams,
		.arg = rooms,
		.access = rooms->access,
		.questions = rooms->session->questions,
		.deferrals = rooms->deferrals,
		.replies = rooms->replies,
	};
	rooms->who = (struct who){
		.access = rooms->access,
		.questions = rooms->session->questions,
		.deferrals = rooms->deferrals,
		.replies = rooms->replies,
		.on = rooms->presence != NULL,
	};
	rooms->description = (struct description){.replies = rooms->replies};
	rooms->metrics = (struct metrics){
		.listen = subscribe_one,
		.listen_room = &rooms->subscribe,
		.access = rooms->access,
		.questions = rooms->session->questions,
		.deferrals = rooms->deferrals,
		.replies = rooms->replies,
	};
	kill_switch_open(&rooms->kill_switch,
		rooms->lone ? "" : rooms->config->kill_token,
		rooms->config->inbox_count > 0 ? rooms->config->inboxes[0].path
					       : NULL,
		loop_timers(rooms->loop), rooms->replies);
}

static void take(void *arg, struct request *request)
{
	const struct rooms *rooms = arg;

	route_request(rooms->router, request);
}

static void open_acceptor(struct rooms *rooms, int listener)
{
	rooms->router = router_new(&(struct route_rooms){
		.base = rooms->config->base,
		.access = rooms->access,
		.replies = rooms->replies,
		.subscribe = &rooms->subscribe,
		.post = &rooms->post,
		.pass = &rooms->pass,
		.who = &rooms->who,
		.history = rooms->history,
		.description = &rooms->description,
		.status = &rooms->status,
		.metrics = &rooms->metrics,
		.kill_switch = &rooms->kill_switch,
		.tasks = rooms->tasks,
		.mercure = rooms->config->mercure,
	});
	rooms->acceptor = acceptor_new(&(struct acceptor_parts){
		.loop = rooms->loop,
		.listener = listener,
		.max_body = rooms->config->max_body,
		.kept = rooms->kept,
		.replies = rooms->replies,
		.take = take,
		.arg = rooms,
	});
}

static void open_feed(struct rooms *rooms)
{
	struct uplink_sink sink = feed_sink(&rooms->feed);

	rooms->feed = (struct feed){
		.topics = rooms->topics,
		.window = rooms->window,
		.fanout = rooms->fanout,
		.streams = rooms->streams,
		.history = rooms->history,
		.audience = rooms->audience,
		.tasks = rooms->tasks,
		.presence = rooms->presence,
		.counters = rooms->counters,
		.keyring = rooms->keyring,
	};
	uplink_start(rooms->uplink, &sink);
}

void rooms_open(struct rooms *rooms, const struct config *config,
	const struct clock *clock, int listener)
{
	*rooms = (struct rooms){.config = config, .lone = listener < 0};
	rooms->loop = loop_new(clock);
	rooms->counters = counters_new(clock);
	open_window(rooms);
	open_uplink(rooms);
	open_answers(rooms);
	open_access(rooms);
	open_streams(rooms);
	open_verbs(rooms);
	open_reports(rooms);
	open_acceptor(rooms, listener);
	open_feed(rooms);
}

void rooms_drain(struct rooms *rooms)
{
	streams_drain(rooms->streams);
	history_drain(rooms->history);
	tasks_drain(rooms->tasks);
}

bool rooms_are_empty(const struct rooms *rooms)
{
	return acceptor_count(rooms->acceptor) == 0 &&
	       deferrals_count(rooms->deferrals) == 0 &&
	       replies_count(rooms->replies) == 0 && count_streams(rooms) == 0;
}

void rooms_close(struct rooms *rooms)
{
	acceptor_free(rooms->acceptor);
	router_free(rooms->router);
	kill_switch_close(&rooms->kill_switch);
	deferrals_free(rooms->deferrals);
	unheard_free(rooms->unheard);
	rooms_drain(rooms);
	uplink_farewell(rooms->uplink);
	tasks_free(rooms->tasks);
	history_free(rooms->history);
	streams_free(rooms->streams);
	gzip_free(rooms->gzip);
	presence_free(rooms->presence);
	uplink_free(rooms->uplink);
	replies_free(rooms->replies);
	unread_free(rooms->unread);
	kept_free(rooms->kept);
	fanout_free(rooms->fanout);
	composer_free(rooms->composer);
	window_free(rooms->window);
	audience_free(rooms->audience);
	topics_free(rooms->topics);
	access_free(rooms->access);
	tickets_free(rooms->tickets);
	limit_free(rooms->limiter);
	keyring_free(rooms->keyring);
	counters_free(rooms->counters);
	loop_free(rooms->loop);
}
