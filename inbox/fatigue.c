/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/fatigue.h"

bool fatigue_lasts(const struct fatigue *fatigue, uint64_t now_us)
{
	return now_us < fatigue->until;
}

void fatigue_add(struct fatigue *fatigue, uint64_t now_us, uint64_t work_us,
	uint64_t pay_us)
{
	if (work_us <= pay_us)
		return;
	if (fatigue->until + FATIGUE_BURST_US < now_us)
		fatigue->until = now_us - FATIGUE_BURST_US;
	fatigue->until += (work_us - pay_us) * FATIGUE_SHARE;
	if (fatigue->until > now_us + FATIGUE_REST_US)
		fatigue->until = now_us + FATIGUE_REST_US;
}
