/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/config/config_section.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/config.h"
#include "lib/event/template.h"
#include "lib/text.h"

/* A limit of a channel that its section does not name; no text means it. */
static const uint64_t KEEP_SHARED = UINT64_MAX;

/* ---- the head */

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

/* ---- the target */

static const char *fault_of_channel(struct span name)
{
	const char *fault = text_channel_fault(name);
	struct buf regex = {0};

	if (fault == NULL && memchr(name.at, '{', name.len) != NULL &&
		!template_regex(name, &regex))
		fault = "a channel's name with a '{' is a URI template "
			"(RFC 6570), as in [channel builds/{name}]";
	buf_release(&regex);
	return fault;
}

static struct config_channel *new_channel(
	struct config *config, struct span name, struct buf *fault)
{
	const char *why = fault_of_channel(name);
	struct config_channel *channel;

	for (size_t i = 0; why == NULL && i < config->channel_count; i++)
		if (span_is(name, config->channels[i].name))
			why = "this section is given twice";
	if (why != NULL) {
		buf_add_span(fault, span_of(why));
		return NULL;
	}
	config->channels = mem_resize(config->channels,
		(config->channel_count + 1) * sizeof(*config->channels));
	channel = &config->channels[config->channel_count++];
	channel->name = mem_text(name);
	channel->keep = (struct keep){KEEP_SHARED, KEEP_SHARED, KEEP_SHARED};
	return channel;
}

static struct config_inbox *new_inbox(
	struct config *config, struct span name, struct buf *fault)
{
	const char *why = NULL;
	struct config_inbox *inbox;

	if (text_channel_fault(name) != NULL)
		why = "an inbox's name has 1 to 255 bytes and no control "
		      "characters";
	for (size_t i = 0; why == NULL && i < config->inbox_count; i++)
		if (span_is(name, config->inboxes[i].name))
			why = "this section is given twice";
	if (why == NULL && config->inbox_count == CONFIG_INBOXES_MAX)
		why = "there may be 64 inboxes, and this is one more";
	if (why != NULL) {
		buf_add_span(fault, span_of(why));
		return NULL;
	}
	config->inboxes = mem_resize(config->inboxes,
		(config->inbox_count + 1) * sizeof(*config->inboxes));
	inbox = &config->inboxes[config->inbox_count++];
	*inbox = (struct config_inbox){.name = mem_text(name)};
	return inbox;
}

static void *target_of(struct config *config, enum setting_kind kind,
	struct span name, struct buf *fault)
{
	if (kind == SETTING_CHANNEL)
		return new_channel(config, name, fault);
	if (kind == SETTING_INBOX)
		return new_inbox(config, name, fault);
	return config;
}

bool config_section_begin(struct config_section *section, struct config *config,
	int line, const char *text, struct buf *fault)
{
	const struct setting_section *table;
	enum setting_kind kind;
	struct span inside, name = {0};

	section->target = NULL;
	if (!between_brackets(text, &inside)) {
		buf_printf(fault, "expected [name] on a line of its own");
		return false;
	}
	kind = find_section(inside, &name);
	if (kind == SETTING_KINDS) {
		buf_printf(fault, "unknown section [%.*s]", (int)inside.len,
			inside.at);
		return false;
	}
	table = &setting_sections[kind];
	if (!table->named && section->seen[kind]) {
		buf_printf(fault, "section [%s] is given twice", table->name);
		return false;
	}
	section->seen[kind] = true;
	memset(section->lines, 0, sizeof(section->lines));
	section->table = table;
	section->line = line;
	section->target = target_of(config, kind, name, fault);
	if (section->target != NULL && table->named)
		setting_defaults(table, section->target);
	return section->target != NULL;
}

/* ---- the end */

static int line_of(const struct config_section *section, const char *name)
{
	for (size_t i = 0; i < section->table->count; i++)
		if (strcmp(section->table->settings[i].name, name) == 0)
			return section->lines[i];
	return 0;
}

static bool end_responder(const struct config_section *section,
	const struct config *config, int *line, struct buf *fault)
{
	if (config->max_body >= config->max_event)
		return true;
	*line = line_of(section, "max_body");
	if (*line == 0)
		*line = line_of(section, "max_event");
	buf_printf(fault,
		"max_body: a POST of %zu bytes cannot hold an event of %zu "
		"(max_event)",
		config->max_body, config->max_event);
	return false;
}

static bool end_inbox(const struct config_section *section,
	const struct config *config, int *line, struct buf *fault)
{
	struct config_inbox *inbox = section->target;

	/* Rows that stay are not all to be published by a new log. */
	if (!inbox->consume && line_of(section, "start") == 0)
		inbox->start_new = true;
	if (inbox->path == NULL) {
		*line = section->line;
		buf_printf(fault, "an inbox needs a path");
		return false;
	}
	for (const struct config_inbox *other = config->inboxes; other < inbox;
		other++) {
		if (strcmp(other->path, inbox->path) != 0)
			continue;
		*line = line_of(section, "path");
		buf_printf(fault, "path: inbox \"%s\" has this file already",
			other->name);
		return false;
	}
	return true;
}

bool config_section_end(struct config_section *section,
	const struct config *config, int *line, struct buf *fault)
{
	bool good = true;

	if (section->target == NULL)
		return true;
	if (section->table == &setting_sections[SETTING_RESPONDER])
		good = end_responder(section, config, line, fault);
	if (section->table == &setting_sections[SETTING_INBOX])
		good = end_inbox(section, config, line, fault);
	section->target = NULL;
	return good;
}

void config_section_inherit(struct config *config)
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
