/* SPDX-License-Identifier: MIT */
/*
 * shown_token - why may a token have been refused?
 *
 * The answer does not say it, since strangers ask too; what the token says of
 * itself, the clock and tidings.conf do.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/check/tools_room.h"
#include "lib/clock.h"
#include "lib/config/config.h"
#include "lib/crypto/base64url.h"
#include "lib/json/json.h"

/* What it claims; NULL if it is no JWT. */
static struct json_object *read_claims(const char *token)
{
	const char *first = strchr(token, '.');
	const char *second = first == NULL ? NULL : strchr(++first, '.');
	struct json_object *claims = NULL;
	struct buf text = {0};

	if (second != NULL &&
		base64url_decode(&text, span(first, (size_t)(second - first))))
		claims = json_parse(buf_span(&text));
	buf_release(&text);
	return claims;
}

static bool is_ended(struct check *check, struct json_object *claims)
{
	uint64_t now = clock_wall_ms() / 1000, at;

	if (json_number(claims, "exp", &at) && at <= now)
		return !check_wrong(check,
			"have a new one made; or is a clock wrong, here or "
			"where it was made?",
			"it has expired %" PRIu64
			" s ago, by this machine's clock",
			now - at);
	if (json_number(claims, "nbf", &at) && at > now)
		return !check_wrong(check,
			"is a clock wrong, here or where it was made? `leeway` "
			"of [keys] is for a few seconds",
			"it begins in %" PRIu64 " s, by this machine's clock",
			at - now);
	return false;
}

/* Does a section want another `name` of it?  A list is left to Tidings. */
static bool is_for_another(struct check *check, struct json_object *claims,
	const char *name, const char *wanted)
{
	struct span has = {0};

	if (wanted == NULL || json_list(claims, name) != NULL)
		return false;
	if (json_text(claims, name, &has) && span_is(has, wanted))
		return false;
	return !check_wrong(check,
		"sign it with what the section [keys] of tidings.conf says",
		"its %s is \"%.*s\", and should be \"%s\"", name, (int)has.len,
		has.at, wanted);
}

/* Where there are several sections, nobody knows which is meant. */
static bool is_for_others(struct check *check, struct json_object *claims)
{
	struct config config = {0};
	bool found = false;

	if (check_has_config())
		free(check_config(&config));
	if (config.keys_count == 1)
		found = is_for_another(
				check, claims, "iss", config.keys[0].issuer) ||
			is_for_another(
				check, claims, "aud", config.keys[0].audience);
	config_release(&config);
	return found;
}

bool check_refused_token(struct check *check, const char *token)
{
	struct json_object *claims = read_claims(token);

	if (strncmp(token, "tk_", strlen("tk_")) == 0)
		check_wrong(check, "see tidings token new --api",
			"no section [access] has its SHA-256");
	else if (claims == NULL)
		check_wrong(check, "see tidings token new",
			"it is neither a JWT nor an API token");
	else if (!is_ended(check, claims) && !is_for_others(check, claims))
		check_wrong(check,
			"with level = debug in [log] the responder's log says "
			"why",
			"it is refused: is it signed with a key of [keys], and "
			"what it claims well-formed?");
	json_free(claims);
	return false;
}
