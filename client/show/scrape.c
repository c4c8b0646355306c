/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/show/scrape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"

enum { PATIENCE_MS = 3000 };

static const struct figure {
	const char *name; /* with its labels, as the hub writes them */
	size_t offset;
} figures[] = {
	{"tidings_subscribers", offsetof(struct scrape, subscribers)},
	{"tidings_responders", offsetof(struct scrape, responders)},
	{"tidings_events_total", offsetof(struct scrape, events)},
	{"tidings_deliveries_total{kind=\"live\"}",
		offsetof(struct scrape, live)},
	{"tidings_deliveries_total{kind=\"replayed\"}",
		offsetof(struct scrape, replayed)},
	{"tidings_http_requests_total{class=\"2xx\"}",
		offsetof(struct scrape, good)},
	{"tidings_http_requests_total{class=\"3xx\"}",
		offsetof(struct scrape, moved)},
	{"tidings_http_requests_total{class=\"4xx\"}",
		offsetof(struct scrape, wrong)},
	{"tidings_http_requests_total{class=\"5xx\"}",
		offsetof(struct scrape, failed)},
	{"tidings_log_events", offsetof(struct scrape, log_events)},
	{"tidings_log_size_bytes", offsetof(struct scrape, log_bytes)},
	{"tidings_log_newest_id", offsetof(struct scrape, newest)},
	{"tidings_log_writable", offsetof(struct scrape, writable)},
	{"process_start_time_seconds", offsetof(struct scrape, began)},
	{"tidings_presence_subscribers", offsetof(struct scrape, there)},
	{"tidings_presence_changes_total{kind=\"join\"}",
		offsetof(struct scrape, joins)},
	{"tidings_presence_changes_total{kind=\"leave\"}",
		offsetof(struct scrape, leaves)},
	{"tidings_presence_waiting", offsetof(struct scrape, told_later)},
};

enum {
	FIGURES = sizeof(figures) / sizeof(figures[0]),
	NEEDED = FIGURES - 4, /* the first of them */
};

static const struct figure curves[] = {
	{"tidings_delivery_latency_seconds_bucket{le=\"",
		offsetof(struct scrape, latency)},
	{"tidings_commit_duration_seconds_bucket{le=\"",
		offsetof(struct scrape, commits)},
};

/* ---- a line: name{labels} value */

struct reading {
	struct scrape *scrape;
	unsigned seen; /* a bit for each figure */
};

static void *member(struct scrape *scrape, const struct figure *figure)
{
	return (char *)scrape + figure->offset;
}

/* True if `text` is a number, and what follows it begins with `end`. */
static bool read_number(const char *text, char end, double *number)
{
	char *stop;

	*number = strtod(text, &stop);
	return stop > text && *stop == end;
}

static bool read_figure(struct reading *reading, size_t i, const char *value)
{
	double *to = member(reading->scrape, &figures[i]);

	reading->seen |= 1u << i;
	return read_number(value, '\0', to) && isfinite(*to);
}

static bool read_bucket(
	struct scrape_curve *curve, const char *bound, const char *value)
{
	double *seconds, *count;

	if (curve->bounds == SCRAPE_BOUNDS)
		return false;
	seconds = &curve->seconds[curve->bounds];
	count = &curve->count[curve->bounds++];
	return read_number(bound, '"', seconds) && !isnan(*seconds) &&
	       read_number(value, '\0', count) && isfinite(*count);
}

/* False if it is one of ours, and cannot be read. */
static bool read_line(struct reading *reading, char *line)
{
	char *space = strrchr(line, ' ');

	if (line[0] == '#' || space == NULL)
		return true;
	*space = '\0';
	for (size_t i = 0; i < FIGURES; i++)
		if (strcmp(line, figures[i].name) == 0)
			return read_figure(reading, i, space + 1);
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		size_t len = strlen(curves[i].name);

		if (strncmp(line, curves[i].name, len) == 0)
			return read_bucket(member(reading->scrape, &curves[i]),
				line + len, space + 1);
	}
	return true;
}

bool scrape_read(struct scrape *scrape, struct span text)
{
	char *copy = mem_text(text), *rest = copy, *line;
	struct reading reading = {.scrape = scrape};
	bool good = true;

	*scrape = (struct scrape){.at = clock_mono_us()};
	while ((line = strsep(&rest, "\n")) != NULL)
		good = read_line(&reading, line) && good;
	free(copy);
	reading.seen &= (1u << NEEDED) - 1;
	return good && reading.seen == (1u << NEEDED) - 1;
}

/* ---- what the curves say */

static double counted(const struct scrape_curve *now,
	const struct scrape_curve *before, size_t bound)
{
	bool same = before != NULL && before->bounds == now->bounds;

	return now->count[bound] - (same ? before->count[bound] : 0);
}

double scrape_quantile(const struct scrape_curve *now,
	const struct scrape_curve *before, double part)
{
	double all, wanted, below = 0, from = 0;

	if (now->bounds == 0)
		return -1;
	all = counted(now, before, now->bounds - 1);
	if (all <= 0)
		return -1;
	wanted = part * all;
	for (size_t i = 0; i < now->bounds; i++) {
		double upto = counted(now, before, i), to = now->seconds[i];

		if (upto >= wanted && upto > below)
			return 1e3 *
			       (isinf(to) ? from
					  : from + (to - from) *
							       (wanted -
								       below) /
							       (upto - below));
		below = upto;
		from = to;
	}
	return 1e3 * from;
}

/* ---- asking */

bool scrape_ask(
	struct http *http, struct http_answer *answer, struct scrape *scrape)
{
	static const char *const headers[] = {"Accept: text/plain", NULL};
	const struct http_request request = {.path = "/metrics",
		.headers = headers,
		.deadline_ms = PATIENCE_MS};

	http_perform(http, &request, answer);
	return answer->exit_status == EXIT_OK &&
	       scrape_read(scrape, buf_span(&answer->body));
}
