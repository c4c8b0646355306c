/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/config/config_section.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/config.h"
#include "lib/config/config_target.h"

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
	section->target = config_target(config, kind, name, fault);
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

static bool end_shared(const struct config_section *section,
	const struct config *config, int *line, struct buf *fault)
{
	const struct config_shared *shared = &config->shared;

	*line = section->line;
	if (shared->redis_count == 0)
		buf_printf(fault, "a shared order needs redis");
	else if (shared->user != NULL && shared->password_file == NULL)
		buf_printf(fault, "user needs a password_file");
	return fault->len == 0;
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

static bool end_keys(
	const struct config_section *section, int *line, struct buf *fault)
{
	struct config_keys *keys = section->target;

	*line = section->line;
	if (keys->file == NULL)
		buf_printf(fault, "keys need a file");
	else if (keys->algorithm_count == 0)
		buf_printf(fault, "keys need algorithms");
	else if (keys->grant_count == 0)
		buf_printf(fault, "keys need grants, of which there are none");
	else if (keys->oauth && keys->issuer == NULL)
		buf_printf(fault, "form = oauth needs an issuer");
	else if (keys->oauth && keys->audience == NULL)
		buf_printf(fault, "form = oauth needs an audience");
	keys->expiry_required |= keys->oauth;
	return fault->len == 0;
}

static bool end_access(
	const struct config_section *section, int *line, struct buf *fault)
{
	const struct config_access *access = section->target;

	*line = section->line;
	if (access->who_count == 0)
		buf_printf(fault, "access needs who has it");
	return access->who_count > 0;
}

bool config_section_end(struct config_section *section,
	const struct config *config, int *line, struct buf *fault)
{
	bool good = true;

	if (section->target == NULL)
		return true;
	if (section->table == &setting_sections[SETTING_RESPONDER])
		good = end_responder(section, config, line, fault);
	if (section->table == &setting_sections[SETTING_SHARED])
		good = end_shared(section, config, line, fault);
	if (section->table == &setting_sections[SETTING_INBOX])
		good = end_inbox(section, config, line, fault);
	if (section->table == &setting_sections[SETTING_KEYS])
		good = end_keys(section, line, fault);
	if (section->table == &setting_sections[SETTING_ACCESS])
		good = end_access(section, line, fault);
	section->target = NULL;
	return good;
}
