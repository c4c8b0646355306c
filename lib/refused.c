/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/refused.h"

#include <string.h>

static const char *const codes[REFUSED_REASONS] = {
	[REFUSED_BAD_AUTHORIZATION] = "bad_authorization",
	[REFUSED_BAD_TOKEN] = "bad_token",
	[REFUSED_FOREIGN_ORIGIN] = "foreign_origin",
	[REFUSED_NO_TOKEN] = "no_token",
	[REFUSED_NOT_ALLOWED] = "not_allowed",
	[REFUSED_NOT_GRANTED] = "not_granted",
	[REFUSED_THROUGH_PROXY] = "through_proxy",
	[REFUSED_TOO_MANY_FROM_ADDRESS] = "too_many_from_address",
	[REFUSED_TOO_MANY_POSTS] = "too_many_posts",
	[REFUSED_TOO_MANY_STREAMS] = "too_many_streams",
	[REFUSED_TOO_MANY_TOKENS] = "too_many_tokens",
	[REFUSED_WRONG_HOST] = "wrong_host",
};

const char *refused_code(enum refused reason)
{
	return codes[reason];
}

enum refused refused_by(const char *code)
{
	unsigned reason = 0;

	while (reason < REFUSED_REASONS && strcmp(codes[reason], code) != 0)
		reason++;
	return (enum refused)reason;
}
