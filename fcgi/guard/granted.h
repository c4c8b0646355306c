/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_GUARD_GRANTED_H
#define TIDINGS_FCGI_GUARD_GRANTED_H
/*
 * granted - the claim that says which channels
 *
 *   mercure  {"mercure": {"publish": [...], "subscribe": [...],
 *            "payload": ...}}, or by its full name "https://mercure.rocks/",
 *            which wins; each entry is a name, a URI template or `*`
 *   oauth    {"authorization_details": [{"type":
 *            "https://mercure.rocks/authorization-detail", "actions": [...],
 *            "topics": [{"match": ..., "match_type": ...}],
 *            "payload": ...}]} (RFC 9396); others' details are passed over.  A
 *            match is a name (exact, or no type), or with the type uritemplate,
 *            which is ours, a URI template; `*` is all.  Any other type, as
 *            urlpattern, spoils the token
 *
 * Pure.
 */
#include "lib/json/document.h"

struct rights;

enum {
	GRANTED_NAMES = 1000, /* in all lists of a token together */
	GRANTED_PATTERNS = 100,
	GRANTED_DETAILS = 100,
};

/* Adds to `rights` what the claims grant, and their payload.  NULL, or why they
 * are bad. */
const char *granted_mercure(
	const struct document *claims, struct rights *rights);
const char *granted_oauth(const struct document *claims, struct rights *rights);

#endif
