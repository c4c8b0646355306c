/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_MEDIA_H
#define TIDINGS_FCGI_HTTP_MEDIA_H
/*
 * media - what an Accept or Content-Type header says about one media type
 */
#include <stdbool.h>

/* How much `type` ("text/plain") is wanted, from 0 to 1,000; 0 also if only a
 * wildcard speaks of it.  If `version` is given, another version= does not
 * count. */
unsigned media_quality(
	const char *accept, const char *type, const char *version);
/* Does an Accept-Encoding header (RFC 9110 section 12.5.3) take gzip, and does
 * not say that none will do?  Ruby's Net::HTTP says so, and would be given
 * events by 16 KiB only. */
bool media_takes_gzip(const char *accept_encoding);
/* Is a body of that Content-Type one of `type`, whatever its parameters? */
bool media_is(const char *content_type, const char *type);

#endif
