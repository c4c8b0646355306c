/* SPDX-License-Identifier: MIT */
/*
 * shown_token - why may a token have been refused?
 *
 * The answer does not say it, since strangers ask too; what the token says of
 * itself, the server's clock and tidings.conf do.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/check/shown_token.h"
#include "client/check/tools_room.h"
#include "lib/clock.h"
#include "lib/crypto/base64url.h"
#include "lib/json/json.h"
#include "lib/text.h"

/* ---- reading it */

static bool read_part(
	struct buf *text, struct document *document, struct span part)
{
	struct json_fault fault;

	return base64url_decode(text, part) &&
	       document_read(document, buf_span(text), &fault);
}

/* False if it is no JWT. */
static bool read_token(struct shown *shown, const char *token)
{
	const char *first = strchr(token, '.');
	const char *second = first == NULL ? NULL : strchr(first + 1, '.');

	if (second == NULL)
		return false;
	if (!read_part(&shown->header_text, &shown->header,
		    span(token, (size_t)(first - token))))
		return false;
	return read_part(&shown->claims_text, &shown->claims,
		span(first + 1, (size_t)(second - first - 1)));
}

static void read_sections(struct shown *shown)
{
	if (check_has_config())
		free(check_config(&shown->config));
	shown->count = shown->config.keys_count;
	shown->sections =
		mem_new((shown->count + 1) * sizeof(*shown->sections));
	for (size_t i = 0; i < shown->count; i++)
		shown->sections[i] = &shown->config.keys[i];
}

static void shown_release(struct shown *shown)
{
	document_release(&shown->header);
	document_release(&shown->claims);
	buf_release(&shown->header_text);
	buf_release(&shown->claims_text);
	free(shown->sections);
	config_release(&shown->config);
}

/* ---- when */

static bool read_time(
	const struct document *claims, const char *name, uint64_t *seconds)
{
	const struct member *member = document_member(claims, name);

	return member != NULL && text_to_u64(member->value, seconds);
}

/* The server's clock is the one that counts. */
static uint64_t now_at(const struct check *check)
{
	return check->answer.date > 0 ? check->answer.date
				      : clock_wall_ms() / 1000;
}

/* Text that says whose clock it is, and how far it is from ours. */
static const char *whose_clock(struct check *check)
{
	uint64_t here = clock_wall_ms() / 1000, there = now_at(check);
	uint64_t off = here > there ? here - there : there - here;

	buf_clear(&check->text);
	buf_printf(&check->text, "the server's clock");
	if (off > CHECK_CLOCK_S)
		buf_printf(&check->text,
			", which is %" PRIu64 " s %s this machine's", off,
			here > there ? "behind" : "ahead of");
	buf_add_char(&check->text, '\0');
	return check->text.at;
}

static bool is_ended(struct check *check, const struct shown *shown)
{
	uint64_t now = now_at(check), at;

	if (read_time(&shown->claims, "exp", &at) && at <= now)
		return !check_wrong(check,
			"have a new one made; or is a clock wrong, there or "
			"where it was made?",
			"it has expired %" PRIu64 " s ago, by %s", now - at,
			whose_clock(check));
	if ((read_time(&shown->claims, "nbf", &at) && at > now) ||
		(read_time(&shown->claims, "iat", &at) && at > now))
		return !check_wrong(check,
			"is a clock wrong, there or where it was made? "
			"`leeway` of [keys] is for a few seconds",
			"it begins in %" PRIu64 " s, by %s", at - now,
			whose_clock(check));
	return false;
}

/* Mercure's third kind of matcher.  One that we do not know spoils the token:
 * it might be the one that is meant. */
static bool has_url_patterns(struct check *check, const struct shown *shown)
{
	static const char type[] = "\"urlpattern\"";
	const struct member *details =
		document_member(&shown->claims, "authorization_details");

	return details != NULL &&
	       memmem(details->value.at, details->value.len, type,
		       strlen(type)) != NULL &&
	       !check_wrong(check,
		       "have it made with a URI template (\"match_type\": "
		       "\"uritemplate\"), as in builds/{name}, or names",
		       "a match in its authorization_details is of the type "
		       "urlpattern, which Tidings does not know");
}

bool check_refused_token(struct check *check, const char *token)
{
	struct shown shown = {0};

	read_sections(&shown);
	if (strncmp(token, "tk_", strlen("tk_")) == 0)
		check_wrong(check, "see tidings token new --api",
			"no section [access] has its SHA-256");
	else if (!read_token(&shown, token))
		check_wrong(check, "see tidings token new",
			"it is neither a JWT nor an API token");
	else if (!is_ended(check, &shown) &&
		 !shown_is_for_others(check, &shown) &&
		 !has_url_patterns(check, &shown) &&
		 !shown_is_signed_wrong(check, &shown, token))
		check_wrong(check,
			"with level = debug in [log] the responder's log says "
			"why",
			"it is refused: is it signed with a key of [keys], and "
			"what it claims well-formed?");
	shown_release(&shown);
	return false;
}
