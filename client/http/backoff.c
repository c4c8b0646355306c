/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/http/backoff.h"

#include <poll.h>
#include <sys/random.h>

#include "client/http/interrupt.h"
#include "lib/clock.h"

enum { FIRST_MS = 500, MOST_MS = 15000 };

uint64_t backoff_ms(unsigned tries)
{
	uint64_t ms = FIRST_MS;
	uint32_t random = 0;

	for (unsigned i = 1; i < tries && ms < MOST_MS; i++)
		ms *= 2;
	if (ms > MOST_MS)
		ms = MOST_MS;
	(void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
	return ms / 2 + (ms / 2) * (random >> 16) / 65536;
}

void backoff_wait(uint64_t ms, uint64_t end)
{
	struct pollfd signals = {interrupt_fd(), POLLIN, 0};
	uint64_t now = clock_mono_us();

	if (end != 0 && now + ms * 1000 > end)
		ms = end > now ? (end - now) / 1000 + 1 : 0;
	poll(&signals, signals.fd >= 0, (int)ms);
}
