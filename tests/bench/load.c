/* SPDX-License-Identifier: MIT */
/*
 * load - loads a Server-Sent Events server over HTTP and says what it did
 *
 *   opening      all streams connect, a few at a time
 *   resting      nothing happens; then memory is read
 *   publishing   by POST (publishers.c) or by a command that INSERTs
 *   draining     until every stream has every event, or a deadline
 *   catching up  the stalled streams, if there are any, read at last
 *
 * With --past the streams come last: publishing, opening, draining.
 *
 * One thread, one epoll, meant for a core of its own.  Prints key=value lines;
 * `client_util` near 1 says that the client, not the server, was measured.
 */
#include "config.h"

#include <err.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/payload.h"
#include "tests/bench/publishers.h"
#include "tests/bench/report.h"
#include "tests/bench/streams.h"

extern char **environ;

enum {
	BATCH = 64, /* few, so that a large fan-out does not delay a publish */
	OPEN_DEADLINE_S = 60,
};

static const uint64_t second = 1000000000;

static void raise_descriptors(uint32_t wanted)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < wanted)
		errx(1, "%u descriptors wanted, %lu allowed", wanted,
			(unsigned long)limit.rlim_cur);
}

static uint64_t own_cpu_us(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
		       1000000 +
	       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* Waits until `until` at most and lets streams and publishers work. */
static void turn(struct load *load, uint64_t until)
{
	struct epoll_event events[BATCH];
	uint64_t now = payload_now();
	uint64_t wait = until > now ? until - now : 0;
	struct timespec most = {(time_t)(wait / second), (long)(wait % second)};
	int count = epoll_pwait2(load->epoll, events, BATCH, &most, NULL);

	now = payload_now();
	for (int i = 0; i < count; i++) {
		uint32_t number = (uint32_t)events[i].data.u64;
		if (number < load->options.streams)
			streams_ready(load->streams, number, now);
		else
			publishers_ready(load->publishers,
				number - load->options.streams);
	}
}

static void note_usage(struct load *load, struct usage *usage)
{
	usage_take(usage, load->options.servers, load->options.server_count);
}

static void open_streams(struct load *load)
{
	uint64_t began = payload_now();
	uint64_t deadline = began + OPEN_DEADLINE_S * second;

	note_usage(load, &load->before);
	load->pss_before = usage_pss(&load->before);
	began = load->began = payload_now();
	while (streams_opened(load->streams) < load->options.streams) {
		streams_open(load->streams);
		turn(load, payload_now() + second / 10);
		if (payload_now() > deadline)
			errx(1, "only %u of %u streams opened in %d s",
				streams_opened(load->streams),
				load->options.streams, OPEN_DEADLINE_S);
	}
	load->opening_ns = payload_now() - began;
	note_usage(load, &load->after);
	load->opening_cpu_us = usage_cpu_us(&load->before, &load->after);
}

static void rest(struct load *load)
{
	uint64_t until = payload_now() + (uint64_t)(load->options.settle * 1e9);

	while (payload_now() < until)
		turn(load, until);
	note_usage(load, &load->after);
	load->rested_cpu_us = usage_cpu_us(&load->before, &load->after);
	load->pss_after = usage_pss(&load->after);
}

static void start_inserter(struct load *load)
{
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"},
		(char *)(uintptr_t)load->options.insert, NULL};

	if (posix_spawn(
		    &load->inserter, "/bin/sh", NULL, NULL, argv, environ) != 0)
		errx(1, "cannot start /bin/sh");
	load->ledger.published = load->options.events;
}

/* Until all is published, and nobody listens. */
static void publish_past(struct load *load)
{
	uint64_t now = payload_now();

	publishers_start(load->publishers, now);
	while (!publishers_done(load->publishers)) {
		uint64_t next = publishers_tick(load->publishers, now);
		uint64_t most = now + second / 100;
		turn(load, next < most ? next : most);
		now = payload_now();
	}
}

/* Until all streams have all of it. */
static void drain(struct load *load)
{
	uint64_t now = payload_now();
	uint64_t deadline = now + (uint64_t)(load->options.drain * 1e9);

	while (now < deadline && !ledger_is_settled(&load->ledger)) {
		turn(load, now + second / 100);
		now = payload_now();
	}
	load->ended = now;
}

static void replay(struct load *load)
{
	publish_past(load);
	uint64_t cpu = own_cpu_us();
	open_streams(load);
	drain(load);
	note_usage(load, &load->after);
	load->client_us = own_cpu_us() - cpu;
	load->pss_after = usage_pss(&load->after);
}

static bool is_published(const struct load *load)
{
	if (load->inserter != 0)
		return true;
	return publishers_done(load->publishers);
}

static void kill_in_time(struct load *load, uint64_t now)
{
	const struct options *options = &load->options;
	uint64_t since = now - load->began;

	if (options->kill == 0 || load->whole != 0)
		return;
	if (load->killed == 0) {
		if (since < (uint64_t)(options->kill_after * 1e9))
			return;
		streams_reconnect(load->streams);
		if (kill(options->kill, SIGKILL) != 0)
			err(1, "kill %d", options->kill);
		load->killed = now;
	} else if (load->back == 0) {
		/* Not before the cut was seen at all. */
		if (streams_away(load->streams) != 0 ||
			now < load->killed + second / 5)
			return;
		load->back = now;
		load->owed_at_back = load->ledger.published;
	} else if (ledger_is_complete(&load->ledger, load->owed_at_back)) {
		load->whole = now;
	}
}

static void publish(struct load *load)
{
	uint64_t now = payload_now();
	uint64_t drained = UINT64_MAX;
	uint64_t tick = second / 100;

	load->began = now;
	if (load->options.reconnect != 0)
		streams_reconnect(load->streams);
	if (load->options.insert != NULL)
		start_inserter(load);
	else
		publishers_start(load->publishers, now);
	for (;; now = payload_now()) {
		uint64_t next =
			load->inserter != 0
				? UINT64_MAX
				: publishers_tick(load->publishers, now);
		uint64_t back = streams_tick(load->streams, now);
		kill_in_time(load, now);
		if (drained == UINT64_MAX && is_published(load))
			drained = now + (uint64_t)(load->options.drain * 1e9);
		if (drained != UINT64_MAX &&
			(now > drained || ledger_is_settled(&load->ledger)))
			break;
		if (back < next)
			next = back;
		turn(load, next < now + tick ? next : now + tick);
	}
	load->ended = now;
	if (load->inserter != 0)
		waitpid(load->inserter, NULL, 0);
}

/* Those who stalled read what they have missed. */
static void catch_up(struct load *load)
{
	uint64_t began = payload_now(), now = began;
	uint64_t deadline = began + (uint64_t)(load->options.drain * 1e9);

	streams_wake(load->streams);
	while (load->ledger.delivered < ledger_owed(&load->ledger) &&
		now < deadline) {
		uint64_t back = streams_tick(load->streams, now);
		uint64_t next = now + second / 100;
		turn(load, back < next ? back : next);
		now = payload_now();
	}
	load->caught_up_ns = now - began;
}

static void measure(struct load *load)
{
	uint64_t cpu = own_cpu_us();

	note_usage(load, &load->before);
	publish(load);
	note_usage(load, &load->after);
	load->client_us = own_cpu_us() - cpu;
	printf("settled=1\n"); /* for who watches the server meanwhile */
	fflush(stdout);
	if (load->options.stalled > 0)
		catch_up(load);
}

int main(int argc, char **argv)
{
	static struct load load;

	options_parse(&load.options, argc, argv);
	raise_descriptors(load.options.streams + OPTIONS_PUBLISHERS + 32);
	load.ledger.streams = load.options.streams;
	load.ledger.stalled = load.options.stalled;
	load.ledger.channels = load.options.channels;
	load.ledger.publishers = load.options.publishers;
	load.ledger.capacity = options_capacity(&load.options);
	ledger_init(&load.ledger);
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	load.streams = streams_new(&load.options, &load.ledger, load.epoll);
	load.publishers =
		publishers_new(&load.options, &load.ledger, load.epoll);

	if (load.options.past != 0) {
		replay(&load);
	} else {
		open_streams(&load);
		rest(&load);
		if (load.options.seconds > 0)
			measure(&load);
	}
	report(&load);

	publishers_free(load.publishers);
	streams_free(load.streams);
	close(load.epoll);
	ledger_release(&load.ledger);
	return 0;
}
