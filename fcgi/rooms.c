#include <config.h>

#include "fcgi/rooms.h"

#include "fcgi/accept.h"
#include "fcgi/access.h"
#include "fcgi/asker.h"
#include "fcgi/audience.h"
#include "fcgi/cgi.h"
#include "fcgi/channel.h"
#include "fcgi/dialogue.h"
#include "fcgi/fanout.h"
#include "fcgi/meter.h"
#include "fcgi/parcels.h"
#include "fcgi/quota.h"
#include "fcgi/reply.h"
#include "fcgi/route.h"
#include "fcgi/stream.h"
#include "fcgi/tasks.h"
#include "fcgi/uplink.h"
#include "fcgi/window.h"
#include "lib/config.h"
#include "lib/loop.h"

static void open_window(struct rooms *rooms)
{
	const struct config *config = rooms->config;

	rooms->channels = channels_new();
	rooms->audience = audience_new(loop_timers(rooms->loop),
		rooms->channels, (uint32_t)(config->keepalive_ms / 1000));
	rooms->window = window_new(
		rooms->lone ? CGI_WINDOW : config->window, rooms->channels);
	rooms->parcels = parcels_new(rooms->window);
	rooms->fanout = fanout_new(&(struct fanout_parts){
		.loop = rooms->loop,
		.channels = rooms->channels,
		.window = rooms->window,
		.parcels = rooms->parcels,
		.meter = rooms->meter,
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
	rooms->dialogue = uplink_dialogue(rooms->uplink);
}

static void open_answers(struct rooms *rooms)
{
	rooms->replies = replies_new(rooms->loop, rooms->meter);
	rooms->askers = askers_new(rooms->loop, rooms->replies);
	rooms->access = access_new(rooms->config);
	rooms->quota = quota_new(rooms->config, loop_clock(rooms->loop));
	rooms->admit = (struct admit){
		.quota = rooms->quota,
		.replies = rooms->replies,
		.meter = rooms->meter,
		.retry_ms = rooms->config->retry_ms,
	};
}

static void open_streams(struct rooms *rooms)
{
	const struct config *config = rooms->config;

	rooms->streams = streams_new(&(struct streams_parts){
		.loop = rooms->loop,
		.window = rooms->window,
		.parcels = rooms->parcels,
		.audience = rooms->audience,
		.fanout = rooms->fanout,
		.dialogue = rooms->dialogue,
		.quota = rooms->quota,
		.meter = rooms->meter,
		.retry_ms = config->retry_ms,
	});
	rooms->tasks = tasks_new(&(struct tasks_parts){
		.loop = rooms->loop,
		.admit = &rooms->admit,
		.quota = rooms->quota,
		.replies = rooms->replies,
		.meter = rooms->meter,
		.retry_ms = config->retry_ms,
		.keepalive_ms = config->keepalive_ms,
	});
}

static size_t count_streams(const void *arg)
{
	const struct rooms *rooms = arg;

	return audience_count(rooms->audience) + tasks_count(rooms->tasks);
}

static void open_verbs(struct rooms *rooms)
{
	rooms->listen = (struct listen){
		.admit = &rooms->admit,
		.streams = rooms->streams,
		.replies = rooms->replies,
		.clock = loop_clock(rooms->loop),
	};
	rooms->publish = (struct publish){
		.access = rooms->access,
		.quota = rooms->quota,
		.answers = rooms->dialogue->answers,
		.askers = rooms->askers,
		.replies = rooms->replies,
		.clock = loop_clock(rooms->loop),
		.max_event = rooms->config->max_event,
	};
	rooms->status = (struct status){
		.dialogue = rooms->dialogue,
		.streams = count_streams,
		.arg = rooms,
		.answers = rooms->dialogue->answers,
		.askers = rooms->askers,
		.replies = rooms->replies,
	};
	rooms->metrics = (struct metrics){
		.listen = listen_one,
		.listen_room = &rooms->listen,
		.answers = rooms->dialogue->answers,
		.askers = rooms->askers,
	};
}

static void take(void *arg, struct request *request)
{
	const struct rooms *rooms = arg;

	route_request(rooms->router, request);
}

static void open_gate(struct rooms *rooms, int listener)
{
	rooms->router = router_new(&(struct route_rooms){
		.access = rooms->access,
		.replies = rooms->replies,
		.listen = &rooms->listen,
		.publish = &rooms->publish,
		.status = &rooms->status,
		.metrics = &rooms->metrics,
		.tasks = rooms->tasks,
	});
	rooms->gate = gate_new(&(struct gate_parts){
		.loop = rooms->loop,
		.listener = listener,
		.max_body = rooms->config->max_body,
		.replies = rooms->replies,
		.take = take,
		.arg = rooms,
	});
}

static void open_feed(struct rooms *rooms)
{
	struct uplink_sink sink = feed_sink(&rooms->feed);

	rooms->feed = (struct feed){
		.channels = rooms->channels,
		.window = rooms->window,
		.fanout = rooms->fanout,
		.streams = rooms->streams,
		.audience = rooms->audience,
		.tasks = rooms->tasks,
		.meter = rooms->meter,
	};
	uplink_start(rooms->uplink, &sink);
}

void rooms_open(struct rooms *rooms, const struct config *config,
	const struct clock *clock, int listener)
{
	*rooms = (struct rooms){.config = config, .lone = listener < 0};
	rooms->loop = loop_new(clock);
	rooms->meter = meter_new(clock);
	open_window(rooms);
	open_uplink(rooms);
	open_answers(rooms);
	open_streams(rooms);
	open_verbs(rooms);
	open_gate(rooms, listener);
	open_feed(rooms);
}

void rooms_drain(struct rooms *rooms)
{
	stream_drain(rooms->streams);
	tasks_drain(rooms->tasks);
}

bool rooms_are_empty(const struct rooms *rooms)
{
	return gate_count(rooms->gate) == 0 &&
	       askers_count(rooms->askers) == 0 &&
	       replies_count(rooms->replies) == 0 && count_streams(rooms) == 0;
}

void rooms_close(struct rooms *rooms)
{
	gate_free(rooms->gate);
	router_free(rooms->router);
	askers_free(rooms->askers);
	rooms_drain(rooms);
	uplink_farewell(rooms->uplink);
	tasks_free(rooms->tasks);
	streams_free(rooms->streams);
	uplink_free(rooms->uplink);
	replies_free(rooms->replies);
	fanout_free(rooms->fanout);
	parcels_free(rooms->parcels);
	window_free(rooms->window);
	audience_free(rooms->audience);
	channels_free(rooms->channels);
	quota_free(rooms->quota);
	access_free(rooms->access);
	meter_free(rooms->meter);
	loop_free(rooms->loop);
}
