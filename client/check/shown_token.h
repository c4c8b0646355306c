/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_CHECK_SHOWN_TOKEN_H
#define TIDINGS_CLIENT_CHECK_SHOWN_TOKEN_H
/*
 * shown_token - a token that was refused, and who might take it
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/config/config.h"
#include "lib/json/document.h"

struct check;

/* What it says, and which sections [keys] are still possible: those that fit
 * all that was looked at. */
struct shown {
	struct buf header_text, claims_text;
	struct document header, claims;
	struct config config;
	const struct config_keys **sections;
	size_t count;
};

/* Does no section take it, for what it says of itself?  That is then noted. */
bool shown_is_for_others(struct check *check, struct shown *shown);
/* Of those that are left: has none signed it, or the right one what nobody can
 * claim?  That is then noted, unless a file of keys could not be read. */
bool shown_is_signed_wrong(
	struct check *check, const struct shown *shown, const char *token);

#endif
