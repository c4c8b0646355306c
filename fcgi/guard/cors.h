/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_CORS_H
#define TIDINGS_FCGI_GUARD_CORS_H
/*
 * cors - which pages of other origins may read and publish
 *
 * An origin is allowed if it is our own (scheme and Host), or named in the
 * configuration's `origins`, where "*" is every one.  Nothing is ever said to
 * an origin that is not allowed, so its browser keeps the answer from it.  What
 * a visitor's cookies and passwords would show, pages of named origins may
 * read;
 * "*" names nobody.  Pure.
 */
#include <stdbool.h>

#include "lib/buf.h"

struct config;
struct request;

/* Appends the header lines that any answer to this request must carry. */
void cors_headers(struct buf *out, const struct config *config,
	const struct request *request);
/* Of an answer that may be kept: says for which requests it is another one, by
 * their origins and by the headers `also`.  In one line, since some caches look
 * at no more; the lines of cors_headers() are the last ones. */
void cors_vary(struct buf *headers, const char *also);
/* Those of the answer to a preflight; `methods` as in Allow. */
void cors_preflight(struct buf *out, const struct config *config,
	const struct request *request, const char *methods);
/* May a page of the request's origin publish?  A request that no browser sent
 * has no origin and may. */
bool cors_may_publish(
	const struct config *config, const struct request *request);
/* Whose page has sent the request: by Sec-Fetch-Site, by Origin, else by
 * Referer.  "*" names nobody; but where it stands, and we are asked as this
 * machine itself, a page of it under development is one of ours. */
enum cors_page {
	CORS_OURS,    /* ours, or of a named origin */
	CORS_UNKNOWN, /* nothing says that a page has */
	CORS_FOREIGN,
};
enum cors_page cors_page(
	const struct config *config, const struct request *request);
/* Is the request's origin one that `origins` has by its name? */
bool cors_is_named(const struct config *config, const struct request *request);
/* Is it a page of this site, and did its browser see our certificate? */
bool cors_is_certified(const struct request *request);

#endif
