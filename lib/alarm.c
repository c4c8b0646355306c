/*
 * alarm - see alarm.h
 *
 * The descriptor is watched all the time: a timer that is not set is never
 * readable, and setting one stays a single system call.
 */
#include <config.h>

#include "lib/alarm.h"

#include <assert.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/log.h"

static void on_ring(struct ev_loop *loop, struct ev_io *watch, int events)
{
	struct alarm *alarm = watch->data;
	uint64_t times;

	(void)loop;
	(void)events;
	/* Nothing to read: it was moved or stopped after it had rung. */
	if (read(alarm->fd, &times, sizeof(times)) != sizeof(times))
		return;
	alarm->ring(alarm->owner);
}

void alarm_init(struct alarm *alarm, struct ev_loop *loop,
	void (*ring)(void *owner), void *owner)
{
	alarm->loop = loop;
	alarm->ring = ring;
	alarm->owner = owner;
	alarm->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (alarm->fd < 0)
		log_fatal("alarm: cannot create a timer");
	ev_io_init(&alarm->watch, on_ring, alarm->fd, EV_READ);
	alarm->watch.data = alarm;
	ev_io_start(loop, &alarm->watch);
}

void alarm_release(struct alarm *alarm)
{
	if (alarm->fd < 0)
		return;
	ev_io_stop(alarm->loop, &alarm->watch);
	close(alarm->fd);
	alarm->fd = -1;
}

static void set(struct alarm *alarm, struct timespec when)
{
	struct itimerspec spec = {.it_value = when};
	int failed = timerfd_settime(alarm->fd, 0, &spec, NULL);

	assert(failed == 0);
	(void)failed;
}

void alarm_set(struct alarm *alarm, uint64_t us)
{
	struct timespec when = {
		.tv_sec = (time_t)(us / 1000000),
		.tv_nsec = (long)(us % 1000000) * 1000,
	};

	if (us == 0)
		when.tv_nsec = 1; /* all zero would stop it */
	set(alarm, when);
}

void alarm_stop(struct alarm *alarm)
{
	set(alarm, (struct timespec){0});
}
