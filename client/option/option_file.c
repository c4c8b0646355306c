/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/option/option_file.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"

struct reading {
	const char *path;
	FILE *file;
	int line;
	option_key *key;
	enum exit_status exit_status;
};

static char *wrong(struct reading *reading, const char *what)
{
	reading->exit_status = fail(
		EXIT_USAGE, "%s:%d: %s", reading->path, reading->line, what);
	return NULL;
}

/* As fgets() does, but a NUL byte, which would end the line for everybody
 * behind it, is told: -1.  Else how long it is, 0 at the end. */
static int read_line(char *out, int size, FILE *file)
{
	bool whole = true;
	int len = 0, c = 0;

	while (len < size - 1 && c != '\n' && (c = getc(file)) != EOF) {
		whole = whole && c != '\0';
		out[len++] = (char)c;
	}
	out[len] = '\0';
	return whole ? len : -1;
}

/* inih's fgets; it counts the lines, which Debian's handler is not told. */
static char *next_line(char *out, int size, void *arg)
{
	struct reading *reading = arg;
	int len;

	if (reading->exit_status != EXIT_OK)
		return NULL;
	reading->line++;
	len = read_line(out, size, reading->file);
	if (len < 0)
		return wrong(reading, "the line has a NUL byte");
	if (ferror(reading->file)) {
		reading->exit_status =
			fail_errno(EXIT_USAGE, "%s", reading->path);
		return NULL;
	}
	if (len == size - 1 && out[len - 1] != '\n')
		return wrong(reading, "the line is longer than 198 bytes; a "
				      "flag or the environment may hold more");
	return len > 0 ? out : NULL;
}

static int on_key(
	void *arg, const char *section, const char *name, const char *text)
{
	struct reading *reading = arg;
	struct buf place = {0};

	buf_printf(&place, "%s:%d", reading->path, reading->line);
	buf_add_char(&place, '\0');
	if (reading->exit_status == EXIT_OK)
		reading->exit_status =
			reading->key(section, name, text, place.at);
	buf_release(&place);
	return reading->exit_status == EXIT_OK;
}

static enum exit_status read_file(const char *path, option_key *key, bool must)
{
	struct reading reading = {.path = path, .key = key};
	int error;

	reading.file = fopen(path, "re");
	if (reading.file == NULL)
		return must ? fail_errno(EXIT_USAGE, "%s", path) : EXIT_OK;
	error = ini_parse_stream(next_line, &reading, on_key, &reading);
	fclose(reading.file);
	if (reading.exit_status == EXIT_OK && error != 0)
		return fail(EXIT_USAGE, "%s:%d: expected name = value", path,
			error);
	return reading.exit_status;
}

enum exit_status option_file(const char *path, option_key *key)
{
	const char *folder = getenv("XDG_CONFIG_HOME");
	bool own = folder != NULL && folder[0] == '/';
	enum exit_status exit_status;
	struct buf name = {0};

	if (path != NULL)
		return read_file(path, key, true);
	if (!own)
		folder = getenv("HOME");
	if (folder == NULL)
		return EXIT_OK;
	buf_printf(&name, "%s%s/tidings/client.conf", folder,
		own ? "" : "/.config");
	buf_add_char(&name, '\0');
	exit_status = read_file(name.at, key, false);
	buf_release(&name);
	return exit_status;
}
