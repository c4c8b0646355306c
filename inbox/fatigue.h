/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_INBOX_FATIGUE_H
#define TIDINGS_INBOX_FATIGUE_H
/*
 * fatigue - what the looks at one inbox may cost
 *
 * Whoever writes the file decides how much work it is.  So rows pay for theirs,
 * and of the rest a processor gives one part in FATIGUE_SHARE.  All zero is
 * rested.
 */
#include <stdbool.h>
#include <stdint.h>

enum {
	FATIGUE_SHARE = 10,
	FATIGUE_BURST_US = 2000000, /* that a quiet one may have saved of it */
	FATIGUE_REST_US = 20000000, /* longest rest */
};

struct fatigue {
	uint64_t until; /* monotonic us; it rests before */
};

bool fatigue_lasts(const struct fatigue *fatigue, uint64_t now_us);
/* It has worked for so long, and done what is worth `pay_us`. */
void fatigue_add(struct fatigue *fatigue, uint64_t now_us, uint64_t work_us,
	uint64_t pay_us);

#endif
