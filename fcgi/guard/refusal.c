/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/refusal.h"

#include "fcgi/guard/proof.h"
#include "fcgi/http/reply.h"

/* RFC 6750 section 3. */
#define CHALLENGE "WWW-Authenticate: Bearer realm=\"tidings\""

static const struct refusal refusals[] = {
	[ACCESS_NOT_FROM_THERE] = {403, "not_allowed",
		"this address may not publish (publish_from)", 0},
	[ACCESS_NOT_BY_PROXY] = {403, "through_proxy",
		"a proxy passed this on, and the web server takes the proxy's "
		"address for the sender's: it needs mod_extforward (lighttpd), "
		"mod_remoteip (Apache) or set_real_ip_from (nginx)",
		0},
	[ACCESS_NOT_THAT_PAGE] = {403, "foreign_origin",
		"pages of this origin may not publish (origins)", 0},
	[ACCESS_NOT_THAT_NAME] = {403, "foreign_origin",
		"the name of this page's site may have been pointed here by "
		"anybody: put it into hosts or origins",
		0},
	[ACCESS_NOR_TOKEN] = {401, "no_token",
		"this address may not publish (publish_from), and no token or "
		"login has come",
		CHALLENGE "\r\n"},
	[ACCESS_NO_TOKEN] = {401, "no_token",
		"this needs a token or a login, and none has come",
		CHALLENGE "\r\n"},
	[ACCESS_BAD_TOKEN] = {401, "bad_token",
		"the token is not good, or not any more",
		CHALLENGE ", error=\"invalid_token\"\r\n"},
	[ACCESS_BAD_SESSION] = {401, "bad_token",
		"the session is not good, or not any more",
		CHALLENGE ", error=\"invalid_token\"\r\n" REFUSAL_NO_SESSION},
	[ACCESS_NOT_YET] = {503, "hub_away",
		"no ticket can be looked at before the hub has come",
		REPLY_RETRY},
	[ACCESS_LATER] = {429, "too_many_tokens",
		"too many bad tokens have come, and one that is not known is "
		"not looked at just now",
		REPLY_RETRY},
	[ACCESS_TOO_OFTEN] = {429, "too_many_posts",
		"this address shows too many bad tokens (publish_rate)",
		REPLY_RETRY},
	[ACCESS_BAD_HEADER] = {400, "bad_authorization",
		"a request shows one token, of at most 8 KiB, as in "
		"'Authorization: Bearer TOKEN'",
		CHALLENGE ", error=\"invalid_request\"\r\n"},
	[ACCESS_NOT_GRANTED] = {403, "not_granted",
		"nothing was shown that grants this channel",
		CHALLENGE ", error=\"insufficient_scope\"\r\n"},
};

const struct refusal *refusal_of(enum access_word word)
{
	return &refusals[word];
}

void refusal_reply(
	struct replies *replies, struct request *request, enum access_word word)
{
	const struct refusal *refusal = refusal_of(word);

	reply_error_with(replies, request, refusal->headers, refusal->status,
		refusal->code, refusal->sentence);
}
