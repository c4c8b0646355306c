/* SPDX-License-Identifier: MIT */
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

#include "client/http/http.h"
#include "client/http/interrupt.h"
#include "client/http/listener.h"
#include "client/option/option.h"
#include "client/show/print.h"
#include "client/verb/gauge.h"
#include "client/verb/latency.h"
#include "client/verb/posters.h"
#include "client/verbs.h"
#include "lib/clock.h"
#include "lib/sock.h"

enum {
	OPEN_AT_ONCE = 100, /* streams that are being opened */
	OPEN_MS = 30000,    /* until all are */
	DRAIN_MS = 10000,   /* after the last publish, for what is on its way */
	SIZE_MOST = 1 << 20, /* bytes of an event, whatever is configured */
	RATE_MOST = 10000000,
	HEAD_MAX = 64, /* bytes that number and time take, at most */
};

struct reader {
	struct listener listener;
	struct bench *bench;
	uint32_t next[POSTERS_MAX]; /* numbers that are due */
};

struct bench {
	struct http *http;
	char channel[32];
	struct reader *readers;
	size_t streams;
	struct posters posters;
	uint64_t delivered, lost, again, strange;
	struct latency latency;
	struct gauge gauge;
};

/* ---- listening */

static void on_event(void *arg, const struct sse_event *event)
{
	struct reader *reader = arg;
	struct bench *bench = reader->bench;
	unsigned publisher, number;
	uint64_t at;
	char text[HEAD_MAX] = "";

	memcpy(text, event->data.at,
		event->data.len < HEAD_MAX ? event->data.len : HEAD_MAX - 1);
	if (sscanf(text, "%u %u %" SCNu64, &publisher, &number, &at) != 3 ||
		publisher >= POSTERS_MAX) {
		bench->strange++;
		return;
	}
	bench->delivered++;
	latency_add(&bench->latency, clock_mono_us() - at);
	if (number < reader->next[publisher])
		bench->again++; /* or late, which is no better */
	else
		reader->next[publisher] = number + 1;
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
			struct reader *reader = &bench->readers[opened++];

			reader->bench = bench;
			reader->listener.event = on_event;
			reader->listener.arg = reader;
			listener_open(&reader->listener, bench->http,
				buf_span(&path));
		}
		gauge_show(&bench->gauge,
			(double)connected / (double)bench->streams,
			"%zu of %zu streams are open", connected,
			bench->streams);
		http_turn(bench->http, 100);
		while (connected < opened &&
			bench->readers[connected].listener.connected)
			connected++;
		if (connected < opened &&
			listener_has_ended(&bench->readers[connected].listener))
			break;
	}
	buf_release(&path);
	return connected == bench->streams;
}

static void close_streams(struct bench *bench)
{
	for (size_t i = 0; i < bench->streams; i++)
		listener_close(&bench->readers[i].listener);
	free(bench->readers);
}

static void drain(struct bench *bench)
{
	uint64_t end = clock_mono_us() + DRAIN_MS * 1000ull;
	uint64_t wanted = bench->posters.stored * bench->streams;

	while (bench->delivered < wanted && clock_mono_us() < end &&
		!interrupt_caught())
		http_turn(bench->http, 100);
	bench->lost = wanted > bench->delivered ? wanted - bench->delivered : 0;
}

/* ---- the report */

static double own_cpu(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static enum exit_status print_report(struct bench *bench, double cpu)
{
	double seconds =
		(double)(bench->posters.ended - bench->posters.began) / 1e6;
	enum exit_status exit_status;
	struct buf out = {0};

	latency_sort(&bench->latency);
	buf_printf(&out,
		"streams     %zu\n"
		"published   %" PRIu64 " in %.1f s, %.0f/s, each acknowledged; "
		"refused %" PRIu64 "\n"
		"delivered   %" PRIu64 ", %.0f/s; lost %" PRIu64
		", doubled or out of order %" PRIu64 "\n"
		"latency     p50 %.2f ms, p90 %.2f, p99 %.2f, most %.2f\n"
		"this client %.0f %% of a processor\n",
		bench->streams, bench->posters.stored, seconds,
		(double)bench->posters.stored / seconds, bench->posters.refused,
		bench->delivered, (double)bench->delivered / seconds,
		bench->lost, bench->again, latency_ms(&bench->latency, 0.5),
		latency_ms(&bench->latency, 0.9),
		latency_ms(&bench->latency, 0.99),
		latency_ms(&bench->latency, 1), 100 * cpu / seconds);
	exit_status = print_text(buf_span(&out));
	buf_release(&out);
	if (exit_status == EXIT_OK && bench->strange > 0)
		exit_status = fail(EXIT_FAILED,
			"%" PRIu64
			" events came that this command did not publish",
			bench->strange);
	if (exit_status == EXIT_OK && (bench->lost > 0 || bench->again > 0 ||
					      bench->posters.refused > 0))
		exit_status = EXIT_FAILED;
	return exit_status;
}

/* ---- the verb */

static void prepare(struct bench *bench)
{
	uint32_t random = 0;

	(void)!getrandom(&random, sizeof(random), 0);
	snprintf(bench->channel, sizeof(bench->channel), "bench-%08" PRIx32,
		random);
	buf_printf(&bench->posters.path, "/realtime/%s", bench->channel);
	buf_add_char(&bench->posters.path, '\0');
	bench->readers = mem_new(bench->streams * sizeof(struct reader));
	sock_raise_limit();
	interrupt_catch();
}

static void release(struct bench *bench)
{
	close_streams(bench);
	posters_release(&bench->posters);
	latency_release(&bench->latency);
	http_free(bench->http);
}

static const char *failed_stream(const struct bench *bench)
{
	for (size_t i = 0; i < bench->streams; i++)
		if (bench->readers[i].listener.answer.sentence.len > 1)
			return bench->readers[i].listener.answer.sentence.at;
	return "they did not begin in time";
}

static void on_turn(void *arg)
{
	struct bench *bench = arg;
	double seconds = (double)(clock_mono_us() - bench->posters.began) / 1e6;
	double whole = (double)option_ms("time") / 1e3;

	gauge_show(&bench->gauge, seconds / whole,
		"%.0f of %.0f s, %" PRIu64 " published, %" PRIu64 " delivered",
		seconds < whole ? seconds : whole, whole, bench->posters.stored,
		bench->delivered);
}

static enum exit_status run(struct bench *bench)
{
	double cpu;

	bench->posters.turn = on_turn;
	bench->posters.arg = bench;
	gauge_begin(&bench->gauge);
	if (!open_streams(bench)) {
		gauge_end(&bench->gauge);
		return interrupt_caught()
			       ? EXIT_FAILED
			       : fail(EXIT_AWAY, "cannot open %zu streams: %s",
					 bench->streams, failed_stream(bench));
	}
	cpu = own_cpu();
	posters_run(&bench->posters, option_ms("time"));
	cpu = own_cpu() - cpu;
	drain(bench);
	gauge_end(&bench->gauge);
	return print_report(bench, cpu);
}

static enum exit_status run_bench(void)
{
	struct bench bench = {
		.streams = option_number("streams"),
		.posters = {.count = option_number("publishers"),
			.rate = option_number("rate"),
			.size = option_number("size")},
	};
	enum exit_status exit_status;

	if (bench.streams < 1 || bench.streams > 20000)
		return fail(
			EXIT_USAGE, "bench: --streams must be from 1 to 20000");
	if (bench.posters.size > SIZE_MOST || bench.posters.rate > RATE_MOST)
		return fail(EXIT_USAGE,
			"bench: --size must be at most %d, and --rate at most "
			"%d",
			SIZE_MOST, RATE_MOST);
	if (option_ms("time") < 100 || option_ms("time") > 3600000)
		return fail(
			EXIT_USAGE, "bench: --time must be from 100ms to 1h");
	if (bench.posters.count < 1 || bench.posters.count > POSTERS_MAX)
		return fail(EXIT_USAGE,
			"bench: --publishers must be from 1 to %d",
			POSTERS_MAX);
	bench.http = bench.posters.http = http_new();
	if (bench.http == NULL)
		return EXIT_USAGE;
	prepare(&bench);
	exit_status = run(&bench);
	release(&bench);
	return exit_status;
}

static const struct option_row rows[] = {
	{"streams", 's', NUMBER, "N", "100", "streams to hold"},
	{"publishers", 'p', NUMBER, "N", "1", "that wait for each answer"},
	{"rate", 'r', NUMBER, "N", "100",
		"events a second of all; 0 = as fast as they go"},
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
	.examples = "tidings bench\n"
		    "tidings bench --streams 1000 --rate 500 --time 10s",
	.group = "Try out",
	.rows = rows,
	.most = 0,
	.run = run_bench,
};
