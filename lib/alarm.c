/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/alarm.h"

#include <assert.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/lines.h"
#include "lib/log.h"

void alarm_open(struct alarm *alarm)
{
	alarm->due = UINT64_MAX;
	alarm->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (alarm->fd < 0)
		log_fatal(LINE_CANNOT_CREATE_TIMER);
}

void alarm_close(struct alarm *alarm)
{
	close(alarm->fd);
}

static void arm(const struct alarm *alarm, uint64_t us)
{
	struct itimerspec spec = {
		.it_value.tv_sec = (time_t)(us / 1000000),
		.it_value.tv_nsec = (long)(us % 1000000) * 1000,
	};
	int failed = timerfd_settime(alarm->fd, 0, &spec, NULL);

	assert(failed == 0 && us > 0); /* all zero would stop it */
	(void)failed;
}

void alarm_set(struct alarm *alarm, uint64_t due, uint64_t now)
{
	if (due != alarm->due)
		arm(alarm, due - now);
	alarm->due = due;
}

void alarm_take(struct alarm *alarm)
{
	uint64_t times;

	/* Nothing to read: it was moved after it had rung. */
	if (read(alarm->fd, &times, sizeof(times)) == sizeof(times))
		alarm->due = UINT64_MAX;
}
