/*
 * config - see config.h; inih's room
 *
 * inih sees one line at a time from next_line(), which counts them and keeps
 * the sections to itself: inih cuts a section's name after 49 bytes, and a line
 * after INI_MAX_LINE, without a word.
 */
#include <config.h>

#include "lib/config.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <ini.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "lib/buf.h"
#include "lib/log.h"
#include "lib/text.h"

enum { KEYS_MAX = 24 }; /* of one section */

/* ---- what is going on while a file is read */

struct loading {
	struct config *config;
	const char *path;
	FILE *file;
	char *text; /* the line as getline gave it */
	size_t room;
	int line;
	char *fault; /* the first one; ends the reading */
	int fault_line;

	const struct section *section; /* where we are, NULL = before any */
	void *target;		       /* its struct */
	int section_line;
	int lines[KEYS_MAX]; /* of its keys that have been given */
};

struct key {
	const char *name;
	const char *text; /* default */
	bool (*parse)(struct loading *, const struct key *, const char *text,
		void *field);
	size_t field, size; /* in the section's struct */
	size_t count;	    /* lists: where their count is */
	uint64_t min, max;
	const char *words[2]; /* choices: the word for false, for true */
};

struct section {
	const char *name;
	bool named;
	const struct key *keys;
	size_t count;
	void *(*begin)(struct loading *, struct span name);
	void (*end)(struct loading *);
};

static bool fault_at(struct loading *loading, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define fault(loading, ...) fault_at(loading, (loading)->line, __VA_ARGS__)

/* Always false, so that a parser can return it. */
static bool fault_at(struct loading *loading, int line, const char *format, ...)
{
	struct buf text = {0};
	char what[512];
	va_list args;

	if (loading->fault != NULL)
		return false;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	buf_printf(&text, "%s:%d: %s", loading->path, line, what);
	loading->fault = mem_text(buf_span(&text));
	loading->fault_line = line;
	buf_release(&text);
	return false;
}

/* ---- one value */

static void store(void *field, size_t size, uint64_t value)
{
	uint32_t narrow = (uint32_t)value;

	assert(size == sizeof(uint32_t) || size == sizeof(uint64_t));
	if (size == sizeof(narrow))
		memcpy(field, &narrow, size);
	else
		memcpy(field, &value, size);
}

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit plain[] = {{"", 1}, {NULL, 0}};
static const struct unit bytes[] = {
	{"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}};
static const struct unit times[] = {{"ms", 1}, {"s", 1000}, {"m", 60000},
	{"h", 3600000}, {"d", 86400000}, {NULL, 0}};

/* Digits and a unit; false if that is not what `text` is. */
static bool to_amount(
	const char *text, const struct unit *units, uint64_t *amount)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t number;

	if (!text_to_u64(span(text, digits), &number))
		return false;
	if (number == 0 && text[digits] == '\0') {
		*amount = 0;
		return true;
	}
	while (units->name != NULL && strcmp(units->name, text + digits) != 0)
		units++;
	if (units->name == NULL || number > UINT64_MAX / units->factor)
		return false;
	*amount = number * units->factor;
	return true;
}

static void name_amount(
	char *out, size_t size, uint64_t amount, const struct unit *units)
{
	const struct unit *best = units;

	for (; units->name != NULL; units++)
		if (amount > 0 && amount % units->factor == 0)
			best = units;
	snprintf(out, size, "%llu%s",
		(unsigned long long)(amount / best->factor),
		amount == 0 ? "" : best->name);
}

static bool parse_amount(struct loading *loading, const struct key *key,
	const char *text, void *field, const struct unit *units)
{
	uint64_t amount;
	char min[32], max[32];

	if (!to_amount(text, units, &amount))
		return fault(loading, "%s: \"%s\" is not a %s", key->name, text,
			units == plain ? "number"
			: units == bytes
				? "size such as 64K, 16M or 1G"
				: "time such as 250ms, 15s, 24h or 7d");
	if (amount < key->min || amount > key->max) {
		name_amount(min, sizeof(min), key->min, units);
		name_amount(max, sizeof(max), key->max, units);
		return fault(loading, "%s: %s is not from %s to %s", key->name,
			text, min, max);
	}
	store(field, key->size, amount);
	return true;
}

static bool parse_number(struct loading *loading, const struct key *key,
	const char *text, void *field)
{
	return parse_amount(loading, key, text, field, plain);
}

static bool parse_size(struct loading *loading, const struct key *key,
	const char *text, void *field)
{
	return parse_amount(loading, key, text, field, bytes);
}

static bool parse_time(struct loading *loading, const struct key *key,
	const char *text, void *field)
{
	return parse_amount(loading, key, text, field, times);
}

static bool parse_choice(struct loading *loading, const struct key *key,
	const char *text, void *field)
{
	bool *choice = field;

	for (int i = 0; i < 2; i++)
		if (strcmp(text, key->words[i]) == 0) {
			*choice = i == 1;
			return true;
		}
	return fault(loading, "%s: \"%s\" is neither %s nor %s", key->name,
		text, key->words[0], key->words[1]);
}

static bool parse_mode(struct loading *loading, const struct key *key,
	const char *text, void *field)
{
	size_t len = strlen(text);

	if (len < 3 || len > 4 || strspn(text, "01234567") != len ||
		(len == 4 && text[0] != '0'))
		return fault(loading, "%s: \"%s\" is not a mode such as 0660",
			key->name, text);
	store(field, key->size, strtoul(text, NULL, 8));
	return true;
}

static bool parse_path(struct loading *loading, const struct key *key,
	const char *text, void *field)
{
	char **path = field;

	if (text[0] == '\0')
		return fault(loading, "%s: a path is missing", key->name);
	if (key->max != 0 && strlen(text) > key->max)
		return fault(loading, "%s: a path has at most %llu bytes",
			key->name, (unsigned long long)key->max);
	free(*path);
	*path = mem_text(span_of(text));
	return true;
}

/* A number that may be a uid or gid; -1 is "nobody" to the kernel's calls. */
static bool to_id(const char *text, uint32_t *id)
{
	uint64_t number;

	if (!text_to_u64(span_of(text), &number) || number >= UINT32_MAX)
		return false;
	*id = (uint32_t)number;
	return true;
}

static bool parse_group(struct loading *loading, const struct key *key,
	const char *text, void *field)
{
	gid_t *group = field;
	const struct group *found;

	if (text[0] == '\0') {
		*group = (gid_t)-1;
		return true;
	}
	if (to_id(text, group))
		return true;
	found = getgrnam(text);
	if (found == NULL)
		return fault(loading, "%s: there is no group \"%s\"", key->name,
			text);
	*group = found->gr_gid;
	return true;
}

/* ---- lists */

static size_t *count_of(struct loading *loading, const struct key *key)
{
	return (size_t *)(void *)((char *)loading->target + key->count);
}

static void clear_texts(char ***texts, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		free((*texts)[i]);
	free(*texts);
	*texts = NULL;
	*count = 0;
}

/* Calls `add` for each item; at the first line of a list it has been emptied,
 * further lines add. */
static bool each_item(struct loading *loading, const struct key *key,
	const char *text, void *field,
	bool (*add)(struct loading *, const struct key *, const char *, void *))
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
		ok = add(loading, key, item, field);
		free(item);
		if (!ok)
			return false;
		text += len;
	}
}

static bool add_user(struct loading *loading, const struct key *key,
	const char *item, void *field)
{
	uid_t **users = field;
	size_t *count = count_of(loading, key);
	uid_t user;

	if (!to_id(item, &user)) {
		const struct passwd *found = getpwnam(item);

		if (found == NULL)
			return fault(loading, "%s: there is no user \"%s\"",
				key->name, item);
		user = found->pw_uid;
	}
	*users = mem_resize(*users, (*count + 1) * sizeof(**users));
	(*users)[(*count)++] = user;
	return true;
}

static void add_text(struct loading *loading, const struct key *key,
	const char *item, void *field)
{
	char ***texts = field;
	size_t *count = count_of(loading, key);

	*texts = mem_resize(*texts, (*count + 1) * sizeof(**texts));
	(*texts)[(*count)++] = mem_text(span_of(item));
}

static bool is_prefix(const char *item)
{
	char address[INET6_ADDRSTRLEN];
	unsigned char binary[16];
	size_t len = strcspn(item, "/");
	uint64_t bits = 0;
	bool four;

	if (len >= sizeof(address))
		return false;
	memcpy(address, item, len);
	address[len] = '\0';
	four = inet_pton(AF_INET, address, binary) == 1;
	if (!four && inet_pton(AF_INET6, address, binary) != 1)
		return false;
	if (item[len] == '\0')
		return true;
	return text_to_u64(span_of(item + len + 1), &bits) &&
	       bits <= (four ? 32 : 128);
}

static bool add_prefix(struct loading *loading, const struct key *key,
	const char *item, void *field)
{
	if (!is_prefix(item))
		return fault(loading,
			"%s: \"%s\" is not an address such as 192.0.2.7 or a "
			"prefix such as 10.0.0.0/8",
			key->name, item);
	add_text(loading, key, item, field);
	return true;
}

/* What browsers send as Origin: scheme, host, port, and no path. */
static bool is_origin(const char *item)
{
	const char *host = strstr(item, "://");

	if (strcmp(item, "*") == 0)
		return true;
	if (host == NULL || host == item || host[3] == '\0')
		return false;
	return strcspn(host + 3, "/?#@*\"\\") == strlen(host + 3);
}

static bool add_origin(struct loading *loading, const struct key *key,
	const char *item, void *field)
{
	if (!is_origin(item))
		return fault(loading,
			"%s: \"%s\" is neither * nor an origin such as "
			"https://www.example.org",
			key->name, item);
	add_text(loading, key, item, field);
	return true;
}

static bool parse_users(struct loading *loading, const struct key *key,
	const char *text, void *field)
{
	return each_item(loading, key, text, field, add_user);
}

static bool parse_prefixes(struct loading *loading, const struct key *key,
	const char *text, void *field)
{
	return each_item(loading, key, text, field, add_prefix);
}

static bool parse_origins(struct loading *loading, const struct key *key,
	const char *text, void *field)
{
	return each_item(loading, key, text, field, add_origin);
}

static bool is_list(const struct key *key)
{
	return key->count != 0;
}

static void clear_list(struct loading *loading, const struct key *key)
{
	void *field = (char *)loading->target + key->field;
	size_t *count = count_of(loading, key);

	if (key->parse == parse_users) {
		uid_t **users = field;

		free(*users);
		*users = NULL;
		*count = 0;
	} else {
		clear_texts(field, count);
	}
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

static const struct key log_keys[] = {
	{"to", "stderr", parse_choice, AT(syslog),
		.words = {"stderr", "syslog"}},
	{"level", "info", parse_choice, AT(debug), .words = {"info", "debug"}},
};

static const struct key hub_keys[] = {
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
};

static const struct key responder_keys[] = {
	{"socket", RUNDIR "/tidings/fcgi.sock", parse_path, AT(fcgi_socket),
		.max = SOCKET_MAX},
	{"socket_mode", "0660", parse_mode, AT(fcgi_socket_mode)},
	{"socket_group", "", parse_group, AT(fcgi_socket_group)},
	{"workers", "1", parse_number, AT(workers), .min = 1, .max = 64},
	{"parsers", "2", parse_number, AT(parsers), .min = 1, .max = 16},
	{"streams", "0", parse_number, AT(streams), .max = 1000000},
	{"streams_per_address", "0", parse_number, AT(streams_per_address),
		.max = 1000000},
	{"publish_from", "127.0.0.0/8 ::1", parse_prefixes,
		LIST(publish_from, publish_from_count)},
	{"publish_rate", "0", parse_number, AT(publish_rate), .max = 1000000},
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

static const struct key channel_keys[] = {
	{"keep_age", NULL, parse_time, IN(struct config_channel, keep.age_ms),
		.max = FOREVER},
	{"keep_events", NULL, parse_number,
		IN(struct config_channel, keep.events), .max = EVENTS_MAX},
	{"keep_bytes", NULL, parse_size, IN(struct config_channel, keep.bytes),
		.max = BYTES_MAX},
};

static const struct key inbox_keys[] = {
	{"path", NULL, parse_path, IN(struct config_inbox, path)},
	{"create", "no", parse_choice, IN(struct config_inbox, create),
		.words = {"no", "yes"}},
};

static void *begin_fixed(struct loading *, struct span name);
static void *begin_channel(struct loading *, struct span name);
static void *begin_inbox(struct loading *, struct span name);
static void end_responder(struct loading *);
static void end_inbox(struct loading *);

#define KEYS(keys) keys, sizeof(keys) / sizeof((keys)[0])

static const struct section sections[] = {
	{"log", false, KEYS(log_keys), begin_fixed, NULL},
	{"hub", false, KEYS(hub_keys), begin_fixed, NULL},
	{"responder", false, KEYS(responder_keys), begin_fixed, end_responder},
	{"channel", true, KEYS(channel_keys), begin_channel, NULL},
	{"inbox", true, KEYS(inbox_keys), begin_inbox, end_inbox},
};

enum { SECTIONS = sizeof(sections) / sizeof(sections[0]) };

bool config_key(size_t index, struct config_key *key)
{
	for (int i = 0; i < SECTIONS; i++) {
		const struct section *section = &sections[i];

		if (index < section->count) {
			key->section = section->name;
			key->name = section->keys[index].name;
			key->text = section->keys[index].text;
			return true;
		}
		index -= section->count;
	}
	return false;
}

/* ---- sections */

static bool set(
	struct loading *loading, const struct key *key, const char *text)
{
	return key->parse(
		loading, key, text, (char *)loading->target + key->field);
}

/* The defaults of `section` go into loading->target. */
static void set_defaults(struct loading *loading, const struct section *section)
{
	assert(section->count <= KEYS_MAX);
	for (size_t i = 0; i < section->count; i++) {
		bool ok =
			section->keys[i].text == NULL ||
			set(loading, &section->keys[i], section->keys[i].text);

		assert(ok);
		(void)ok;
	}
}

static void *begin_fixed(struct loading *loading, struct span name)
{
	(void)name;
	return loading->config;
}

/* A limit of a channel that its section does not name; no key allows it. */
static const uint64_t KEEP_SHARED = UINT64_MAX;

static void *begin_channel(struct loading *loading, struct span name)
{
	struct config *config = loading->config;
	const char *why = text_channel_fault(name);
	struct config_channel *channel;

	if (why != NULL) {
		fault(loading, "%s", why);
		return NULL;
	}
	for (size_t i = 0; i < config->channel_count; i++)
		if (span_is(name, config->channels[i].name)) {
			fault(loading, "this section is there already");
			return NULL;
		}
	config->channels = mem_resize(config->channels,
		(config->channel_count + 1) * sizeof(*config->channels));
	channel = &config->channels[config->channel_count++];
	channel->name = mem_text(name);
	channel->keep = (struct keep){KEEP_SHARED, KEEP_SHARED, KEEP_SHARED};
	return channel;
}

static void *begin_inbox(struct loading *loading, struct span name)
{
	struct config *config = loading->config;
	struct config_inbox *inbox;

	if (text_channel_fault(name) != NULL) {
		fault(loading, "an inbox's name has 1 to 255 bytes and no "
			       "control characters");
		return NULL;
	}
	for (size_t i = 0; i < config->inbox_count; i++)
		if (span_is(name, config->inboxes[i].name)) {
			fault(loading, "this section is there already");
			return NULL;
		}
	config->inboxes = mem_resize(config->inboxes,
		(config->inbox_count + 1) * sizeof(*config->inboxes));
	inbox = &config->inboxes[config->inbox_count++];
	*inbox = (struct config_inbox){.name = mem_text(name)};
	return inbox;
}

static int line_of(const struct loading *loading, const char *name)
{
	for (size_t i = 0; i < loading->section->count; i++)
		if (strcmp(loading->section->keys[i].name, name) == 0)
			return loading->lines[i];
	return 0;
}

static void end_responder(struct loading *loading)
{
	const struct config *config = loading->config;
	int line = line_of(loading, "max_body");

	if (config->max_body >= config->max_event)
		return;
	fault_at(loading, line != 0 ? line : line_of(loading, "max_event"),
		"max_body: a POST of %zu bytes cannot hold an event of %zu "
		"(max_event)",
		config->max_body, config->max_event);
}

static void end_inbox(struct loading *loading)
{
	const struct config *config = loading->config;
	const struct config_inbox *inbox = loading->target;

	if (inbox->path == NULL) {
		fault_at(loading, loading->section_line,
			"an inbox needs a path");
		return;
	}
	for (const struct config_inbox *other = config->inboxes; other < inbox;
		other++)
		if (strcmp(other->path, inbox->path) == 0)
			fault_at(loading, line_of(loading, "path"),
				"path: inbox \"%s\" has this file already",
				other->name);
}

static void end_section(struct loading *loading)
{
	if (loading->fault == NULL && loading->target != NULL &&
		loading->section->end != NULL)
		loading->section->end(loading);
	loading->target = NULL;
}

/* What stands between the brackets, without space around it; false if the line
 * is no section's head. */
static bool between_brackets(const char *text, struct span *inside)
{
	const char *end = text + strlen(text);
	const char *close;

	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	close = end[-1] == ']' ? end - 1 : strchr(text, ']');
	if (close == NULL)
		return false;
	text++;
	for (const char *at = close + 1; at < end; at++) {
		if (*at == ';' || *at == '#')
			break;
		if (!isspace((unsigned char)*at))
			return false;
	}
	while (text < close && isspace((unsigned char)*text))
		text++;
	while (text < close && isspace((unsigned char)close[-1]))
		close--;
	*inside = span(text, (size_t)(close - text));
	return true;
}

static const struct section *find_section(struct span inside, struct span *name)
{
	for (int i = 0; i < SECTIONS; i++) {
		const struct section *section = &sections[i];
		size_t len = strlen(section->name);

		if (!section->named && span_is(inside, section->name))
			return section;
		if (!section->named || inside.len <= len ||
			memcmp(inside.at, section->name, len) != 0 ||
			!isspace((unsigned char)inside.at[len]))
			continue;
		while (isspace((unsigned char)inside.at[len]))
			len++;
		*name = span(inside.at + len, inside.len - len);
		return section;
	}
	return NULL;
}

static void begin_section(
	struct loading *loading, const char *text, bool *fixed_seen)
{
	const struct section *section;
	struct span inside;
	struct span name = {0};

	end_section(loading);
	if (!between_brackets(text, &inside)) {
		fault(loading, "a section reads [name] on a line of its own");
		return;
	}
	section = find_section(inside, &name);
	if (section == NULL) {
		fault(loading, "there is no section [%.*s]", (int)inside.len,
			inside.at);
		return;
	}
	if (!section->named && fixed_seen[section - sections]) {
		fault(loading, "section [%s] is there already", section->name);
		return;
	}
	fixed_seen[section - sections] = true;
	memset(loading->lines, 0, sizeof(loading->lines));
	loading->section = section;
	loading->section_line = loading->line;
	loading->target = section->begin(loading, name);
	if (loading->target != NULL && section->named)
		set_defaults(loading, section);
}

/* ---- lines */

struct reader {
	struct loading *loading;
	bool fixed_seen[SECTIONS];
};

/* Checks the line and cuts a BOM off; NULL at a fault. */
static char *check_line(struct loading *loading, char *text, size_t len)
{
	size_t bad = 0;

	if (memchr(text, '\0', len) != NULL) {
		fault(loading, "there is a NUL byte");
		return NULL;
	}
	if (!text_is_utf8(span(text, len), &bad)) {
		fault(loading, "byte %zu of this line is not UTF-8", bad + 1);
		return NULL;
	}
	if (loading->line == 1 && strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	return text;
}

/* inih's fgets: one whole line, or NULL after the last or at a fault. */
static char *next_line(char *out, int size, void *stream)
{
	struct reader *reader = stream;
	struct loading *loading = reader->loading;
	const char *start;
	size_t start_len;
	char *text;
	ssize_t len;

	if (loading->fault != NULL)
		return NULL;
	len = getline(&loading->text, &loading->room, loading->file);
	if (len < 0)
		return NULL;
	loading->line++;
	text = check_line(loading, loading->text, (size_t)len);
	if (text == NULL)
		return NULL;
	start = text + strspn(text, " \t\r\n");
	if (*start == '[') {
		begin_section(loading, start, reader->fixed_seen);
		start = "[section]\n"; /* the name stays here */
	} else if (*start == '\0' || *start == ';' || *start == '#') {
		start = "\n"; /* a comment may be as long as it likes */
	} else {
		start = text;
	}
	start_len = strlen(start);
	if (start_len >= (size_t)size) {
		fault(loading, "a line has at most %d bytes", size - 3);
		return NULL;
	}
	memcpy(out, start, start_len + 1);
	return out;
}

static bool set_given(struct loading *loading, size_t index, const char *text)
{
	const struct key *key = &loading->section->keys[index];
	bool carried_on = isspace((unsigned char)loading->text[0]) != 0;

	if (loading->lines[index] != 0 && !(carried_on && is_list(key)))
		return fault(loading,
			carried_on ? "%s: only a list goes on in a line that "
				     "begins with space (line %d)"
				   : "%s has a value already, in line %d",
			key->name, loading->lines[index]);
	if (loading->lines[index] == 0 && is_list(key))
		clear_list(loading, key);
	loading->lines[index] = loading->line;
	return set(loading, key, text);
}

static int on_key(
	void *user, const char *section, const char *name, const char *text)
{
	struct reader *reader = user;
	struct loading *loading = reader->loading;

	(void)section;
	if (loading->fault != NULL)
		return 0;
	if (loading->section == NULL)
		return fault(loading, "\"%s\" stands before any section", name);
	for (size_t i = 0; i < loading->section->count; i++)
		if (strcmp(loading->section->keys[i].name, name) == 0)
			return set_given(loading, i, text);
	return fault(loading, "section [%s] has no key \"%s\"",
		loading->section->name, name);
}

/* ---- the whole */

static void read_file(struct loading *loading)
{
	struct reader reader = {.loading = loading};
	int error = ini_parse_stream(next_line, &reader, on_key, &reader);

	/* inih goes on after a line that it cannot read. */
	if (error > 0 &&
		(loading->fault == NULL || error < loading->fault_line)) {
		free(loading->fault);
		loading->fault = NULL;
		fault_at(loading, error, "a line reads key = value");
	}
	if (error < 0)
		fault_at(loading, loading->line, "cannot be read: no memory");
	if (ferror(loading->file))
		fault_at(loading, loading->line, "cannot be read");
	end_section(loading);
}

static void share_limits(struct config *config)
{
	for (size_t i = 0; i < config->channel_count; i++) {
		struct keep *keep = &config->channels[i].keep;

		if (keep->age_ms == KEEP_SHARED)
			keep->age_ms = config->keep.age_ms;
		if (keep->events == KEEP_SHARED)
			keep->events = config->keep.events;
		if (keep->bytes == KEEP_SHARED)
			keep->bytes = config->keep.bytes;
	}
}

static char *cannot_open(const char *path)
{
	struct buf text = {0};
	char *sentence;

	buf_printf(&text, "%s: %s", path, strerror(errno));
	sentence = mem_text(buf_span(&text));
	buf_release(&text);
	return sentence;
}

char *config_try(struct config *config, const char *path)
{
	struct loading loading = {.config = config, .path = path};

	*config = (struct config){0};
	loading.target = config;
	for (int i = 0; i < SECTIONS; i++)
		if (!sections[i].named)
			set_defaults(&loading, &sections[i]);
	loading.target = NULL;
	if (path == NULL)
		return NULL;
	loading.file = fopen(path, "re");
	if (loading.file == NULL) {
		loading.fault = cannot_open(path);
		config_release(config);
		return loading.fault;
	}
	read_file(&loading);
	fclose(loading.file);
	free(loading.text);
	share_limits(config);
	if (loading.fault != NULL)
		config_release(config);
	return loading.fault;
}

void config_load(struct config *config, const char *path)
{
	char *fault = config_try(config, path);

	if (fault != NULL)
		log_fatalx("config: %s", fault);
}

void config_release(struct config *config)
{
	for (size_t i = 0; i < config->channel_count; i++)
		free(config->channels[i].name);
	for (size_t i = 0; i < config->inbox_count; i++) {
		free(config->inboxes[i].name);
		free(config->inboxes[i].path);
	}
	free(config->channels);
	free(config->inboxes);
	free(config->hub_socket);
	free(config->log_path);
	free(config->fcgi_socket);
	free(config->hub_users);
	clear_texts(&config->publish_from, &config->publish_from_count);
	clear_texts(&config->origins, &config->origin_count);
	*config = (struct config){0};
}
