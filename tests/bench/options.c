/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/bench/options.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/payload.h"

enum kind { TEXT, COUNT, NUMBER, PORT, PID, PIDS };

struct row {
	const char *name;
	enum kind kind;
	size_t at;
	const char *help;
};

#define AT(field) offsetof(struct options, field)

static const struct row rows[] = {
	{"port", PORT, AT(port), "of the server on 127.0.0.1"},
	{"publish-port", PORT, AT(publish_port), "of another, for POSTs"},
	{"listen", TEXT, AT(listen), "path of a stream, {} = channel number"},
	{"publish", TEXT, AT(publish), "path of a POST, {} and {key}"},
	{"form", TEXT, AT(form), "a POST is a form: what is before its data"},
	{"token", TEXT, AT(token), "that a POST shows"},
	{"show", TEXT, AT(show), "token that a stream shows"},
	{"streams", COUNT, AT(streams), "to open [1]"},
	{"stalled", COUNT, AT(stalled), "of them, read only at the end [0]"},
	{"channels", COUNT, AT(channels), "to spread them over [1]"},
	{"publishers", COUNT, AT(publishers), "keep-alive connections [1]"},
	{"size", COUNT, AT(size), "bytes of an event's data [100]"},
	{"opening", COUNT, AT(opening), "streams being opened at once [128]"},
	{"rate", NUMBER, AT(rate), "events/s, 0 = closed loop [0]"},
	{"seconds", NUMBER, AT(seconds), "to publish; 0 = only open [5]"},
	{"events", COUNT, AT(events), "at most [no limit]"},
	{"past", COUNT, AT(past), "1 = published before the streams come [0]"},
	{"settle", NUMBER, AT(settle), "seconds before memory is read [0.3]"},
	{"drain", NUMBER, AT(drain), "seconds to wait for the rest [15]"},
	{"insert", TEXT, AT(insert), "command that publishes --events events"},
	{"reconnect", COUNT, AT(reconnect),
		"1 = streams that end come back [0]"},
	{"kill", PID, AT(kill), "process to SIGKILL; streams reconnect"},
	{"kill-after", NUMBER, AT(kill_after), "seconds [2]"},
	{"server", PIDS, AT(servers), "process to account for, repeatable"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

_Noreturn static void usage(void)
{
	fprintf(stderr, "usage: load --port=N --listen=PATH [options]\n");
	for (int i = 0; i < ROWS; i++)
		fprintf(stderr, "  --%-11s %s\n", rows[i].name, rows[i].help);
	exit(2);
}

static double number(const struct row *row, const char *text, double most)
{
	char *end;
	double value = strtod(text, &end);

	if (*end != '\0' || end == text || value < 0 || value > most)
		errx(2, "--%s: %s is no number from 0 to %.0f", row->name, text,
			most);
	return value;
}

static void set(
	struct options *options, const struct row *row, const char *text)
{
	void *field = (char *)options + row->at;

	switch (row->kind) {
	case TEXT:
		memcpy(field, &text, sizeof(text));
		break;
	case COUNT:
		*(uint32_t *)field = (uint32_t)number(row, text, 1e8);
		break;
	case NUMBER:
		*(double *)field = number(row, text, 1e8);
		break;
	case PORT:
		*(uint16_t *)field = (uint16_t)number(row, text, 65535);
		break;
	case PID:
		*(pid_t *)field = (pid_t)number(row, text, 1e9);
		break;
	case PIDS:
		if (options->server_count == OPTIONS_SERVERS)
			errx(2, "--server: at most %d", OPTIONS_SERVERS);
		options->servers[options->server_count++] =
			(pid_t)number(row, text, 1e9);
		break;
	}
}

static void check(const struct options *options)
{
	if (options->port == 0 || options->listen == NULL)
		usage();
	if (options->streams == 0 || options->channels == 0 ||
		options->opening == 0)
		errx(2, "streams, channels and opening begin at 1");
	if (options->size < PAYLOAD_MIN || options->size > PAYLOAD_MAX)
		errx(2, "--size: from %d to %d", PAYLOAD_MIN, PAYLOAD_MAX);
	if (options->publishers == 0 ||
		options->publishers > OPTIONS_PUBLISHERS)
		errx(2, "--publishers: from 1 to %d", OPTIONS_PUBLISHERS);
	if (options->stalled > 0 &&
		(options->channels != 1 || options->stalled > options->streams))
		errx(2, "--stalled: at most all streams, on one channel");
	if (options->past != 0 && (options->stalled > 0 || options->kill != 0 ||
					  options->insert != NULL))
		errx(2, "--past: without --stalled, --kill and --insert");
	if (options->insert != NULL && options->events == 0)
		errx(2, "--insert needs --events");
	if (options->insert == NULL && options->publish == NULL &&
		options->seconds > 0)
		errx(2, "nothing publishes: --publish or --insert");
}

void options_parse(struct options *options, int argc, char **argv)
{
	struct option names[ROWS + 1] = {{NULL, 0, NULL, 0}};
	int chosen;
	int which;

	*options = (struct options){.streams = 1,
		.channels = 1,
		.publishers = 1,
		.size = 100,
		.opening = 128,
		.seconds = 5,
		.settle = 0.3,
		.drain = 15,
		.kill_after = 2};
	for (int i = 0; i < ROWS; i++)
		names[i] = (struct option){
			rows[i].name, required_argument, NULL, 1};
	while ((chosen = getopt_long(argc, argv, "", names, &which)) != -1) {
		if (chosen != 1)
			usage();
		set(options, &rows[which], optarg);
	}
	if (optind != argc)
		usage();
	check(options);
	if (options->publish_port == 0)
		options->publish_port = options->port;
}

uint32_t options_capacity(const struct options *options)
{
	double most = 2000000;

	if (options->events != 0)
		most = options->events;
	if (options->rate > 0 && options->rate * options->seconds + 1 < most)
		most = options->rate * options->seconds + 1;
	return (uint32_t)most;
}

void options_path(char *out, size_t size, const char *pattern, uint32_t channel,
	uint32_t number)
{
	size_t len = 0;

	out[0] = '\0';
	for (const char *at = pattern; *at != '\0';) {
		if (len + 24 >= size)
			errx(2, "longer than %zu bytes: %.60s...", size - 24,
				pattern);
		if (strncmp(at, "{key}", 5) == 0) {
			len += (size_t)snprintf(out + len, size - len, "%d.%u",
				getpid(), number);
			at += 5;
		} else if (strncmp(at, "{}", 2) == 0) {
			len += (size_t)snprintf(
				out + len, size - len, "%u", channel);
			at += 2;
		} else {
			out[len++] = *at++;
			out[len] = '\0';
		}
	}
}
