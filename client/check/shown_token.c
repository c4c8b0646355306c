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
#include <strings.h>

#include "client/check/tools_room.h"
#include "lib/clock.h"
#include "lib/config/config.h"
#include "lib/crypto/base64url.h"
#include "lib/json/document.h"
#include "lib/json/json.h"
#include "lib/text.h"

/* What it says, and which sections [keys] are still possible: those that fit
 * all that was looked at. */
struct shown {
	struct buf header_text, claims_text;
	struct document header, claims;
	struct config config;
	const struct config_keys **sections;
	size_t count;
};

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

/* As it stands in the token, without quotes; nothing if it does not. */
static void add_value(
	struct buf *out, const struct document *document, const char *name)
{
	const struct member *member = document_member(document, name);

	if (member != NULL && json_is_string(member->value))
		json_decode(out, member->value);
	else if (member != NULL)
		buf_add_span(out, member->value);
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

/* ---- for whom, by whom, how */

static bool fits_issuer(
	const struct shown *shown, const struct config_keys *section)
{
	const struct member *member = document_member(&shown->claims, "iss");

	return section->issuer == NULL ||
	       (member != NULL && json_says(member->value, section->issuer));
}

static bool fits_audience(
	const struct shown *shown, const struct config_keys *section)
{
	const struct member *member = document_member(&shown->claims, "aud");
	struct span list, item;

	if (section->audience == NULL)
		return true;
	if (member == NULL)
		return false;
	list = member->value;
	if (!json_is_strings(list))
		return json_says(list, section->audience);
	while (json_next_string(&list, &item))
		if (json_says(item, section->audience))
			return true;
	return false;
}

static bool fits_algorithm(
	const struct shown *shown, const struct config_keys *section)
{
	const struct member *member = document_member(&shown->header, "alg");

	for (size_t i = 0; i < section->algorithm_count; i++)
		if (member != NULL &&
			json_says(member->value, section->algorithms[i]))
			return true;
	return false;
}

static bool fits_form(
	const struct shown *shown, const struct config_keys *section)
{
	const struct member *member = document_member(&shown->header, "typ");
	struct buf text = {0};
	bool access_token;

	if (!section->oauth)
		return true;
	if (member != NULL && json_is_string(member->value))
		json_decode(&text, member->value);
	buf_add_char(&text, '\0');
	access_token = strcasecmp(text.at, "at+jwt") == 0 ||
		       strcasecmp(text.at, "application/at+jwt") == 0;
	buf_release(&text);
	return access_token;
}

static bool fits_expiry(
	const struct shown *shown, const struct config_keys *section)
{
	return !section->expiry_required ||
	       document_member(&shown->claims, "exp") != NULL;
}

static const char *issuer_of(const struct config_keys *section)
{
	return section->issuer;
}

static const char *audience_of(const struct config_keys *section)
{
	return section->audience;
}

static const char *algorithm_of_section(const struct config_keys *section)
{
	return section->algorithms[0];
}

static const char *typ_of(const struct config_keys *section)
{
	(void)section;
	return "at+jwt";
}

static const char *time_of(const struct config_keys *section)
{
	(void)section;
	return "a time";
}

/* In this order: a section is meant whose issuer it is. */
static const struct trait {
	const char *name;
	bool in_header;
	bool (*fits)(const struct shown *, const struct config_keys *);
	const char *(*wanted)(const struct config_keys *);
} traits[] = {
	{"iss", false, fits_issuer, issuer_of},
	{"aud", false, fits_audience, audience_of},
	{"alg", true, fits_algorithm, algorithm_of_section},
	{"typ", true, fits_form, typ_of},
	{"exp", false, fits_expiry, time_of},
};

/* What the sections want, each once: `"a" or "b"`. */
static void add_wanted(
	struct buf *out, const struct shown *shown, const struct trait *trait)
{
	const char *last = NULL;

	for (size_t i = 0; i < shown->count; i++) {
		const char *wanted = trait->wanted(shown->sections[i]);

		if (wanted == NULL ||
			(last != NULL && strcmp(wanted, last) == 0))
			continue;
		buf_printf(out, "%s\"%s\"", last == NULL ? "" : " or ", wanted);
		last = wanted;
	}
}

static bool is_other(struct check *check, const struct shown *shown,
	const struct trait *trait)
{
	struct buf has = {0}, wanted = {0};

	add_value(&has, trait->in_header ? &shown->header : &shown->claims,
		trait->name);
	add_wanted(&wanted, shown, trait);
	check_wrong(check,
		"sign it with what a section [keys] of tidings.conf says",
		"its %s is \"%.*s\", and should be %.*s", trait->name,
		(int)(has.len > 100 ? 100 : has.len), has.len > 0 ? has.at : "",
		(int)wanted.len, wanted.len > 0 ? wanted.at : "");
	buf_release(&has);
	buf_release(&wanted);
	return true;
}

/* Does no section take it, for what it says of itself? */
static bool is_for_others(struct check *check, struct shown *shown)
{
	for (size_t i = 0; i < sizeof(traits) / sizeof(traits[0]); i++) {
		const struct trait *trait = &traits[i];
		size_t kept = 0;

		for (size_t k = 0; k < shown->count; k++)
			kept += trait->fits(shown, shown->sections[k]);
		if (kept == 0 && shown->count > 0)
			return is_other(check, shown, trait);
		kept = 0;
		for (size_t k = 0; k < shown->count; k++)
			if (trait->fits(shown, shown->sections[k]))
				shown->sections[kept++] = shown->sections[k];
		shown->count = kept;
	}
	return false;
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
	else if (!is_ended(check, &shown) && !is_for_others(check, &shown))
		check_wrong(check,
			"with level = debug in [log] the responder's log says "
			"why",
			"it is refused: is it signed with a key of [keys], and "
			"what it claims well-formed?");
	shown_release(&shown);
	return false;
}
