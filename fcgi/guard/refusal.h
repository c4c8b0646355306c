/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_REFUSAL_H
#define TIDINGS_FCGI_GUARD_REFUSAL_H
/*
 * refusal - why a request may not, and how it is told
 *
 * For EventSource each of these is the end, on purpose: what is wrong has to be
 * put right first.
 */

struct replies;
struct request;

enum access_word {
	ACCESS_YES,
	ACCESS_NOT_FROM_THERE, /* the address is none of publish_from */
	ACCESS_NOT_BY_PROXY,   /* it is, but it may be a proxy's: whose request
				  it is nobody knows */
	ACCESS_NOT_THAT_PAGE,  /* a page of an origin that may not */
	ACCESS_NOT_THAT_NAME,  /* a page of our own, or of any if any may; but
				  its name may have been pointed here */
	ACCESS_NOR_TOKEN,      /* nor has it shown anything else */
	ACCESS_NO_TOKEN,       /* nothing was shown where something must be */
	ACCESS_BAD_TOKEN,      /* what was shown is not good, or no more */
	ACCESS_BAD_SESSION,    /* likewise, and the browser is to forget it */
	ACCESS_NOT_YET,	    /* it is a ticket, and the hub has not come yet */
	ACCESS_BAD_HEADER,  /* Authorization makes no sense */
	ACCESS_TOO_OFTEN,   /* the same, once more than publish_rate lets */
	ACCESS_NOT_GRANTED, /* what was shown does not go so far */
};

/* The header line that takes a session's cookie away. */
#define REFUSAL_NO_SESSION                                                   \
	"Set-Cookie: " PROOF_SESSION_COOKIE "=; HttpOnly; SameSite=Strict; " \
	"Path=/; Max-Age=0\r\n"

struct refusal {
	unsigned status;
	const char *code, *sentence;
	const char *headers; /* further lines, each ended by CRLF; or NULL */
};

/* Of any word but yes; static. */
const struct refusal *refusal_of(enum access_word word);
/* Takes the request. */
void refusal_reply(struct replies *replies, struct request *request,
	enum access_word word);

#endif
