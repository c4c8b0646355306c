/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/verb/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/text.h"

enum { ID_MAX = 64 }; /* bytes of a cursor file that are looked at */

static enum exit_status cannot(const struct cursor *cursor, const char *what)
{
	return fail_errno(EXIT_FILE, "cursor file %s: %s", cursor->path, what);
}

static enum exit_status write_draft(struct cursor *cursor, struct span id)
{
	char line[ID_MAX + 1];
	int len = snprintf(line, sizeof(line), "%.*s\n", (int)id.len, id.at);
	int fd = open(cursor->draft.at,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	ssize_t wrote;

	if (fd < 0)
		return cannot(cursor, "cannot be written");
	errno = ENOSPC; /* what a short write means */
	wrote = write(fd, line, (size_t)len);
	if (close(fd) < 0 || wrote != len)
		return cannot(cursor, "cannot be written");
	return EXIT_OK;
}

enum exit_status cursor_move(struct cursor *cursor, struct span id)
{
	enum exit_status exit_status = EXIT_OK;

	if (span_equal(id, buf_span(&cursor->id)))
		return EXIT_OK;
	if (cursor->path != NULL) {
		exit_status = write_draft(cursor, id);
		if (exit_status == EXIT_OK &&
			rename(cursor->draft.at, cursor->path) < 0)
			exit_status = cannot(cursor, "cannot be replaced");
	}
	if (exit_status == EXIT_OK) {
		buf_clear(&cursor->id);
		buf_add_span(&cursor->id, id);
	}
	return exit_status;
}

static enum exit_status read_id(struct cursor *cursor, int fd)
{
	char text[ID_MAX];
	ssize_t len = read(fd, text, sizeof(text));
	uint64_t number;

	if (len < 0)
		return cannot(cursor, "cannot be read");
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	/* What a power cut may leave of it on some file systems.  To take that
	 * for "from now on" would lose events without a word. */
	if (len == 0)
		return fail(EXIT_FILE,
			"cursor file %s: the file is empty; remove it to start "
			"with new events",
			cursor->path);
	if (!text_to_u64(span(text, (size_t)len), &number))
		return fail(EXIT_FILE,
			"cursor file %s: the file does not hold the id of an "
			"event",
			cursor->path);
	buf_add(&cursor->id, text, (size_t)len);
	return EXIT_OK;
}

/* A cursor that cannot be written must stop us before the first event. */
static enum exit_status try_writing(struct cursor *cursor)
{
	enum exit_status exit_status =
		write_draft(cursor, buf_span(&cursor->id));

	if (exit_status == EXIT_OK)
		unlink(cursor->draft.at);
	return exit_status;
}

enum exit_status cursor_open(struct cursor *cursor, const char *path)
{
	enum exit_status exit_status = EXIT_OK;
	int fd;

	*cursor = (struct cursor){.path = path};
	if (path == NULL)
		return EXIT_OK;
	buf_printf(&cursor->draft, "%s.new", path);
	buf_add_char(&cursor->draft, '\0');
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		return cannot(cursor, "cannot be read");
	if (fd >= 0) {
		exit_status = read_id(cursor, fd);
		close(fd);
	}
	return exit_status == EXIT_OK ? try_writing(cursor) : exit_status;
}

void cursor_close(struct cursor *cursor)
{
	buf_release(&cursor->id);
	buf_release(&cursor->draft);
}
