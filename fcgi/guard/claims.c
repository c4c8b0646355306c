/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/claims.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/guard/granted.h"
#include "fcgi/guard/jws.h"
#include "fcgi/guard/rights.h"
#include "lib/buf.h"
#include "lib/config/config.h"
#include "lib/event/selector.h"
#include "lib/json/document.h"
#include "lib/json/json.h"
#include "lib/text.h"

enum { SUBJECT_MAX = 1000 };

static const uint64_t time_max = (uint64_t)1 << 53;

/* ---- times */

/* 1.7e9; what is as long as that is no time. */
static bool read_exponent(struct span number, uint64_t *seconds)
{
	char text[64];
	double value;

	if (number.len >= sizeof(text))
		return false;
	memcpy(text, number.at, number.len);
	text[number.len] = '\0';
	value = strtod(text, NULL);
	if (!(value >= 0 && value <= (double)time_max))
		return false;
	*seconds = (uint64_t)value;
	return true;
}

/* A number of seconds since 1970; its fraction is cut off. */
static bool read_seconds(struct span number, uint64_t *seconds)
{
	size_t digits = 0;

	while (digits < number.len && number.at[digits] >= '0' &&
		number.at[digits] <= '9')
		digits++;
	if (digits == 0)
		return false;
	if (memchr(number.at, 'e', number.len) != NULL ||
		memchr(number.at, 'E', number.len) != NULL)
		return read_exponent(number, seconds);
	return text_to_u64(span(number.at, digits), seconds) &&
	       *seconds <= time_max;
}

/* *ms stays as it is without such a claim. */
static bool read_time(
	const struct document *claims, const char *name, uint64_t *ms)
{
	const struct member *claim = document_member(claims, name);
	uint64_t seconds;

	if (claim == NULL)
		return true;
	if (!read_seconds(claim->value, &seconds))
		return false;
	*ms = seconds * 1000;
	return true;
}

static const char *check_times(const struct document *claims,
	const struct config_keys *section, uint64_t now_ms,
	struct rights *rights)
{
	uint64_t begin = 0, made = 0;

	if (!read_time(claims, "exp", &rights->until_ms))
		return "its exp is no time";
	if (!read_time(claims, "nbf", &begin))
		return "its nbf is no time";
	if (!read_time(claims, "iat", &made))
		return "its iat is no time";
	if (rights->until_ms == RIGHTS_NO_END && section->expiry_required)
		return "it has no exp";
	if (rights->until_ms <= now_ms)
		return "it has expired";
	if (begin > now_ms + section->leeway_ms)
		return "its time has not come yet (nbf)";
	if (made > now_ms + section->leeway_ms)
		return "it was made in the future (iat)";
	return NULL;
}

/* ---- by whom, for whom, whose */

static const char *check_issuer(
	const struct document *claims, const struct config_keys *section)
{
	const struct member *claim = document_member(claims, "iss");

	if (section->issuer == NULL)
		return NULL;
	if (claim == NULL)
		return "it has no iss";
	return json_says(claim->value, section->issuer) ? NULL
							: "its iss is another";
}

static const char *check_audience(
	const struct document *claims, const struct config_keys *section)
{
	const struct member *claim = document_member(claims, "aud");
	struct span list, item;
	bool found = false;

	if (section->audience == NULL)
		return NULL;
	if (claim == NULL)
		return "it has no aud";
	list = claim->value;
	if (json_is_string(list))
		return json_says(list, section->audience)
			       ? NULL
			       : "its aud is another";
	if (!json_is_strings(list))
		return "its aud is neither a text nor a list of texts";
	while (!found && json_next_string(&list, &item))
		found = json_says(item, section->audience);
	return found ? NULL : "its aud does not have ours";
}

static const char *read_subject(
	const struct document *claims, struct rights *rights)
{
	const struct member *claim = document_member(claims, "sub");
	struct buf text = {0};
	const char *fault = NULL;

	if (claim == NULL)
		return NULL;
	if (!json_is_string(claim->value))
		return "its sub is no string";
	json_decode(&text, claim->value);
	if (text.len > SUBJECT_MAX)
		fault = "its sub is longer than 1,000 bytes";
	for (size_t i = 0; fault == NULL && i < text.len; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == '\x7f')
			fault = "its sub has a control character";
	if (fault == NULL && text.len > 0)
		rights->subject = mem_text(buf_span(&text));
	buf_release(&text);
	return fault;
}

/* ---- the whole */

static void take_away(struct selector **list, size_t *count)
{
	while (*count > 0)
		selector_free(list[--*count]);
}

/* These keys can grant that much and no more. */
static void narrow(struct rights *rights, const struct config_keys *section)
{
	bool publish = false, subscribe = false;

	for (size_t i = 0; i < section->grant_count; i++) {
		publish |= strcmp(section->grants[i], "publish") == 0;
		subscribe |= strcmp(section->grants[i], "subscribe") == 0;
	}
	if (!publish)
		take_away(rights->publish, &rights->publish_count);
	if (!subscribe)
		take_away(rights->subscribe, &rights->subscribe_count);
}

static const char *read_claims(const struct document *claims,
	const struct config_keys *section, uint64_t now_ms,
	struct rights *rights)
{
	const char *fault = check_times(claims, section, now_ms, rights);

	if (fault == NULL)
		fault = check_issuer(claims, section);
	if (fault == NULL)
		fault = check_audience(claims, section);
	if (fault == NULL)
		fault = read_subject(claims, rights);
	if (fault == NULL)
		fault = section->oauth ? granted_oauth(claims, rights)
				       : granted_mercure(claims, rights);
	if (fault != NULL)
		return fault;
	narrow(rights, section);
	rights_sort(rights);
	return NULL;
}

const char *claims_read(struct span payload, const struct config_keys *section,
	uint64_t now_ms, struct rights **rights)
{
	struct document claims;
	struct json_fault json;
	const char *fault;

	if (json_unmarked(payload).len != payload.len ||
		!document_read(&claims, payload, &json))
		return "it says nothing in JSON";
	*rights = rights_new();
	fault = json_depth(payload) > JWS_DEPTH
			? "its claims are nested too deep"
			: read_claims(&claims, section, now_ms, *rights);
	document_release(&claims);
	if (fault != NULL)
		rights_release(*rights);
	return fault;
}
