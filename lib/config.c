/*
 * config - see config.h; inih's room
 *
 * inih sees one line at a time from next_line(), which counts them and keeps
 * the sections to itself: inih cuts a section's name after 49 bytes, and a line
 * after INI_MAX_LINE, without a word.
 */
#include <config.h>

#include "lib/config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/log.h"
#include "lib/setting.h"
#include "lib/text.h"

/* What is going on while a file is read. */
struct loading {
	struct config *config;
	const char *path;
	FILE *file;
	char *text; /* the line as getline gave it */
	size_t room;
	int line;
	char *fault; /* the first one; ends the reading */
	int fault_line;

	const struct setting_section *section; /* NULL = before any */
	void *target;			       /* its struct */
	int section_line;
	int lines[SETTING_MOST]; /* of its keys that have been given */
	bool seen[SETTING_KINDS];
};

/* A limit of a channel that its section does not name; no text means it. */
static const uint64_t KEEP_SHARED = UINT64_MAX;

static bool fault_at(struct loading *loading, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define fault(loading, ...) fault_at(loading, (loading)->line, __VA_ARGS__)

/* Always false. */
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

/* ---- sections */

static struct config_channel *new_channel(
	struct loading *loading, struct span name)
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
			fault(loading, "this section is given twice");
			return NULL;
		}
	config->channels = mem_resize(config->channels,
		(config->channel_count + 1) * sizeof(*config->channels));
	channel = &config->channels[config->channel_count++];
	channel->name = mem_text(name);
	channel->keep = (struct keep){KEEP_SHARED, KEEP_SHARED, KEEP_SHARED};
	return channel;
}

static struct config_inbox *new_inbox(struct loading *loading, struct span name)
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
			fault(loading, "this section is given twice");
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
		if (strcmp(loading->section->settings[i].name, name) == 0)
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
	if (loading->fault != NULL || loading->target == NULL)
		return;
	if (loading->section == &setting_sections[SETTING_RESPONDER])
		end_responder(loading);
	if (loading->section == &setting_sections[SETTING_INBOX])
		end_inbox(loading);
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

/* SETTING_KINDS if there is none. */
static enum setting_kind find_section(struct span inside, struct span *name)
{
	unsigned kind;

	for (kind = 0; kind < SETTING_KINDS; kind++) {
		const struct setting_section *section = &setting_sections[kind];
		size_t len = strlen(section->name);

		if (!section->named && span_is(inside, section->name))
			break;
		if (!section->named || inside.len <= len ||
			memcmp(inside.at, section->name, len) != 0 ||
			!isspace((unsigned char)inside.at[len]))
			continue;
		while (isspace((unsigned char)inside.at[len]))
			len++;
		*name = span(inside.at + len, inside.len - len);
		break;
	}
	return (enum setting_kind)kind;
}

static void *target_of(
	struct loading *loading, enum setting_kind kind, struct span name)
{
	if (kind == SETTING_CHANNEL)
		return new_channel(loading, name);
	if (kind == SETTING_INBOX)
		return new_inbox(loading, name);
	return loading->config;
}

static void begin_section(struct loading *loading, const char *text)
{
	const struct setting_section *section;
	enum setting_kind kind;
	struct span inside;
	struct span name = {0};

	end_section(loading);
	if (!between_brackets(text, &inside)) {
		fault(loading, "expected [name] on a line of its own");
		return;
	}
	kind = find_section(inside, &name);
	if (kind == SETTING_KINDS) {
		fault(loading, "unknown section [%.*s]", (int)inside.len,
			inside.at);
		return;
	}
	section = &setting_sections[kind];
	if (!section->named && loading->seen[kind]) {
		fault(loading, "section [%s] is given twice", section->name);
		return;
	}
	loading->seen[kind] = true;
	memset(loading->lines, 0, sizeof(loading->lines));
	loading->section = section;
	loading->section_line = loading->line;
	loading->target = target_of(loading, kind, name);
	if (loading->target != NULL && section->named)
		setting_defaults(section, loading->target);
}

/* ---- lines */

/* Checks the line and cuts a BOM off; NULL at a fault. */
static char *check_line(struct loading *loading, char *text, size_t len)
{
	size_t bad = 0;

	if (memchr(text, '\0', len) != NULL) {
		fault(loading, "the line has a NUL byte");
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
	struct loading *loading = stream;
	const char *start;
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
		begin_section(loading, start);
		start = "[section]\n"; /* the name stays here */
	} else if (*start == '\0' || *start == ';' || *start == '#') {
		start = "\n"; /* a comment may be as long as it likes */
	} else {
		start = text;
	}
	len = (ssize_t)strlen(start);
	if (len >= size) {
		fault(loading, "the line is longer than %d bytes", size - 3);
		return NULL;
	}
	memcpy(out, start, (size_t)len + 1);
	return out;
}

static bool set(struct loading *loading, size_t index, const char *text)
{
	const struct setting *setting = &loading->section->settings[index];
	bool carried_on = isspace((unsigned char)loading->text[0]) != 0;
	bool list = setting->count != 0;
	struct buf why = {0};

	if (loading->lines[index] != 0 && !(carried_on && list))
		return fault(loading,
			carried_on ? "%s: only a list may continue in a line "
				     "that begins with space (line %d)"
				   : "%s has a value already, in line %d",
			setting->name, loading->lines[index]);
	if (loading->lines[index] == 0 && list)
		setting_clear(setting, loading->target);
	loading->lines[index] = loading->line;
	if (!setting->parse(setting, text, loading->target, &why))
		fault(loading, "%.*s", (int)why.len, why.at);
	buf_release(&why);
	return loading->fault == NULL;
}

/* inih's handler: 0 is a fault. */
static int on_key(
	void *user, const char *section, const char *name, const char *text)
{
	struct loading *loading = user;

	(void)section;
	if (loading->fault != NULL)
		return 0;
	if (loading->section == NULL)
		return fault(loading, "\"%s\" stands before any section", name);
	for (size_t i = 0; i < loading->section->count; i++)
		if (strcmp(loading->section->settings[i].name, name) == 0)
			return set(loading, i, text);
	return fault(loading, "section [%s] has no key \"%s\"",
		loading->section->name, name);
}

/* ---- the whole */

static void read_file(struct loading *loading)
{
	int error = ini_parse_stream(next_line, loading, on_key, loading);

	/* inih goes on after a line that it cannot read. */
	if (error > 0 &&
		(loading->fault == NULL || error < loading->fault_line)) {
		free(loading->fault);
		loading->fault = NULL;
		fault_at(loading, error, "expected key = value");
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
	for (int kind = 0; kind < SETTING_KINDS; kind++)
		if (!setting_sections[kind].named)
			setting_defaults(&setting_sections[kind], config);
	if (path == NULL)
		return NULL;
	loading.file = fopen(path, "re");
	if (loading.file == NULL) {
		loading.fault = cannot_open(path);
	} else {
		read_file(&loading);
		fclose(loading.file);
		free(loading.text);
		share_limits(config);
	}
	if (loading.fault != NULL)
		config_release(config);
	return loading.fault;
}

void config_load(struct config *config, const char *path)
{
	char *why = config_try(config, path);

	if (why != NULL)
		log_fatalx("config: %s", why);
}

bool config_key(size_t index, struct config_key *key)
{
	for (int kind = 0; kind < SETTING_KINDS; kind++) {
		const struct setting_section *section = &setting_sections[kind];

		if (index < section->count) {
			key->section = section->name;
			key->name = section->settings[index].name;
			key->text = section->settings[index].text;
			return true;
		}
		index -= section->count;
	}
	return false;
}

static void clear_lists(const struct setting_section *section, void *target)
{
	for (size_t i = 0; i < section->count; i++)
		if (section->settings[i].count != 0)
			setting_clear(&section->settings[i], target);
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
	for (int kind = 0; kind < SETTING_KINDS; kind++)
		if (!setting_sections[kind].named)
			clear_lists(&setting_sections[kind], config);
	*config = (struct config){0};
}
