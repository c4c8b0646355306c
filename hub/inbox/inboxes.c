/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/inbox/inboxes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "hub/inbox/inbox.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/path.h"

enum {
	MASK = IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE |
	       IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF,
	TIDY_MS = 50, /* while published rows or reasons are left */
};

/* Where an inbox lies, as inotify sees it. */
struct place {
	char *folder;
	const char *base;   /* the file's name; those of its journal begin so */
	int watch;	    /* -1 = not watched (yet) */
	uint64_t hot_until; /* monotonic us */
};

struct inboxes {
	struct loop *loop;
	struct ledger *ledger;
	struct inbox *all;
	struct place *places;
	size_t count;
	size_t first; /* whose rows come first in this turn */
	int notify;
	struct loop_io notified;
	struct timer poll, tidy, look;
	uint64_t pause; /* to the next look, us; 0 = nothing is hot */
};

/* ---- watching folders */

static void place_init(struct place *place, const char *path)
{
	place->base = path_name(path);
	place->folder = path_folder(path);
	place->watch = -1;
}

static void watch(struct inboxes *inboxes, struct place *place)
{
	if (place->watch >= 0 || inboxes->notify < 0)
		return;
	/* The poll finds what cannot be watched. */
	place->watch = inotify_add_watch(inboxes->notify, place->folder, MASK);
}

static void look_again(struct inboxes *inboxes)
{
	timer_set(
		loop_timers(inboxes->loop), &inboxes->look, inboxes->pause, 0);
}

/* Commits become visible a little after their event: look now, and soon, and
 * again. */
static void heat(struct inboxes *inboxes, size_t i)
{
	inboxes->all[i].due = true;
	inboxes->places[i].hot_until =
		clock_now_us(inboxes->ledger->clock) + INBOXES_HOT_US;
	if (inboxes->pause == 0) {
		inboxes->pause = INBOXES_FIRST_US;
		look_again(inboxes);
	} else if (inboxes->pause > INBOXES_WARM_US) {
		inboxes->pause = INBOXES_WARM_US;
		look_again(inboxes);
	}
}

static void on_look(void *arg)
{
	struct inboxes *inboxes = arg;
	uint64_t now = clock_now_us(inboxes->ledger->clock);
	bool hot = false;

	for (size_t i = 0; i < inboxes->count; i++) {
		if (inboxes->places[i].hot_until < now)
			continue;
		inboxes->all[i].due = true;
		hot = true;
	}
	inboxes->pause *= 2;
	if (inboxes->pause > INBOXES_LAST_US)
		inboxes->pause = INBOXES_LAST_US;
	if (hot)
		look_again(inboxes);
	else
		inboxes->pause = 0;
}

static void note(struct inboxes *inboxes, const struct inotify_event *event)
{
	for (size_t i = 0; i < inboxes->count; i++) {
		struct place *place = &inboxes->places[i];

		if ((event->mask & IN_Q_OVERFLOW) != 0) {
			heat(inboxes, i);
			continue;
		}
		if (place->watch != event->wd)
			continue;
		if ((event->mask &
			    (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0)
			place->watch = -1;
		else if (event->len > 0 && strncmp(event->name, place->base,
						   strlen(place->base)) == 0)
			heat(inboxes, i);
	}
}

static void on_notified(void *arg, unsigned events)
{
	struct inboxes *inboxes = arg;
	union { /* an event is followed by its name */
		struct inotify_event event;
		char bytes[16384];
	} buffer;
	ssize_t n;

	(void)events;
	while ((n = read(inboxes->notify, &buffer, sizeof(buffer))) > 0) {
		const char *at = buffer.bytes;

		while (at < buffer.bytes + n) {
			const struct inotify_event *event =
				(const struct inotify_event *)(const void *)at;

			note(inboxes, event);
			at += sizeof(*event) + event->len;
		}
	}
}

/* ---- now and then */

static void on_poll(void *arg)
{
	struct inboxes *inboxes = arg;

	for (size_t i = 0; i < inboxes->count; i++) {
		watch(inboxes, &inboxes->places[i]);
		inbox_look(&inboxes->all[i], inboxes->all, inboxes->count);
	}
	if (!timer_is_set(&inboxes->tidy))
		timer_set(loop_timers(inboxes->loop), &inboxes->tidy,
			TIDY_MS * 1000ull, TIDY_MS * 1000ull);
}

static void on_tidy(void *arg)
{
	struct inboxes *inboxes = arg;
	bool left = false;

	if (!inboxes->ledger->writable)
		return;
	for (size_t i = 0; i < inboxes->count; i++)
		left |= inbox_tidy(&inboxes->all[i]);
	if (!left)
		timer_stop(loop_timers(inboxes->loop), &inboxes->tidy);
}

/* ---- in a turn */

bool inboxes_pull(struct inboxes *inboxes)
{
	bool more = false;

	for (size_t i = 0; i < inboxes->count; i++)
		more |= inbox_pull(
			&inboxes->all[(inboxes->first + i) % inboxes->count]);
	inboxes->first++;
	return more;
}

/* ---- with the transaction */

static void write_rows(void *arg)
{
	struct inboxes *inboxes = arg;

	for (size_t i = 0; i < inboxes->count; i++)
		inbox_write(&inboxes->all[i]);
}

static void settle(void *arg)
{
	struct inboxes *inboxes = arg;

	for (size_t i = 0; i < inboxes->count; i++)
		inbox_settle(&inboxes->all[i]);
}

static void revert(void *arg)
{
	struct inboxes *inboxes = arg;

	for (size_t i = 0; i < inboxes->count; i++)
		inbox_revert(&inboxes->all[i]);
}

/* ---- life */

static void start_watching(struct inboxes *inboxes)
{
	inboxes->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (inboxes->notify < 0)
		log_warn("inboxes: inotify: rows are found by polling only");
	loop_io_init(&inboxes->notified, inboxes->notify, on_notified, inboxes);
	timer_init(&inboxes->poll, on_poll, inboxes);
	timer_init(&inboxes->tidy, on_tidy, inboxes);
	timer_init(&inboxes->look, on_look, inboxes);
	if (inboxes->notify >= 0)
		loop_io_want(inboxes->loop, &inboxes->notified, LOOP_READ);
	if (inboxes->count > 0)
		timer_set(loop_timers(inboxes->loop), &inboxes->poll, 0,
			INBOXES_POLL_MS * 1000ull);
}

struct inboxes *inboxes_new(struct loop *loop, struct ledger *ledger)
{
	struct inboxes *inboxes = mem_new(sizeof(*inboxes));
	const struct party party = {write_rows, settle, revert, inboxes};
	const struct config *config = ledger->config;

	inboxes->loop = loop;
	inboxes->ledger = ledger;
	inboxes->count = config->inbox_count;
	inboxes->all = mem_new((inboxes->count + 1) * sizeof(struct inbox));
	inboxes->places = mem_new((inboxes->count + 1) * sizeof(struct place));
	for (size_t i = 0; i < inboxes->count; i++) {
		inbox_init(&inboxes->all[i], ledger, &config->inboxes[i]);
		place_init(&inboxes->places[i], config->inboxes[i].path);
	}
	ledger_join(ledger, &party);
	start_watching(inboxes);
	return inboxes;
}

void inboxes_free(struct inboxes *inboxes)
{
	struct timers *timers = loop_timers(inboxes->loop);

	loop_io_want(inboxes->loop, &inboxes->notified, 0);
	timer_stop(timers, &inboxes->poll);
	timer_stop(timers, &inboxes->tidy);
	timer_stop(timers, &inboxes->look);
	if (inboxes->notify >= 0)
		close(inboxes->notify);
	for (size_t i = 0; i < inboxes->count; i++) {
		inbox_release(&inboxes->all[i]);
		free(inboxes->places[i].folder);
	}
	free(inboxes->places);
	free(inboxes->all);
	free(inboxes);
}
