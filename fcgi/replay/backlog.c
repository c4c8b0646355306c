/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/replay/backlog.h"

#include <stdlib.h>

#include "fcgi/replay/straggler.h"
#include "fcgi/stream/subscriber.h"
#include "lib/buf.h"

struct backlog {
	struct fair_queue *few, *many;
	struct straggler *reader; /* taken from MANY */
};

static struct straggler *take(struct fair_queue *queue)
{
	struct fair_place *place = fair_queue_take(queue);

	return place == NULL ? NULL
			     : list_entry(place, struct straggler, place);
}

void backlog_add(struct backlog *backlog, struct straggler *straggler)
{
	bool many = straggler->judged && straggler->count > BACKLOG_FEW;

	fair_queue_add(many ? backlog->many : backlog->few, &straggler->place,
		straggler->sub->client);
}

void backlog_remove(struct backlog *backlog, struct straggler *straggler)
{
	if (backlog->reader == straggler)
		backlog->reader = NULL;
	fair_queue_remove(&straggler->place);
}

struct straggler *backlog_take(struct backlog *backlog)
{
	return take(backlog->few);
}

struct straggler *backlog_reader(struct backlog *backlog)
{
	if (backlog->reader == NULL) {
		backlog->reader = take(backlog->many);
		if (backlog->reader != NULL)
			straggler_open(backlog->reader);
	}
	return backlog->reader;
}

struct straggler *backlog_any(struct backlog *backlog)
{
	struct straggler *straggler = take(backlog->few);

	return straggler != NULL ? straggler : take(backlog->many);
}

struct backlog *backlog_new(void)
{
	struct backlog *backlog = mem_new(sizeof(*backlog));

	backlog->few = fair_queue_new();
	backlog->many = fair_queue_new();
	return backlog;
}

void backlog_free(struct backlog *backlog)
{
	fair_queue_free(backlog->few);
	fair_queue_free(backlog->many);
	free(backlog);
}
