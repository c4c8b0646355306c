/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_CLAIMS_H
#define TIDINGS_FCGI_GUARD_CLAIMS_H
/*
 * claims - what a token says that is signed as it should be
 *
 * Whose it is, from when until when, for whom, by whom (RFC 7519); and what it
 * grants (granted.h).  What is said at all is said right, or the token is bad.
 * Pure.
 */
#include <stdint.h>

#include "lib/span.h"

struct config_keys;
struct rights;

/* NULL, and the rights, held by the caller; or why it is bad, for the log.
 * `section` is that of the key which has signed it. */
const char *claims_read(struct span payload, const struct config_keys *section,
	uint64_t now_ms, struct rights **rights);

#endif
