/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_TRIM_H
#define TIDINGS_HUB_SHARED_TRIM_H
/*
 * trim - the stream keeps what is young and not too much, for it lives in
 * memory
 *
 * One hub at a time does it for all.
 */
#include "hub/shared/conn.h"
#include "hub/shared/script.h"
#include "hub/shared/shared.h"
#include "lib/timer.h"

enum {
	TRIM_EVERY_MS = 5000,
	TRIM_HOLD_MS = 20000, /* silent for so long, another hub does it */
};

struct trim {
	struct loop *loop;
	struct conn *conn; /* borrowed */
	const char *prefix;
	uint64_t keep_age_ms, keep_bytes;
	uint8_t origin[SHARED_ID];
	struct script script;
	struct timer timer;
};

void trim_init(struct trim *trim, struct loop *loop, struct conn *conn,
	const struct shared_options *options, const char *prefix);
void trim_start(struct trim *trim);
void trim_stop(struct trim *trim);

#endif
