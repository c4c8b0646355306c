/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "inbox/lines.h"
#include "lib/log.h"
#include "lib/path.h"

enum {
	MASK = IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE |
	       IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF,
};

void watch_tend(struct watch *watch)
{
	if (watch->place < 0 && watch->notify >= 0)
		/* The poll finds what cannot be watched. */
		watch->place =
			inotify_add_watch(watch->notify, watch->folder, MASK);
}

static void look_again(struct watch *watch)
{
	timer_set(loop_timers(watch->loop), &watch->again, watch->pause, 0);
}

/* Commits become visible a little after their event: look now, and soon, and
 * again. */
static void heat(struct watch *watch)
{
	watch->heated = loop_now_us(watch->loop);
	if (watch->pause == 0) {
		watch->pause = WATCH_FIRST_US;
		look_again(watch);
	} else if (watch->pause > WATCH_WARM_US) {
		watch->pause = WATCH_WARM_US;
		look_again(watch);
	}
	watch->look(watch->arg);
}

static void on_again(void *arg)
{
	struct watch *watch = arg;
	uint64_t since = loop_now_us(watch->loop) - watch->heated;

	if (since > WATCH_HOT_US) {
		watch->pause = 0;
		return;
	}
	if (watch->pause < since / WATCH_PART)
		watch->pause = since / WATCH_PART;
	look_again(watch);
	watch->look(watch->arg);
}

/* True if it is about the inbox. */
static bool concerns(struct watch *watch, const struct inotify_event *event)
{
	if ((event->mask & IN_Q_OVERFLOW) != 0)
		return true;
	if ((event->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0)
		watch->place = -1;
	return event->len > 0 &&
	       strncmp(event->name, watch->base, strlen(watch->base)) == 0;
}

static void on_notified(void *arg, unsigned events)
{
	struct watch *watch = arg;
	union { /* an event is followed by its name */
		struct inotify_event event;
		char bytes[16384];
	} buffer;
	bool hot = false;
	ssize_t n = read(watch->notify, &buffer, sizeof(buffer));

	(void)events;
	for (const char *at = buffer.bytes; n > 0 && at < buffer.bytes + n;) {
		const struct inotify_event *event =
			(const struct inotify_event *)(const void *)at;

		hot |= concerns(watch, event);
		at += sizeof(*event) + event->len;
	}
	if (hot)
		heat(watch);
}

void watch_open(struct watch *watch, struct loop *loop, const char *path,
	void (*look)(void *arg), void *arg)
{
	*watch = (struct watch){
		.loop = loop,
		.folder = path_folder(path),
		.base = path_name(path),
		.notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
		.place = -1,
		.look = look,
		.arg = arg,
	};
	if (watch->notify < 0)
		log_warn(LINE_INOTIFY);
	loop_io_init(&watch->notified, watch->notify, on_notified, watch);
	timer_init(&watch->again, on_again, watch);
	if (watch->notify >= 0)
		loop_io_want(loop, &watch->notified, LOOP_READ);
}

void watch_close(struct watch *watch)
{
	loop_io_want(watch->loop, &watch->notified, 0);
	timer_stop(loop_timers(watch->loop), &watch->again);
	if (watch->notify >= 0)
		close(watch->notify);
	free(watch->folder);
}
