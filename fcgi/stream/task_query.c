/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/task_query.h"

#include "fcgi/http/query.h"
#include "fcgi/http/request.h"
#include "fcgi/stream/keepalive.h"
#include "lib/buf.h"

enum { INTERVAL_MS = 5000 }; /* unless told */

static bool read_interval(struct span query, uint64_t *interval)
{
	struct pair pair;

	*interval = INTERVAL_MS;
	return !query_find(query, "interval", &pair) ||
	       (pair.has_value && task_interval_read(interval, pair.value));
}

/* False if ?interval= is none. */
static bool read_place(struct task_query *wanted, const struct request *request,
	struct span query)
{
	bool good = read_interval(query, &wanted->place.interval);
	struct task_place last;
	struct buf id = {0};

	query_last_id(&id, request, query);
	if (task_place_read(&last, buf_span(&id), wanted->place.start)) {
		wanted->place = last;
		wanted->next = last.step + 1;
		good = true; /* the id knows the interval */
	}
	buf_release(&id);
	return good;
}

const char *task_query_read(struct task_query *wanted,
	const struct request *request, struct span query, const char **code)
{
	uint64_t most = wanted->keepalive_ms;
	const char *fault = keepalive_read(&wanted->keepalive_ms, query);

	*code = "bad_keepalive";
	if (wanted->keepalive_ms == 0 || wanted->keepalive_ms > most)
		wanted->keepalive_ms = most;
	if (read_place(wanted, request, query))
		return fault;
	*code = "bad_interval";
	return "?interval= is a number of seconds from 0.05 to 60";
}
