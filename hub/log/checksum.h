/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_LOG_CHECKSUM_H
#define TIDINGS_HUB_LOG_CHECKSUM_H
/*
 * checksum - tells a row of the log from one that the disk, or somebody,
 * changed
 *
 * SQLite has checksums in the write-ahead log, and none in the database.  An
 * event's checksum is over all that it is, its channel's name and the id of the
 * channel's event before it; so rows cannot change places either, and one that
 * is missing is missed by the next.
 */
#include <stdint.h>

#include "hub/log/channel.h"
#include "hub/log/gone.h"
#include "lib/wire.h"

/* `previous`: the id of the channel's event before it, 0 = none. */
uint64_t checksum_of_event(const struct wire_event *event, uint64_t previous);
uint64_t checksum_of_channel(const struct channel *channel);
/* Of what everybody sees of it (shown.h). */
uint64_t checksum_of_shown(const struct channel *channel);
/* Of a name's hash, and what is remembered of it. */
uint64_t checksum_of_mark(
	uint64_t hash, enum gone_part part, const struct mark *mark);

#endif
