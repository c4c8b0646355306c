/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/config/setting_parse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/setting_list.h"
#include "lib/config/value.h"

/* ---- numbers */

/* An integer field is as wide as config.h says. */
static void store(const struct setting *setting, void *target, uint64_t value)
{
	uint32_t narrow = (uint32_t)value;

	assert(setting->size == sizeof(narrow) ||
		setting->size == sizeof(value));
	if (setting->size == sizeof(narrow))
		memcpy(setting_field(setting, target), &narrow, sizeof(narrow));
	else
		memcpy(setting_field(setting, target), &value, sizeof(value));
}

static bool parse_amount(const struct setting *setting, const char *text,
	void *target, struct buf *fault, const struct value_unit *units)
{
	uint64_t amount;
	char min[32], max[32];

	if (!value_amount(text, units, &amount)) {
		buf_printf(fault, "%s: \"%s\" is not a %s", setting->name, text,
			units == value_plain ? "number"
			: units == value_bytes
				? "size such as 64K, 16M or 1G"
				: "time such as 250ms, 15s, 24h or 7d");
		return false;
	}
	if (amount < setting->min || amount > setting->max) {
		value_amount_text(min, sizeof(min), setting->min, units);
		value_amount_text(max, sizeof(max), setting->max, units);
		buf_printf(fault, "%s: %s is not from %s to %s", setting->name,
			text, min, max);
		return false;
	}
	store(setting, target, amount);
	return true;
}

bool parse_number(const struct setting *setting, const char *text, void *target,
	struct buf *fault)
{
	return parse_amount(setting, text, target, fault, value_plain);
}

bool parse_size(const struct setting *setting, const char *text, void *target,
	struct buf *fault)
{
	return parse_amount(setting, text, target, fault, value_bytes);
}

bool parse_time(const struct setting *setting, const char *text, void *target,
	struct buf *fault)
{
	return parse_amount(setting, text, target, fault, value_times);
}

bool parse_time_or_none(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	if (strcmp(text, "0") == 0) {
		store(setting, target, 0);
		return true;
	}
	if (parse_time(setting, text, target, fault))
		return true;
	buf_printf(fault, ", nor 0");
	return false;
}

/* ---- single values */

bool parse_choice(const struct setting *setting, const char *text, void *target,
	struct buf *fault)
{
	bool *choice = setting_field(setting, target);

	for (int i = 0; i < 2; i++)
		if (strcmp(text, setting->words[i]) == 0) {
			*choice = i == 1;
			return true;
		}
	buf_printf(fault, "%s: \"%s\" is neither %s nor %s", setting->name,
		text, setting->words[0], setting->words[1]);
	return false;
}

bool parse_path(const struct setting *setting, const char *text, void *target,
	struct buf *fault)
{
	char **path = setting_field(setting, target);

	if (text[0] == '\0') {
		buf_printf(fault, "%s: a path is missing", setting->name);
		return false;
	}
	if (setting->max != 0 && strlen(text) > setting->max) {
		buf_printf(fault, "%s: a path has at most %llu bytes",
			setting->name, (unsigned long long)setting->max);
		return false;
	}
	free(*path);
	*path = mem_text(span_of(text));
	return true;
}

bool parse_path_or_none(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	char **path = setting_field(setting, target);

	(void)fault;
	free(*path);
	*path = mem_text(span_of(text));
	return true;
}

bool parse_base(const struct setting *setting, const char *text, void *target,
	struct buf *fault)
{
	char **base = setting_field(setting, target);

	if (!value_is_base(text)) {
		buf_printf(fault,
			"%s: \"%s\" is not a path such as /tidings: a slash "
			"before each name and none at the end, letters, "
			"digits and -._~ only",
			setting->name, text);
		return false;
	}
	free(*base);
	*base = mem_text(span_of(text));
	return true;
}

bool parse_mode(const struct setting *setting, const char *text, void *target,
	struct buf *fault)
{
	if (value_mode(text, setting_field(setting, target)))
		return true;
	buf_printf(fault, "%s: \"%s\" is not a mode such as 0660",
		setting->name, text);
	return false;
}

bool parse_group(const struct setting *setting, const char *text, void *target,
	struct buf *fault)
{
	gid_t *group = setting_field(setting, target);

	if (text[0] == '\0') {
		*group = (gid_t)-1;
		return true;
	}
	if (value_group(text, group))
		return true;
	buf_printf(fault, "%s: there is no group \"%s\"", setting->name, text);
	return false;
}

/* ---- lists */

static bool add_user(const struct setting *setting, const char *item,
	void *target, struct buf *fault)
{
	uid_t **users = setting_field(setting, target);
	size_t *count = setting_count(setting, target);
	uid_t user;

	if (!value_user(item, &user)) {
		buf_printf(fault, "%s: there is no user \"%s\"", setting->name,
			item);
		return false;
	}
	*users = mem_resize(*users, (*count + 1) * sizeof(**users));
	(*users)[(*count)++] = user;
	return true;
}

static bool add_prefix(const struct setting *setting, const char *item,
	void *target, struct buf *fault)
{
	if (!value_is_prefix(item)) {
		buf_printf(fault,
			"%s: \"%s\" is not an address such as 192.0.2.7 or a "
			"prefix such as 10.0.0.0/8",
			setting->name, item);
		return false;
	}
	setting_add_text(setting, item, target);
	return true;
}

static bool add_origin(const struct setting *setting, const char *item,
	void *target, struct buf *fault)
{
	if (!value_is_origin(item)) {
		buf_printf(fault,
			"%s: \"%s\" is neither * nor an origin such as "
			"https://www.example.org",
			setting->name, item);
		return false;
	}
	setting_add_text(setting, item, target);
	return true;
}

static bool add_host(const struct setting *setting, const char *item,
	void *target, struct buf *fault)
{
	if (!value_is_host(item)) {
		buf_printf(fault,
			"%s: \"%s\" is neither a name such as www.example.org "
			"nor an address such as 192.0.2.7 or [::1]",
			setting->name, item);
		return false;
	}
	setting_add_text(setting, item, target);
	return true;
}

bool parse_users(const struct setting *setting, const char *text, void *target,
	struct buf *fault)
{
	return setting_add_each(setting, text, target, fault, add_user);
}

/* One by default, who need not be there. */
static bool is_nobody(const struct setting *setting, const char *text)
{
	uid_t user;

	return strcmp(text, setting->text) == 0 && !value_user(text, &user);
}

bool parse_own_users(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	return is_nobody(setting, text) ||
	       parse_users(setting, text, target, fault);
}

bool parse_prefixes(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	return setting_add_each(setting, text, target, fault, add_prefix);
}

bool parse_origins(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	return setting_add_each(setting, text, target, fault, add_origin);
}

bool parse_hosts(const struct setting *setting, const char *text, void *target,
	struct buf *fault)
{
	return setting_add_each(setting, text, target, fault, add_host);
}

void setting_clear(const struct setting *setting, void *target)
{
	void **items = setting_field(setting, target);
	size_t *count = setting_count(setting, target);

	if (setting->parse != parse_users && setting->parse != parse_own_users)
		for (size_t i = 0; i < *count; i++)
			free(((char **)*items)[i]);
	free(*items);
	*items = NULL;
	*count = 0;
}
