/*
 * setting - see setting.h
 */
#include <config.h>

#include "lib/setting.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "lib/config.h"
#include "lib/value.h"

static void *field_of(const struct setting *setting, void *target)
{
	return (char *)target + setting->field;
}

static size_t *count_of(const struct setting *setting, void *target)
{
	return (size_t *)(void *)((char *)target + setting->count);
}

/* ---- numbers */

/* An integer field is as wide as config.h says. */
static void store(const struct setting *setting, void *target, uint64_t value)
{
	uint32_t narrow = (uint32_t)value;

	assert(setting->size == sizeof(narrow) ||
		setting->size == sizeof(value));
	if (setting->size == sizeof(narrow))
		memcpy(field_of(setting, target), &narrow, sizeof(narrow));
	else
		memcpy(field_of(setting, target), &value, sizeof(value));
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

static bool parse_number(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	return parse_amount(setting, text, target, fault, value_plain);
}

static bool parse_size(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	return parse_amount(setting, text, target, fault, value_bytes);
}

static bool parse_time(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	return parse_amount(setting, text, target, fault, value_times);
}

/* ---- single values */

static bool parse_choice(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	bool *choice = field_of(setting, target);

	for (int i = 0; i < 2; i++)
		if (strcmp(text, setting->words[i]) == 0) {
			*choice = i == 1;
			return true;
		}
	buf_printf(fault, "%s: \"%s\" is neither %s nor %s", setting->name,
		text, setting->words[0], setting->words[1]);
	return false;
}

static bool parse_path(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	char **path = field_of(setting, target);

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

static bool parse_mode(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	if (value_mode(text, field_of(setting, target)))
		return true;
	buf_printf(fault, "%s: \"%s\" is not a mode such as 0660",
		setting->name, text);
	return false;
}

static bool parse_group(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	gid_t *group = field_of(setting, target);

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

static void add_text(
	const struct setting *setting, const char *item, void *target)
{
	char ***texts = field_of(setting, target);
	size_t *count = count_of(setting, target);

	*texts = mem_resize(*texts, (*count + 1) * sizeof(**texts));
	(*texts)[(*count)++] = mem_text(span_of(item));
}

static bool add_user(const struct setting *setting, const char *item,
	void *target, struct buf *fault)
{
	uid_t **users = field_of(setting, target);
	size_t *count = count_of(setting, target);
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
	add_text(setting, item, target);
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
	add_text(setting, item, target);
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
	add_text(setting, item, target);
	return true;
}

static bool add_each(const struct setting *setting, const char *text,
	void *target, struct buf *fault,
	bool (*add)(const struct setting *, const char *, void *, struct buf *))
{
	static const char between[] = " \t,";

	for (;;) {
		size_t len;
		char *item;
		bool ok;

		text += strspn(text, between);
		/* inih leaves a comment in a line that goes on. */
		if (*text == '\0' || *text == ';')
			return true;
		len = strcspn(text, between);
		item = mem_text(span(text, len));
		ok = add(setting, item, target, fault);
		free(item);
		if (!ok)
			return false;
		text += len;
	}
}

static bool parse_users(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	return add_each(setting, text, target, fault, add_user);
}

static bool parse_prefixes(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	return add_each(setting, text, target, fault, add_prefix);
}

static bool parse_origins(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	return add_each(setting, text, target, fault, add_origin);
}

static bool parse_hosts(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	return add_each(setting, text, target, fault, add_host);
}

void setting_clear(const struct setting *setting, void *target)
{
	void **items = field_of(setting, target);
	size_t *count = count_of(setting, target);

	if (setting->parse != parse_users)
		for (size_t i = 0; i < *count; i++)
			free(((char **)*items)[i]);
	free(*items);
	*items = NULL;
	*count = 0;
}

/* ---- the table */

#define IN(type, member) \
	.field = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define AT(member)	IN(struct config, member)
#define LIST(member, n) AT(member), .count = offsetof(struct config, n)
#define DAYS(n)		((uint64_t)(n)*86400000)
#define FOREVER		DAYS(36500)
#define EVENTS_MAX	((uint64_t)1 << 53)
#define BYTES_MAX	((uint64_t)1 << 60)
#define SOCKET_MAX	(sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

static const struct setting log_keys[] = {
	{"to", "stderr", parse_choice, AT(syslog),
		.words = {"stderr", "syslog"}},
	{"level", "info", parse_choice, AT(debug), .words = {"info", "debug"}},
};

static const struct setting hub_keys[] = {
	{"socket", RUNDIR "/tidings/hub.sock", parse_path, AT(hub_socket),
		.max = SOCKET_MAX},
	{"socket_mode", "0660", parse_mode, AT(hub_socket_mode)},
	{"socket_group", "", parse_group, AT(hub_socket_group)},
	{"users", "", parse_users, LIST(hub_users, hub_user_count)},
	{"log", STATEDIR "/lib/tidings/log.db", parse_path, AT(log_path)},
	{"keep_age", "7d", parse_time, AT(keep.age_ms), .max = FOREVER},
	{"keep_events", "1000000", parse_number, AT(keep.events),
		.max = EVENTS_MAX},
	{"keep_bytes", "1G", parse_size, AT(keep.bytes), .max = BYTES_MAX},
	{"key_age", "24h", parse_time, AT(key_age_ms), .min = DAYS(1),
		.max = FOREVER},
	{"demo", "no", parse_choice, AT(demo), .words = {"no", "yes"}},
};

static const struct setting responder_keys[] = {
	{"socket", RUNDIR "/tidings/fcgi.sock", parse_path, AT(fcgi_socket),
		.max = SOCKET_MAX},
	{"socket_mode", "0660", parse_mode, AT(fcgi_socket_mode)},
	{"socket_group", "", parse_group, AT(fcgi_socket_group)},
	{"workers", "1", parse_number, AT(workers), .min = 1, .max = 64},
	{"streams", "0", parse_number, AT(streams), .max = 1000000},
	{"streams_per_address", "0", parse_number, AT(streams_per_address),
		.max = 1000000},
	{"channels", "1000000", parse_number, AT(stream_channels),
		.max = 1000000000},
	{"channels_per_address", "0", parse_number, AT(channels_per_address),
		.max = 1000000000},
	{"publish_from", "127.0.0.0/8 ::1", parse_prefixes,
		LIST(publish_from, publish_from_count)},
	{"publish_rate", "0", parse_number, AT(publish_rate), .max = 1000000},
	{"publish_rate_total", "0", parse_number, AT(publish_rate_total),
		.max = 1000000},
	{"hosts", "", parse_hosts, LIST(hosts, host_count)},
	{"origins", "", parse_origins, LIST(origins, origin_count)},
	{"keepalive", "15s", parse_time, AT(keepalive_ms), .min = 1000,
		.max = 3600000},
	{"retry", "2s", parse_time, AT(retry_ms), .min = 100, .max = 3600000},
	{"window", "16M", parse_size, AT(window), .min = 1 << 20,
		.max = 1 << 30},
	{"max_event", "64K", parse_size, AT(max_event), .min = 1 << 10,
		.max = 1 << 20},
	{"max_body", "1M", parse_size, AT(max_body), .min = 1 << 10,
		.max = 8 << 20},
	{"rest", "250ms", parse_time, AT(rest_ms), .max = 10000},
};

static const struct setting channel_keys[] = {
	{"keep_age", NULL, parse_time, IN(struct config_channel, keep.age_ms),
		.max = FOREVER},
	{"keep_events", NULL, parse_number,
		IN(struct config_channel, keep.events), .max = EVENTS_MAX},
	{"keep_bytes", NULL, parse_size, IN(struct config_channel, keep.bytes),
		.max = BYTES_MAX},
};

static const struct setting inbox_keys[] = {
	{"path", NULL, parse_path, IN(struct config_inbox, path)},
	{"create", "no", parse_choice, IN(struct config_inbox, create),
		.words = {"no", "yes"}},
};

#define SETTINGS(table) table, sizeof(table) / sizeof((table)[0])

const struct setting_section setting_sections[SETTING_KINDS] = {
	[SETTING_LOG] = {"log", false, SETTINGS(log_keys)},
	[SETTING_HUB] = {"hub", false, SETTINGS(hub_keys)},
	[SETTING_RESPONDER] = {"responder", false, SETTINGS(responder_keys)},
	[SETTING_CHANNEL] = {"channel", true, SETTINGS(channel_keys)},
	[SETTING_INBOX] = {"inbox", true, SETTINGS(inbox_keys)},
};

void setting_defaults(const struct setting_section *section, void *target)
{
	struct buf fault = {0};

	assert(section->count <= SETTING_MOST);
	for (size_t i = 0; i < section->count; i++) {
		const struct setting *setting = &section->settings[i];
		bool ok =
			setting->text == NULL ||
			setting->parse(setting, setting->text, target, &fault);

		assert(ok);
		(void)ok;
	}
}
