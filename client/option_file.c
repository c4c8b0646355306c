#include <config.h>

#include "client/option_file.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"

struct reading {
	const char *path;
	FILE *file;
	int line;
	option_key *key;
	enum outcome outcome;
};

/* inih's fgets; it counts the lines, which Debian's handler is not told. */
static char *next_line(char *out, int size, void *arg)
{
	struct reading *reading = arg;

	reading->line++;
	if (reading->outcome != OUT_OK ||
		fgets(out, size, reading->file) == NULL)
		return NULL;
	if (strlen(out) == (size_t)size - 1 && out[size - 2] != '\n') {
		reading->outcome = fail(OUT_USAGE,
			"%s:%d: a line has at most %d bytes; the environment "
			"or a flag may be longer",
			reading->path, reading->line, size - 2);
		return NULL;
	}
	return out;
}

static int on_key(
	void *arg, const char *section, const char *name, const char *text)
{
	struct reading *reading = arg;
	struct buf place = {0};

	buf_printf(&place, "%s:%d", reading->path, reading->line);
	buf_add_char(&place, '\0');
	if (reading->outcome == OUT_OK)
		reading->outcome = reading->key(section, name, text, place.at);
	buf_release(&place);
	return reading->outcome == OUT_OK;
}

static enum outcome read_file(const char *path, option_key *key, bool must)
{
	struct reading reading = {.path = path, .key = key};
	int error;

	reading.file = fopen(path, "re");
	if (reading.file == NULL)
		return must ? fail_errno(OUT_USAGE, "%s", path) : OUT_OK;
	error = ini_parse_stream(next_line, &reading, on_key, &reading);
	fclose(reading.file);
	if (reading.outcome == OUT_OK && error != 0)
		return fail(OUT_USAGE, "%s:%d: a line reads name = value", path,
			error);
	return reading.outcome;
}

enum outcome option_file(const char *path, option_key *key)
{
	const char *folder = getenv("XDG_CONFIG_HOME");
	bool own = folder != NULL && folder[0] == '/';
	enum outcome outcome;
	struct buf name = {0};

	if (path != NULL)
		return read_file(path, key, true);
	if (!own)
		folder = getenv("HOME");
	if (folder == NULL)
		return OUT_OK;
	buf_printf(&name, "%s%s/tidings/client.conf", folder,
		own ? "" : "/.config");
	buf_add_char(&name, '\0');
	outcome = read_file(name.at, key, false);
	buf_release(&name);
	return outcome;
}
