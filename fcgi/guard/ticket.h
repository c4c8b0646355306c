/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_TICKET_H
#define TIDINGS_FCGI_GUARD_TICKET_H
/*
 * ticket - what somebody may read, for a short time, in a text
 *
 * A JWT of our own, signed with the log's secret: each responder of this hub
 * takes it, and none of another log.  It lets nobody publish.  It says names
 * and patterns apart, so that a name which looks like a pattern stays a name.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

struct keyring;
struct rights;
struct scope_item;
struct tickets;
struct wire_secret;

/* Borrows both; the secret comes when it comes, and may become another one.
 * Libcrypto is opened at the first ticket. */
struct tickets *tickets_new(
	struct keyring *keyring, const struct wire_secret *secret);
void tickets_free(struct tickets *tickets); /* NULL will do */

/* Has the hub said the secret?  Before, nobody can say whether a ticket is
 * good. */
bool tickets_are_known(const struct tickets *tickets);

enum { TICKET_PAYLOAD_MAX = 1024 };

struct ticket {
	const struct scope_item *items; /* what may be read */
	size_t count;
	uint64_t until_ms;	   /* since 1970 */
	struct span user, payload; /* whose it is (rights.h), or empty; a
				      payload of more than TICKET_PAYLOAD_MAX
				      bytes is left out */
};

/* Appends the text.  False if libcrypto cannot be opened; the log has said so.
 */
bool ticket_write(
	struct tickets *tickets, struct buf *out, const struct ticket *ticket);
/* The rights, held for the caller; NULL if it is not good at `now_ms`, which
 * the debug log has. */
struct rights *ticket_read(
	struct tickets *tickets, struct span text, uint64_t now_ms);

#endif
