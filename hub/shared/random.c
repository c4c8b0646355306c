/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/random.h"

#include <sys/random.h>

#include "hub/lines.h"
#include "lib/log.h"

uint64_t random_below(uint64_t most)
{
	uint64_t value;

	if (getrandom(&value, sizeof(value), 0) != sizeof(value))
		log_fatal(LINE_NO_RANDOM);
	return value % most;
}
