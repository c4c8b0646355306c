#include <config.h>

#include "client/scrape.h"

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
};

static const struct figure curves[] = {
	{"tidings_delivery_latency_seconds_bucket{le=\"",
		offsetof(struct scrape, latency)},
	{"tidings_commit_duration_seconds_bucket{le=\"",
		offsetof(struct scrape, commits)},
};

/* ---- a line: name{labels} value */

static void *member(struct scrape *scrape, const struct figure *figure)
{
	return (char *)scrape + figure->offset;
}

static bool read_figure(struct scrape *scrape, const char *name, double value)
{
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (strcmp(name, figures[i].name) == 0) {
			double *to = member(scrape, &figures[i]);

			*to = value;
			return true;
		}
	return false;
}

static bool read_bucket(struct scrape *scrape, const char *name, double value)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		size_t len = strlen(curves[i].name);
		struct scrape_curve *curve = member(scrape, &curves[i]);

		if (strncmp(name, curves[i].name, len) != 0)
			continue;
		if (curve->bounds == SCRAPE_BOUNDS)
			return false;
		curve->seconds[curve->bounds] = strtod(name + len, NULL);
		curve->count[curve->bounds++] = value;
		return true;
	}
	return false;
}

static bool read_line(struct scrape *scrape, char *line)
{
	char *space = strrchr(line, ' ');
	double value;

	if (line[0] == '#' || space == NULL)
		return false;
	*space = '\0';
	value = strtod(space + 1, NULL);
	return isfinite(value) && (read_figure(scrape, line, value) ||
					  read_bucket(scrape, line, value));
}

bool scrape_read(struct scrape *scrape, struct span text)
{
	char *copy = mem_text(text), *rest = copy, *line;
	bool any = false;

	*scrape = (struct scrape){.at = clock_mono_us()};
	while ((line = strsep(&rest, "\n")) != NULL)
		any = read_line(scrape, line) || any;
	free(copy);
	return any;
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
	return answer->outcome == OUT_OK &&
	       scrape_read(scrape, buf_span(&answer->body));
}
