/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/service/pulse.h"

#include <stddef.h>
#include <sys/mman.h>

#include "lib/clock.h"
#include "lib/lines.h"
#include "lib/log.h"

enum { SIZE = 4096 };

static void set(const struct pulse *pulse, uint64_t time)
{
	__atomic_store_n(pulse->at, time, __ATOMIC_RELAXED);
}

bool pulse_begin(struct pulse *pulse)
{
	void *page = pulse->at;

	if (page == NULL)
		page = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED) {
		log_warn(LINE_CANNOT_WATCH);
		return false;
	}
	pulse->at = page;
	set(pulse, clock_mono_us());
	return true;
}

void pulse_leave(struct pulse *pulse)
{
	if (pulse->at != NULL)
		munmap(pulse->at, SIZE);
	pulse->at = NULL;
}

void pulse_beat(struct pulse *pulse)
{
	if (pulse->at != NULL)
		set(pulse, clock_mono_us());
}

bool pulse_is_lost(const struct pulse *pulse, uint64_t now, uint64_t patience)
{
	uint64_t last;

	if (pulse->at == NULL)
		return false;
	last = __atomic_load_n(pulse->at, __ATOMIC_RELAXED);
	/* It may have been written after `now` was read. */
	if (now < last || now - last < patience)
		return false;
	set(pulse, now);
	return true;
}
