/* SPDX-License-Identifier: MIT */
/*
 * token_rules - for whom a token is, by whom, and how: what of it no section
 * [keys] takes
 */
#include <config.h>

#include <string.h>
#include <strings.h>

#include "client/check/shown_token.h"
#include "client/check/tools_room.h"
#include "lib/crypto/algorithm.h"
#include "lib/json/json.h"

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

/* One of them has two names. */
static bool fits_algorithm(
	const struct shown *shown, const struct config_keys *section)
{
	struct buf name = {0};
	enum algorithm algorithm;
	bool fits = false;

	add_value(&name, &shown->header, "alg");
	algorithm = algorithm_of(buf_span(&name));
	for (size_t i = 0; algorithm != ALGORITHMS && !fits &&
			   i < section->algorithm_count;
		i++)
		fits = algorithm_of(span_of(section->algorithms[i])) ==
		       algorithm;
	buf_release(&name);
	return fits;
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

/* What the section wants, one by one; NULL beyond the last. */

static const char *issuer_of(const struct config_keys *section, size_t index)
{
	return index == 0 ? section->issuer : NULL;
}

static const char *audience_of(const struct config_keys *section, size_t index)
{
	return index == 0 ? section->audience : NULL;
}

static const char *algorithm_in(const struct config_keys *section, size_t index)
{
	return index < section->algorithm_count ? section->algorithms[index]
						: NULL;
}

static const char *typ_of(const struct config_keys *section, size_t index)
{
	(void)section;
	return index == 0 ? "at+jwt" : NULL;
}

static const char *time_of(const struct config_keys *section, size_t index)
{
	(void)section;
	return index == 0 ? "a time" : NULL;
}

/* In this order: a section is meant whose issuer it is. */
static const struct rule {
	const char *name;
	bool in_header;
	bool (*fits)(const struct shown *, const struct config_keys *);
	const char *(*wanted)(const struct config_keys *, size_t index);
} rules[] = {
	{"iss", false, fits_issuer, issuer_of},
	{"aud", false, fits_audience, audience_of},
	{"alg", true, fits_algorithm, algorithm_in},
	{"typ", true, fits_form, typ_of},
	{"exp", false, fits_expiry, time_of},
};

/* `"a" or "b"`; what two sections have one after the other stands there once.
 */
static void add_wanted(
	struct buf *out, const struct shown *shown, const struct rule *rule)
{
	const char *last = NULL, *wanted;

	for (size_t i = 0; i < shown->count; i++)
		for (size_t k = 0;
			(wanted = rule->wanted(shown->sections[i], k)) != NULL;
			k++) {
			if (last != NULL && strcmp(wanted, last) == 0)
				continue;
			buf_printf(out, "%s\"%s\"", last == NULL ? "" : " or ",
				wanted);
			last = wanted;
		}
}

static bool is_other(
	struct check *check, const struct shown *shown, const struct rule *rule)
{
	struct buf has = {0}, wanted = {0};

	add_value(&has, rule->in_header ? &shown->header : &shown->claims,
		rule->name);
	add_wanted(&wanted, shown, rule);
	check_wrong(check,
		"sign it with what a section [keys] of tidings.conf says",
		"its %s is \"%.*s\", and should be %.*s", rule->name,
		(int)(has.len > 100 ? 100 : has.len), has.len > 0 ? has.at : "",
		(int)wanted.len, wanted.len > 0 ? wanted.at : "");
	buf_release(&has);
	buf_release(&wanted);
	return true;
}

bool shown_is_for_others(struct check *check, struct shown *shown)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *rule = &rules[i];
		size_t kept = 0;

		for (size_t k = 0; k < shown->count; k++)
			kept += rule->fits(shown, shown->sections[k]);
		if (kept == 0 && shown->count > 0)
			return is_other(check, shown, rule);
		kept = 0;
		for (size_t k = 0; k < shown->count; k++)
			if (rule->fits(shown, shown->sections[k]))
				shown->sections[kept++] = shown->sections[k];
		shown->count = kept;
	}
	return false;
}
