/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/clock.h"

#include <time.h>

static uint64_t now_us(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now); /* cannot fail for these */
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_wall_ms(void)
{
	return now_us(CLOCK_REALTIME) / 1000;
}

uint64_t clock_wall_us(void)
{
	return now_us(CLOCK_REALTIME);
}

uint64_t clock_mono_us(void)
{
	return now_us(CLOCK_MONOTONIC);
}

uint64_t clock_work_us(void)
{
	return now_us(CLOCK_PROCESS_CPUTIME_ID);
}

static uint64_t system_mono_us(void *arg)
{
	(void)arg;
	return clock_mono_us();
}

static uint64_t system_wall_us(void *arg)
{
	(void)arg;
	return clock_wall_us();
}

const struct clock clock_system = {system_mono_us, system_wall_us, NULL};

void clock_rfc3339(struct buf *out, uint64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm at = {0};

	gmtime_r(&seconds, &at);
	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ",
		at.tm_year + 1900, at.tm_mon + 1, at.tm_mday, at.tm_hour,
		at.tm_min, at.tm_sec, (unsigned)(ms % 1000));
}
