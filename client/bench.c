/*
 * bench - a small, honest load test of an installation
 *
 * Streams of one channel, and publishers that wait for each answer, all in
 * this one process: on a machine that it shares with the server it takes part
 * of the processor, and it says so.  Each event carries its number and the time
 * at which it was sent; what was lost, doubled or out of order is counted.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "client/ask.h"
#include "client/ear.h"
#include "client/http.h"
#include "client/interrupt.h"
#include "client/option.h"
#include "client/print.h"
#include "client/verbs.h"
#include "lib/clock.h"
#include "lib/sock.h"

enum {
	OPEN_AT_ONCE = 100, /* streams that are being opened */
	OPEN_MS = 30000,    /* until all are */
	DRAIN_MS = 10000,   /* after the last publish, for what is on its way */
	PUBLISHERS_MAX = 64,
	SIZE_MOST = 1 << 20, /* bytes of an event, whatever is configured */
	RATE_MOST = 10000000,
	HEAD_MAX = 64,		  /* bytes that number and time take, at most */
	LATENCIES_MAX = 64 << 20, /* bytes of them; what comes later is not
				     among them */
};

struct listener {
	struct ear ear;
	struct bench *bench;
	uint32_t next[PUBLISHERS_MAX]; /* numbers that are due */
};

struct poster {
	struct transfer *transfer; /* NULL = idle */
	struct http_request request;
	struct http_answer answer;
	struct buf body;
	uint32_t sent;
};

struct bench {
	struct http *http;
	char channel[32];
	struct buf path;
	struct listener *listeners;
	size_t streams;
	struct poster posters[PUBLISHERS_MAX];
	size_t publishers;
	uint64_t rate, size;
	uint64_t sent, stored, refused;
	uint64_t delivered, lost, again, strange;
	uint64_t began, ended; /* publishing, monotonic us */
	struct buf latencies;  /* uint32_t us */
};

/* ---- listening */

static void on_event(void *arg, const struct sse_event *event)
{
	struct listener *listener = arg;
	struct bench *bench = listener->bench;
	unsigned publisher, number;
	uint64_t at;
	char text[HEAD_MAX] = "";
	uint32_t took;

	memcpy(text, event->data.at,
		event->data.len < HEAD_MAX ? event->data.len : HEAD_MAX - 1);
	if (sscanf(text, "%u %u %" SCNu64, &publisher, &number, &at) != 3 ||
		publisher >= PUBLISHERS_MAX) {
		bench->strange++;
		return;
	}
	took = (uint32_t)(clock_mono_us() - at);
	bench->delivered++;
	if (bench->latencies.len < LATENCIES_MAX)
		buf_add(&bench->latencies, &took, sizeof(took));
	if (number < listener->next[publisher])
		bench->again++; /* or late, which is no better */
	else
		listener->next[publisher] = number + 1;
}

static bool open_streams(struct bench *bench)
{
	uint64_t end = clock_mono_us() + OPEN_MS * 1000ull;
	size_t opened = 0, connected = 0;
	struct buf path = {0};

	buf_printf(&path, "/realtime/%s", bench->channel);
	while (connected < bench->streams && !interrupt_caught() &&
		clock_mono_us() < end) {
		while (opened < bench->streams &&
			opened - connected < OPEN_AT_ONCE) {
			struct listener *listener = &bench->listeners[opened++];

			listener->bench = bench;
			listener->ear.event = on_event;
			listener->ear.arg = listener;
			ear_open(&listener->ear, bench->http, buf_span(&path));
		}
		http_turn(bench->http, 100);
		while (connected < opened &&
			bench->listeners[connected].ear.connected)
			connected++;
		if (connected < opened &&
			ear_has_ended(&bench->listeners[connected].ear))
			break;
	}
	buf_release(&path);
	return connected == bench->streams;
}

static void close_streams(struct bench *bench)
{
	for (size_t i = 0; i < bench->streams; i++)
		ear_close(&bench->listeners[i].ear);
	free(bench->listeners);
}

/* ---- publishing */

static void settle(struct bench *bench, struct poster *poster)
{
	if (poster->transfer == NULL || !http_is_done(poster->transfer))
		return;
	if (poster->answer.outcome == OUT_OK && !poster->answer.interrupted &&
		ask_is_stored(&poster->answer, 0, NULL))
		bench->stored++;
	else
		bench->refused++;
	http_stop(poster->transfer);
	poster->transfer = NULL;
}

/* The event's number and time, filled up to the size that was asked for. */
static void post(struct bench *bench, struct poster *poster)
{
	struct buf *body = &poster->body;

	buf_clear(body);
	buf_printf(body, "%zu %u %" PRIu64 " ",
		(size_t)(poster - bench->posters), poster->sent++,
		clock_mono_us());
	bench->sent++;
	while (body->len < bench->size)
		buf_add_char(body, '.');
	poster->request = (struct http_request){.method = "POST",
		.path = bench->path.at,
		.body = buf_span(body)};
	poster->transfer =
		http_start(bench->http, &poster->request, &poster->answer);
}

/* How many may have been sent by now; 0 as rate = as fast as they are taken. */
static uint64_t due(const struct bench *bench)
{
	uint64_t us = clock_mono_us() - bench->began;

	return bench->rate == 0 ? UINT64_MAX : us * bench->rate / 1000000 + 1;
}

static bool is_idle(const struct bench *bench)
{
	for (size_t i = 0; i < bench->publishers; i++)
		if (bench->posters[i].transfer != NULL)
			return false;
	return true;
}

static void publish(struct bench *bench, uint64_t ms)
{
	uint64_t end;

	bench->began = clock_mono_us();
	end = bench->began + ms * 1000;
	for (;;) {
		bool over = clock_mono_us() >= end || interrupt_caught();

		for (size_t i = 0; i < bench->publishers; i++) {
			struct poster *poster = &bench->posters[i];

			settle(bench, poster);
			if (!over && poster->transfer == NULL &&
				bench->sent < due(bench))
				post(bench, poster);
		}
		if (over && is_idle(bench))
			break;
		http_turn(bench->http, bench->rate == 0 ? 50 : 1);
	}
	bench->ended = clock_mono_us();
}

static void drain(struct bench *bench)
{
	uint64_t end = clock_mono_us() + DRAIN_MS * 1000ull;
	uint64_t wanted = bench->stored * bench->streams;

	while (bench->delivered < wanted && clock_mono_us() < end &&
		!interrupt_caught())
		http_turn(bench->http, 100);
	bench->lost = wanted > bench->delivered ? wanted - bench->delivered : 0;
}

/* ---- the report */

static int compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

static double percentile(const struct bench *bench, double share)
{
	const uint32_t *all = (const void *)bench->latencies.at;
	size_t count = bench->latencies.len / sizeof(*all);

	if (count == 0)
		return 0;
	return all[(size_t)(share * (double)(count - 1))] / 1e3;
}

static double own_cpu(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static enum outcome print_report(struct bench *bench, double cpu)
{
	double seconds = (double)(bench->ended - bench->began) / 1e6;
	enum outcome outcome;
	struct buf out = {0};

	if (bench->latencies.len > 0)
		qsort(bench->latencies.at,
			bench->latencies.len / sizeof(uint32_t),
			sizeof(uint32_t), compare);
	buf_printf(&out,
		"streams     %zu\n"
		"published   %" PRIu64 " in %.1f s, %.0f/s, each acknowledged; "
		"refused %" PRIu64 "\n"
		"delivered   %" PRIu64 ", %.0f/s; lost %" PRIu64
		", doubled or out of order %" PRIu64 "\n"
		"latency     p50 %.2f ms, p90 %.2f, p99 %.2f, most %.2f\n"
		"this client %.0f %% of a processor\n",
		bench->streams, bench->stored, seconds,
		(double)bench->stored / seconds, bench->refused,
		bench->delivered, (double)bench->delivered / seconds,
		bench->lost, bench->again, percentile(bench, 0.5),
		percentile(bench, 0.9), percentile(bench, 0.99),
		percentile(bench, 1), 100 * cpu / seconds);
	outcome = print_bytes(buf_span(&out));
	buf_release(&out);
	if (outcome == OUT_OK && bench->strange > 0)
		outcome = fail(OUT_FAILED,
			"%" PRIu64
			" events came that this command did not publish",
			bench->strange);
	if (outcome == OUT_OK &&
		(bench->lost > 0 || bench->again > 0 || bench->refused > 0))
		outcome = OUT_FAILED;
	return outcome;
}

/* ---- the verb */

static void prepare(struct bench *bench)
{
	uint32_t random = 0;

	(void)!getrandom(&random, sizeof(random), 0);
	snprintf(bench->channel, sizeof(bench->channel), "bench-%08" PRIx32,
		random);
	buf_printf(&bench->path, "/realtime/%s", bench->channel);
	buf_add_char(&bench->path, '\0');
	bench->listeners = mem_new(bench->streams * sizeof(struct listener));
	sock_raise_limit();
	interrupt_catch();
}

static void release(struct bench *bench)
{
	close_streams(bench);
	for (size_t i = 0; i < bench->publishers; i++) {
		buf_release(&bench->posters[i].body);
		answer_release(&bench->posters[i].answer);
	}
	buf_release(&bench->latencies);
	buf_release(&bench->path);
	http_free(bench->http);
}

static const char *failed_stream(const struct bench *bench)
{
	for (size_t i = 0; i < bench->streams; i++)
		if (bench->listeners[i].ear.answer.sentence.len > 1)
			return bench->listeners[i].ear.answer.sentence.at;
	return "they did not begin in time";
}

static enum outcome run(struct bench *bench)
{
	double cpu;

	if (!open_streams(bench))
		return interrupt_caught()
			       ? OUT_FAILED
			       : fail(OUT_AWAY, "cannot open %zu streams: %s",
					 bench->streams, failed_stream(bench));
	cpu = own_cpu();
	publish(bench, option_ms("time"));
	cpu = own_cpu() - cpu;
	drain(bench);
	return print_report(bench, cpu);
}

static enum outcome run_bench(void)
{
	struct bench bench = {
		.streams = option_number("streams"),
		.publishers = option_number("publishers"),
		.rate = option_number("rate"),
		.size = option_number("size"),
	};
	enum outcome outcome;

	if (bench.streams < 1 || bench.streams > 20000)
		return fail(
			OUT_USAGE, "bench: --streams must be from 1 to 20000");
	if (bench.size > SIZE_MOST || bench.rate > RATE_MOST)
		return fail(OUT_USAGE,
			"bench: --size must be at most %d, and --rate at most "
			"%d",
			SIZE_MOST, RATE_MOST);
	if (option_ms("time") < 100 || option_ms("time") > 3600000)
		return fail(
			OUT_USAGE, "bench: --time must be from 100ms to 1h");
	if (bench.publishers < 1 || bench.publishers > PUBLISHERS_MAX)
		return fail(OUT_USAGE,
			"bench: --publishers must be from 1 to %d",
			PUBLISHERS_MAX);
	bench.http = http_new();
	if (bench.http == NULL)
		return OUT_USAGE;
	prepare(&bench);
	outcome = run(&bench);
	release(&bench);
	return outcome;
}

static const struct option_row rows[] = {
	{"streams", 's', NUMBER, "N", "100", "streams to hold"},
	{"publishers", 'p', NUMBER, "N", "1", "that wait for each answer"},
	{"rate", 'r', NUMBER, "N", "100",
		"events a second, of all together; 0 = as fast as they go"},
	{"size", '\0', NUMBER, "BYTES", "100", "of an event's data"},
	{"time", 't', DURATION, "TIME", "5s", "how long to publish"},
	{0},
};

const struct verb verb_bench = {
	.name = "bench",
	.arguments = "",
	.summary = "load an installation a little, and say how it bore it",
	.more = "The channel has a name of its own.  Its events stay in the "
		"log "
		"as all others do.",
	.rows = rows,
	.most = 0,
	.run = run_bench,
};
