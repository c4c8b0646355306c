/* SPDX-License-Identifier: MIT */
/*
 * setting_guard - the keys of who may: those of [keys] and [access], and of
 * [responder] what belongs to them
 */
#include <config.h>

#include "lib/config/setting_parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/setting_list.h"
#include "lib/config/value.h"
#include "lib/crypto/algorithm.h"
#include "lib/event/selector.h"

bool parse_text(const struct setting *setting, const char *text, void *target,
	struct buf *fault)
{
	char **field = setting_field(setting, target);

	if (text[0] == '\0') {
		buf_printf(fault, "%s: a text is missing", setting->name);
		return false;
	}
	free(*field);
	*field = mem_text(span_of(text));
	return true;
}

bool parse_cookie(const struct setting *setting, const char *text, void *target,
	struct buf *fault)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";
	char **field = setting_field(setting, target);

	for (const char *at = text; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) &&
			strchr(marks, *at) == NULL) {
			buf_printf(fault,
				"%s: \"%s\" is not the name of a cookie",
				setting->name, text);
			return false;
		}
	free(*field);
	*field = mem_text(span_of(text));
	return true;
}

/* ---- lists */

static bool add_algorithm(const struct setting *setting, const char *item,
	void *target, struct buf *fault)
{
	if (algorithm_of(span_of(item)) == ALGORITHMS) {
		buf_printf(fault, "%s: \"%s\" is none of", setting->name, item);
		for (unsigned i = 0; i < ALGORITHMS; i++)
			buf_printf(fault, " %s",
				algorithm_name((enum algorithm)i));
		return false;
	}
	setting_add_text(setting, item, target);
	return true;
}

static bool add_grant(const struct setting *setting, const char *item,
	void *target, struct buf *fault)
{
	if (strcmp(item, "publish") != 0 && strcmp(item, "subscribe") != 0) {
		buf_printf(fault, "%s: \"%s\" is neither publish nor subscribe",
			setting->name, item);
		return false;
	}
	setting_add_text(setting, item, target);
	return true;
}

/* What follows `prefix` in `item`; NULL if it does not begin with it. */
static const char *after(const char *item, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(item, prefix, len) == 0 ? item + len : NULL;
}

static bool is_digest(const char *text)
{
	static const char digits[] = "0123456789abcdefABCDEF";

	return strlen(text) == 64 && strspn(text, digits) == 64;
}

static bool add_bearer(const struct setting *setting, const char *item,
	void *target, struct buf *fault)
{
	const char *user = after(item, "user:");
	const char *token = after(item, "token:");
	const char *address = after(item, "address:");

	if (strcmp(item, "users") == 0 || (user != NULL && *user != '\0') ||
		(token != NULL && is_digest(token)) ||
		(address != NULL && value_is_prefix(address))) {
		setting_add_text(setting, item, target);
		return true;
	}
	if (token != NULL)
		buf_printf(fault,
			"%s: \"%s\" is not token: and the 64 digits of its "
			"SHA-256 (tidings token new --api says them)",
			setting->name, item);
	else
		buf_printf(fault,
			"%s: \"%s\" is none of users, user:NAME, "
			"token:SHA256, address:PREFIX",
			setting->name, item);
	return false;
}

static bool check_selector(const struct setting *setting, const char *item,
	struct span text, struct buf *fault)
{
	const char *why = selector_fault(text);

	if (why != NULL)
		buf_printf(fault, "%s: \"%s\": %s", setting->name, item, why);
	return why == NULL;
}

static bool add_selector(const struct setting *setting, const char *item,
	void *target, struct buf *fault)
{
	if (!check_selector(setting, item, span_of(item), fault))
		return false;
	setting_add_text(setting, item, target);
	return true;
}

/* As it is for a user whose name has one letter. */
static bool add_user_selector(const struct setting *setting, const char *item,
	void *target, struct buf *fault)
{
	struct buf text = {0};
	bool good;

	for (const char *at = item; *at != '\0'; at++)
		if (after(at, "%u") != NULL)
			buf_add_char(&text, *++at);
		else
			buf_add_char(&text, *at);
	good = check_selector(setting, item, buf_span(&text), fault);
	buf_release(&text);
	if (good)
		setting_add_text(setting, item, target);
	return good;
}

bool parse_algorithms(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	return setting_add_each(setting, text, target, fault, add_algorithm);
}

bool parse_grants(const struct setting *setting, const char *text, void *target,
	struct buf *fault)
{
	return setting_add_each(setting, text, target, fault, add_grant);
}

bool parse_bearers(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	return setting_add_each(setting, text, target, fault, add_bearer);
}

bool parse_selectors(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	return setting_add_each(setting, text, target, fault, add_selector);
}

bool parse_user_selectors(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	return setting_add_each(
		setting, text, target, fault, add_user_selector);
}
