/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_NOTICE_H
#define TIDINGS_FCGI_STREAM_NOTICE_H
/*
 * notice - what a stream says beside its events: where it begins, that it has
 * caught up, a gap, its end
 *
 * Native streams have events for that (event.h).  Those of the Mercure protocol
 * have none, since their pages take whatever comes for a publisher's: the head
 * of the answer says where the stream begins, and whoever asks again after a
 * gap reads `earliest` there.  A blank line that ends no event is in neither:
 * fetch-event-source and others give it to the page as an empty event.
 *
 * But a browser's own EventSource has to know where it is before its first
 * update, or it would lose what is published while it comes back.  It is given
 * an event of a type that nobody listens to.  A block of nothing but `id:`
 * would do by the standard, and for Chromium; Firefox 153 passes it over.
 */
#include <stdint.h>

#include "lib/buf.h"

struct batch;
struct judged;
struct subscriber;

/* While it has an opening: appends the head of its answer. */
void notice_head(
	struct buf *out, const struct subscriber *sub, uint64_t retry_ms);
/* Likewise, once its cursor is decided, with all that comes before its first
 * event; `judged` is NULL if the hub was not asked. */
void notice_begin(struct buf *out, const struct subscriber *sub,
	const struct judged *judged, uint64_t retry_ms);

/* Each is NULL if such a stream says nothing of it. */

/* Everything up to its cursor was given. */
struct batch *notice_live(const struct subscriber *sub);
/* Between `asked` and its cursor, which it now has. */
struct batch *notice_gap(const struct subscriber *sub,
	const struct judged *judged, uint64_t asked);
/* It ends, though others can take it over: come back after `retry_ms`. */
struct batch *notice_parting(const struct subscriber *sub, uint64_t retry_ms);
/* It ends because of that (EXPIRED_TOKEN ...). */
struct batch *notice_expired(const struct subscriber *sub, const char *reason);

#endif
