/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_PASS_H
#define TIDINGS_FCGI_PASS_H
/*
 * pass - who may read gets a ticket, or a cookie that is one
 *
 * Of all that he may read, or of the channels that he names; for ticket_age at
 * most, and no longer than what he has shown.
 */
#include <stdint.h>

#include "fcgi/http/request.h"

struct access;
struct clock;
struct replies;
struct tickets;

/* The handlers' room; plain data, borrows all of it. */
struct pass {
	struct access *access;
	struct tickets *tickets;
	struct replies *replies;
	const struct clock *clock;
	uint64_t ticket_age_ms; /* 0 = there are none */
};

handler pass_ticket;  /* POST: in the answer, to be put into a URL */
handler pass_session; /* POST: in a cookie */
handler pass_end;     /* DELETE: takes that cookie away */

#endif
