#ifndef TIDINGS_REQUEST_H
#define TIDINGS_REQUEST_H
/*
 * request - what one HTTP request says, taken out of libfcgi
 *
 * Plain data.  Owns its descriptor until somebody takes it (sets fd to -1) and
 * all its texts.  Texts are as the web server passed them, not decoded; a
 * variable that was not there is "".
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

struct request {
	int fd;         /* the FastCGI connection, non-blocking; closes itself
	                   with request_free unless taken */
	uint16_t id;    /* FastCGI request id */
	char *method;   /* REQUEST_METHOD */
	char *uri;      /* REQUEST_URI: path and query, still encoded */
	char *address;  /* REMOTE_ADDR */
	char *origin;   /* HTTP_ORIGIN */
	char *host;     /* HTTP_HOST */
	char *scheme;   /* REQUEST_SCHEME, or from HTTPS=on */
	char *accept;   /* HTTP_ACCEPT */
	char *last_event_id; /* HTTP_LAST_EVENT_ID */
	char *content_type;
	char *content_length;
	char *fetch_site;    /* HTTP_SEC_FETCH_SITE */
	char *request_method; /* HTTP_ACCESS_CONTROL_REQUEST_METHOD */
	bool has_last_event_id; /* the header was there, perhaps empty */
	struct buf body;
	bool too_long;  /* the body passed config.max_body; it was cut */
	bool cut;       /* the body is shorter than CONTENT_LENGTH said */
};

struct request *request_new(void);
void request_free(struct request *request); /* NULL will do */

#endif
