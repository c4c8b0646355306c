/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_REQUEST_H
#define TIDINGS_FCGI_HTTP_REQUEST_H
/*
 * request - what one HTTP request says, taken out of its records
 *
 * Plain data.  Owns its descriptor until somebody takes it (sets fd to -1) and
 * all its texts.  Texts are as the web server passed them, not decoded; a
 * variable that was not there is "".
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

struct kept;

struct request {
	int fd;		     /* the FastCGI connection, non-blocking; closed by
				request_free unless taken */
	struct kept *kept;   /* where its connection goes once it is answered;
				NULL = it is closed */
	uint16_t id;	     /* FastCGI request id */
	const char *method;  /* REQUEST_METHOD */
	const char *uri;     /* REQUEST_URI: path and query, encoded */
	const char *address; /* REMOTE_ADDR */
	const char *origin;  /* HTTP_ORIGIN */
	const char *host;    /* HTTP_HOST */
	const char *scheme;  /* REQUEST_SCHEME, or from HTTPS */
	const char *accept;  /* HTTP_ACCEPT */
	const char *accept_encoding; /* HTTP_ACCEPT_ENCODING */
	const char *last_event_id;   /* HTTP_LAST_EVENT_ID; an empty header
					counts as none */
	const char *content_type;
	const char *content_length;
	const char *transfer_encoding; /* HTTP_TRANSFER_ENCODING: the body came
					  in chunks, and FastCGI's records tell
					  its end */
	const char *cache_control;     /* HTTP_CACHE_CONTROL */
	const char *fetch_site;	       /* HTTP_SEC_FETCH_SITE */
	const char *forwarded; /* HTTP_FORWARDED; this and the next three are
				  what proxies say of themselves */
	const char *forwarded_for; /* HTTP_X_FORWARDED_FOR */
	const char *real_ip;	   /* HTTP_X_REAL_IP */
	const char *via;	   /* HTTP_VIA */
	const char *authorization; /* HTTP_AUTHORIZATION; said twice, no token
				      is in it */
	const char *cookie;	   /* HTTP_COOKIE */
	const char *referer;	   /* HTTP_REFERER */
	const char *user_agent;	   /* HTTP_USER_AGENT */
	const char *if_none_match; /* HTTP_IF_NONE_MATCH */
	const char *remote_user;   /* REMOTE_USER: whom the web server let in */
	char *texts;		   /* where all of these are */
	struct buf body;
	bool too_long;	    /* the body passed config.max_body; it was cut */
	bool head;	    /* HEAD: the answer has no body */
	struct buf headers; /* further lines of the answer's head (CORS), each
			       ended by CRLF */
};

struct request *request_new(void);
void request_free(struct request *request); /* NULL will do */

/* Does request_read() look at the variable of this name? */
bool request_reads(struct span name);

/* Copies what is wanted of the variables that a web server tells: name-value
 * pairs that intake.h has looked at.  Once for each request. */
void request_read(struct request *request, struct span pairs);

/* ---- who answers it */

/* What is told of the URL. */
struct target {
	struct span channel; /* decoded, from the path; or the route's own */
	struct span query;   /* still encoded */
	struct span event;   /* likewise, from the path, if it names one */
};

/* Takes the request; answers it sooner or later.  `room` is the handler's own;
 * `target` is borrowed for the call. */
typedef void handler(
	void *room, struct request *request, const struct target *target);

#endif
