/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_PROOF_H
#define TIDINGS_FCGI_GUARD_PROOF_H
/*
 * proof - what a request shows of who is asking
 *
 * A token, in the header Authorization, else in the URL, where it may be a
 * ticket (ticket.h), else in a cookie, which may be a session; and
 * the name of whom the web server has let in.  Nothing is verified here.  Spans
 * borrow from the request.  Pure.
 */
#include <stdbool.h>

#include "lib/span.h"

struct request;

#define PROOF_SESSION_COOKIE "tidings_session"

enum proof_carrier {
	PROOF_NOWHERE,
	PROOF_IN_HEADER,
	PROOF_IN_URL,
	PROOF_IN_COOKIE, /* a foreign page can have a browser send it */
	PROOF_TICKET,	 /* ?ticket= */
	PROOF_SESSION,	 /* a ticket in a cookie; as with any cookie */
};

struct proof {
	struct span token; /* empty if there is none */
	enum proof_carrier carrier;
	struct span user; /* whom the web server has let in; may be empty */
};

/* What is looked at. */
struct proof_places {
	bool header;	    /* Authorization, for what is no user's */
	bool url;	    /* ?authorization= */
	const char *cookie; /* its name; "" = none */
	bool tickets;	    /* also of tickets, and sessions */
};

enum proof_word {
	PROOF_FINE,	 /* which there may be none of */
	PROOF_OTHER,	 /* Authorization is of a kind that says nothing here */
	PROOF_MALFORMED, /* it has no token, two, or one that is too long */
};

enum proof_word proof_read(struct proof *proof, const struct request *request,
	const struct proof_places *places);

bool proof_is_ticket(const struct proof *proof);

/* Where an API token differs from a JWT. */
bool proof_is_api_token(struct span token);

#endif
