/* SPDX-License-Identifier: MIT */
/*
 * inih sees one line at a time from next_line(), which counts them and keeps
 * the sections to itself: inih cuts a section's name after 49 bytes, and a line
 * after INI_MAX_LINE, without a word.
 */
#include <config.h>

#include "lib/config/config_file.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/config/config_section.h"
#include "lib/text.h"

struct loading {
	struct config *config;
	const char *path;
	FILE *file;
	char *text; /* the line as getline gave it */
	size_t room;
	int line;
	char *fault; /* the first one; ends the reading */
	int fault_line;
	struct config_section section;
};

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

static void end_section(struct loading *loading)
{
	struct buf why = {0};
	int line;

	if (loading->fault == NULL && !config_section_end(&loading->section,
					      loading->config, &line, &why))
		fault_at(loading, line, "%.*s", (int)why.len, why.at);
	buf_release(&why);
}

static void begin_section(struct loading *loading, const char *text)
{
	struct buf why = {0};

	end_section(loading);
	if (!config_section_begin(&loading->section, loading->config,
		    loading->line, text, &why))
		fault(loading, "%.*s", (int)why.len, why.at);
	buf_release(&why);
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
	/* what ends it, CR LF and NUL, has room beside it */
	if (strcspn(start, "\r\n") > (size_t)size - 3) {
		fault(loading, "the line is longer than %d bytes", size - 3);
		return NULL;
	}
	memcpy(out, start, (size_t)len + 1);
	return out;
}

static bool set(struct loading *loading, size_t index, const char *text)
{
	const struct setting *setting =
		&loading->section.table->settings[index];
	bool carried_on = isspace((unsigned char)loading->text[0]) != 0;
	bool list = setting->count != 0;
	struct buf why = {0};

	if (loading->section.lines[index] != 0 && !(carried_on && list))
		return fault(loading,
			carried_on ? "%s: only a list may continue in a line "
				     "that begins with space (line %d)"
				   : "%s has a value already, in line %d",
			setting->name, loading->section.lines[index]);
	if (loading->section.lines[index] == 0 && list)
		setting_clear(setting, loading->section.target);
	loading->section.lines[index] = loading->line;
	if (!setting->parse(setting, text, loading->section.target, &why))
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
	if (loading->section.table == NULL)
		return fault(loading, "\"%s\" stands before any section", name);
	for (size_t i = 0; i < loading->section.table->count; i++)
		if (strcmp(loading->section.table->settings[i].name, name) == 0)
			return set(loading, i, text);
	return fault(loading, "section [%s] has no key \"%s\"",
		loading->section.table->name, name);
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

static char *cannot_open(const char *path)
{
	struct buf text = {0};
	char *sentence;

	buf_printf(&text, "%s: %s", path, strerror(errno));
	sentence = mem_text(buf_span(&text));
	buf_release(&text);
	return sentence;
}

char *config_file_read(struct config *config, const char *path)
{
	struct loading loading = {.config = config, .path = path};

	loading.file = fopen(path, "re");
	if (loading.file == NULL)
		return cannot_open(path);
	read_file(&loading);
	fclose(loading.file);
	free(loading.text);
	return loading.fault;
}
