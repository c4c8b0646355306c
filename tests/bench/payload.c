/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/bench/payload.h"

#include <string.h>
#include <time.h>

enum { DIGITS = 8 };

static const uint64_t time_wrap = 10000000000000000; /* 16 digits */

uint64_t payload_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void put_digits(char *out, uint64_t value)
{
	for (int i = DIGITS - 1; i >= 0; i--) {
		out[i] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* Eight digits at once: pairs, then fours, then all.  At millions of events a
 * second a loop over the digits is what the client would spend its time on. */
static uint64_t get_digits(const char *text, uint64_t *wrong)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	word -= 0x3030303030303030;
	*wrong |= (word | (word + 0x7676767676767676)) & 0x8080808080808080;
	word = word * 10 + (word >> 8);
	word = ((word & 0x000000FF000000FF) * 0x000F424000000064 +
		       ((word >> 16) & 0x000000FF000000FF) *
			       0x0000271000000001) >>
	       32;
	return word;
}

static const char *padding(void)
{
	static char text[PAYLOAD_MAX];

	if (text[0] == '\0')
		memset(text, 'x', sizeof(text));
	return text;
}

void payload_write(char *out, size_t size, const struct payload *payload)
{
	uint64_t at = payload->at % time_wrap;

	put_digits(out, payload->number);
	put_digits(out + DIGITS, payload->publisher);
	put_digits(out + 2 * DIGITS, at / 100000000);
	put_digits(out + 3 * DIGITS, at % 100000000);
	memcpy(out + PAYLOAD_MIN, padding(), size - PAYLOAD_MIN);
}

bool payload_read(const char *text, size_t size, struct payload *payload)
{
	uint64_t wrong = 0;

	payload->number = (uint32_t)get_digits(text, &wrong);
	payload->publisher = (uint32_t)get_digits(text + DIGITS, &wrong);
	payload->at = get_digits(text + 2 * DIGITS, &wrong) * 100000000;
	payload->at += get_digits(text + 3 * DIGITS, &wrong);
	return wrong == 0 &&
	       memcmp(text + PAYLOAD_MIN, padding(), size - PAYLOAD_MIN) == 0;
}
