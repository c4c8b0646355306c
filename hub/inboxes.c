#include "config.h"

#include "hub/inboxes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "hub/inbox.h"
#include "lib/alarm.h"
#include "lib/clock.h"
#include "lib/log.h"

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
	struct ev_loop *loop;
	struct ledger *ledger;
	struct inbox *all;
	struct place *places;
	size_t count;
	size_t first; /* whose rows come first in this turn */
	int notify;
	struct ev_io notified;
	struct ev_timer poll, tidy;
	struct alarm alarm;
	uint64_t pause; /* to the next look, us; 0 = nothing is hot */
};

/* ---- watching folders */

static void place_init(struct place *place, const char *path)
{
	const char *slash = strrchr(path, '/');

	place->base = slash == NULL ? path : slash + 1;
	place->folder = mem_text(
		slash == NULL ? span_of(".")
			      : span(path, (size_t)(slash - path) + 1));
	place->watch = -1;
}

static void watch(struct inboxes *inboxes, struct place *place)
{
	if (place->watch >= 0 || inboxes->notify < 0)
		return;
	/* The poll finds what cannot be watched. */
	place->watch = inotify_add_watch(inboxes->notify, place->folder, MASK);
}

/* Commits become visible a little after their event: look now, and soon, and
 * again. */
static void heat(struct inboxes *inboxes, size_t i)
{
	inboxes->all[i].due = true;
	inboxes->places[i].hot_until = clock_mono_us() + INBOXES_HOT_US;
	if (inboxes->pause == 0) {
		inboxes->pause = INBOXES_FIRST_US;
		alarm_set(&inboxes->alarm, inboxes->pause);
	} else if (inboxes->pause > INBOXES_WARM_US) {
		inboxes->pause = INBOXES_WARM_US;
		alarm_set(&inboxes->alarm, inboxes->pause);
	}
}

static void ring(void *owner)
{
	struct inboxes *inboxes = owner;
	uint64_t now = clock_mono_us();
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
		alarm_set(&inboxes->alarm, inboxes->pause);
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

static void on_notified(struct ev_loop *loop, struct ev_io *io, int events)
{
	union { /* an event is followed by its name */
		struct inotify_event event;
		char bytes[16384];
	} buffer;
	ssize_t n;

	(void)loop;
	(void)events;
	while ((n = read(io->fd, &buffer, sizeof(buffer))) > 0) {
		const char *at = buffer.bytes;

		while (at < buffer.bytes + n) {
			const struct inotify_event *event =
				(const struct inotify_event *)(const void *)at;

			note(io->data, event);
			at += sizeof(*event) + event->len;
		}
	}
}

/* ---- now and then */

static void on_poll(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct inboxes *inboxes = timer->data;

	(void)events;
	for (size_t i = 0; i < inboxes->count; i++) {
		watch(inboxes, &inboxes->places[i]);
		inbox_look(&inboxes->all[i], inboxes->all, inboxes->count);
	}
	if (!ev_is_active(&inboxes->tidy))
		ev_timer_again(loop, &inboxes->tidy);
}

static void on_tidy(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct inboxes *inboxes = timer->data;
	bool left = false;

	(void)events;
	if (!inboxes->ledger->writable)
		return;
	for (size_t i = 0; i < inboxes->count; i++)
		left |= inbox_tidy(&inboxes->all[i]);
	if (!left)
		ev_timer_stop(loop, timer);
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
	struct ev_loop *loop = inboxes->loop;

	inboxes->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (inboxes->notify < 0)
		log_warn("inboxes: inotify: rows are found by polling only");
	ev_io_init(&inboxes->notified, on_notified, inboxes->notify, EV_READ);
	ev_timer_init(&inboxes->poll, on_poll, 0., INBOXES_POLL_MS / 1e3);
	ev_timer_init(&inboxes->tidy, on_tidy, 0., TIDY_MS / 1e3);
	inboxes->notified.data = inboxes;
	inboxes->poll.data = inboxes->tidy.data = inboxes;
	alarm_init(&inboxes->alarm, loop, ring, inboxes);
	if (inboxes->notify >= 0)
		ev_io_start(loop, &inboxes->notified);
	if (inboxes->count > 0)
		ev_timer_start(loop, &inboxes->poll);
}

struct inboxes *inboxes_new(struct ev_loop *loop, struct ledger *ledger)
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
	struct ev_loop *loop = inboxes->loop;

	ev_io_stop(loop, &inboxes->notified);
	ev_timer_stop(loop, &inboxes->poll);
	ev_timer_stop(loop, &inboxes->tidy);
	alarm_release(&inboxes->alarm);
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
