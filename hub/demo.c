/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/demo.h"

#include <inttypes.h>
#include <stdlib.h>

#include "hub/log/order.h"
#include "lib/loop.h"

enum { SENSORS = 3, SPECIAL_EVERY = 5, SPECIAL_FIRST = 3 };

/* In tenths: what a sensor measures, and what it always comes back to. */
struct sensor {
	const char *name;
	int temperature, humidity;
	int mild, damp;
};

struct demo;

struct stream {
	struct demo *demo;
	const struct kind *kind;
	struct timer timer;
	uint64_t sequence; /* of its next event, from 1 on */
};

/* What a stream says, and how often.  `compose` appends the data but for the
 * timestamp and the closing brace, and returns the event's type. */
struct kind {
	uint64_t seconds;
	const char *(*compose)(struct demo *demo, uint64_t sequence);
};

static const char *compose_message(struct demo *demo, uint64_t sequence);
static const char *compose_sensor(struct demo *demo, uint64_t sequence);
static const char *compose_heartbeat(struct demo *demo, uint64_t sequence);
static const char *compose_notification(struct demo *demo, uint64_t sequence);

static const struct kind kinds[] = {
	{2, compose_message},
	{4, compose_sensor},
	{5, compose_heartbeat},
	{8, compose_notification},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

struct demo {
	struct timers *timers;
	const struct clock *clock;
	struct ledger *ledger; /* publishes there */
	uint64_t began;	       /* monotonic us */
	struct sensor sensors[SENSORS];
	struct buf data; /* of the event being composed */
	struct stream streams[KINDS];
};

static const char *pick(const char *const *texts, size_t count, uint64_t n)
{
	return texts[n % count];
}

#define PICK(texts, n) pick(texts, sizeof(texts) / sizeof((texts)[0]), n)

/* ---- the streams */

static const char *compose_special(struct demo *demo, uint64_t sequence)
{
	static const struct {
		const char *type, *text;
	} specials[] = {
		{"announcement", "An announcement: an event type of its own, "
				 "for those who listen for it"},
		{"error", "An event of type error: it calls onerror, too, and "
			  "nothing is wrong"},
		{"alert", "An alert: only a demonstration, nothing burns"},
	};
	size_t at = sequence / SPECIAL_EVERY %
		    (sizeof(specials) / sizeof(specials[0]));

	buf_printf(&demo->data, "\"message\":\"%s\",\"sequence\":%" PRIu64,
		specials[at].text, sequence);
	return specials[at].type;
}

static const char *compose_message(struct demo *demo, uint64_t sequence)
{
	static const char *const texts[] = {
		"Everybody who listens sees this event, with this id",
		"Close the page and come back: what you missed will follow",
		"POST to /api/broadcast, and your words appear here",
		"An INSERT into the inbox is an event as well",
		"Kill a part of the server, and see that no event is lost",
		"This is a demonstration: demo = yes in the configuration",
	};

	if (sequence % SPECIAL_EVERY == SPECIAL_FIRST)
		return compose_special(demo, sequence);
	buf_printf(&demo->data, "\"message\":\"%s\",\"sequence\":%" PRIu64,
		PICK(texts, sequence - 1), sequence);
	return "";
}

/* A step at random, and some of the way back. */
static int wander(int value, int home)
{
	return value + (home - value) / 8 + (int)(random() % 7) - 3;
}

static const char *compose_sensor(struct demo *demo, uint64_t sequence)
{
	struct sensor *sensor = &demo->sensors[(sequence - 1) % SENSORS];

	sensor->temperature = wander(sensor->temperature, sensor->mild);
	sensor->humidity = wander(sensor->humidity, sensor->damp);
	buf_printf(&demo->data,
		"\"sensor_id\":\"%s\",\"temperature\":%d.%d,\"humidity\":%d.%d,"
		"\"unit\":\"\302\260C\"",
		sensor->name, sensor->temperature / 10,
		sensor->temperature % 10, sensor->humidity / 10,
		sensor->humidity % 10);
	return "sensor";
}

static const char *compose_heartbeat(struct demo *demo, uint64_t sequence)
{
	uint64_t uptime = (clock_now_us(demo->clock) - demo->began) / 1000000;

	buf_printf(&demo->data, "\"uptime\":%" PRIu64 ",\"sequence\":%" PRIu64,
		uptime, sequence);
	return "heartbeat";
}

static const char *compose_notification(struct demo *demo, uint64_t sequence)
{
	static const struct {
		const char *level, *title, *text;
	} notes[] = {
		{"info", "New version", "A build is ready to be tried"},
		{"success", "Backup complete", "All files are safe"},
		{"warning", "Disk filling up", "Four fifths are in use"},
		{"error", "Job failed", "The nightly report was not sent"},
	};
	size_t at = (sequence - 1) % (sizeof(notes) / sizeof(notes[0]));

	buf_printf(&demo->data,
		"\"level\":\"%s\",\"title\":\"%s\",\"text\":\"%s\"",
		notes[at].level, notes[at].title, notes[at].text);
	return "notification";
}

/* ---- publishing */

static void publish(struct demo *demo, const char *type)
{
	struct proposed item = {.data = buf_span(&demo->data)};
	const struct proposal proposal = {
		.channel = span_of("main"),
		.type = span_of(type),
		.items = &item,
		.count = 1,
	};
	struct ack ack = {0};

	order_propose(demo->ledger, &proposal, &ack);
}

static void on_time(void *arg)
{
	struct stream *stream = arg;
	struct demo *demo = stream->demo;
	const char *type;

	if (!ledger_begin(demo->ledger))
		return;
	buf_clear(&demo->data);
	buf_add_char(&demo->data, '{');
	type = stream->kind->compose(demo, stream->sequence++);
	buf_printf(&demo->data, ",\"timestamp\":\"");
	clock_rfc3339(&demo->data, clock_date_ms(demo->clock));
	buf_printf(&demo->data, "\"}");
	publish(demo, type);
}

struct demo *demo_new(struct loop *loop, struct ledger *ledger)
{
	static const struct sensor sensors[SENSORS] = {
		{"cellar", 148, 624, 148, 624},
		{"office", 217, 451, 217, 451},
		{"roof", 96, 783, 96, 783},
	};
	struct demo *demo = mem_new(sizeof(*demo));

	demo->timers = loop_timers(loop);
	demo->clock = loop_clock(loop);
	demo->ledger = ledger;
	demo->began = clock_now_us(demo->clock);
	for (size_t i = 0; i < SENSORS; i++)
		demo->sensors[i] = sensors[i];
	for (size_t i = 0; i < KINDS; i++) {
		struct stream *stream = &demo->streams[i];
		uint64_t us = kinds[i].seconds * 1000000;

		stream->demo = demo;
		stream->kind = &kinds[i];
		stream->sequence = 1;
		timer_init(&stream->timer, on_time, stream);
		timer_set(demo->timers, &stream->timer, us, us);
	}
	return demo;
}

void demo_free(struct demo *demo)
{
	if (demo == NULL)
		return;
	for (size_t i = 0; i < KINDS; i++)
		timer_stop(demo->timers, &demo->streams[i].timer);
	buf_release(&demo->data);
	free(demo);
}
