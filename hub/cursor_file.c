/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/cursor_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hub/lines.h"
#include "hub/log/eventlog.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "lib/loop.h"

struct cursor_file {
	struct timers *timers;
	struct timer rest; /* until it may be written again */
	const struct eventlog *log;
	char *path, *draft; /* the draft becomes the file */
	uint64_t told;	    /* what it says; 0 = there was no write yet */
	bool failed;	    /* the last one did, and that was said */
};

static char *with_end(struct span stem, const char *end)
{
	struct buf path = {0};
	char *text;

	buf_add_span(&path, stem);
	buf_add_span(&path, span_of(end));
	text = mem_text(buf_span(&path));
	buf_release(&path);
	return text;
}

/* Whoever may go into the folder may read it, whatever the umask. */
static bool write_draft(const struct cursor_file *file, uint64_t id)
{
	int fd = open(file->draft,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	char text[24];
	int len = snprintf(text, sizeof(text), "%" PRIu64 "\n", id);
	bool good = fd >= 0 && fchmod(fd, 0644) == 0 &&
		    write(fd, text, (size_t)len) == len;

	if (fd >= 0)
		close(fd);
	return good;
}

/* Who has opened the one before goes on reading that.  The two change places,
 * since ext4 takes twenty times as long to put one in the place of another. */
static bool replace(const struct cursor_file *file, uint64_t id)
{
	unlink(file->draft);
	if (!write_draft(file, id))
		return false;
	if (renameat2(AT_FDCWD, file->draft, AT_FDCWD, file->path,
		    RENAME_EXCHANGE) == 0) {
		unlink(file->draft);
		return true;
	}
	/* There is none yet, or this file system knows no such thing. */
	return rename(file->draft, file->path) == 0;
}

static void write_file(struct cursor_file *file)
{
	bool good = replace(file, file->log->committed);

	if (!good && !file->failed)
		log_warn(LINE_CURSOR_FILE, file->path);
	file->failed = !good;
	file->told = file->log->committed;
	timer_set(file->timers, &file->rest, CURSOR_FILE_MS * 1000ull, 0);
}

static void on_rest(void *arg)
{
	cursor_file_step(arg);
}

void cursor_file_step(struct cursor_file *file)
{
	if (file->told != file->log->committed && !timer_is_set(&file->rest))
		write_file(file);
}

struct cursor_file *cursor_file_new(
	struct loop *loop, const struct eventlog *log, const char *socket)
{
	struct cursor_file *file = mem_new(sizeof(*file));
	struct span stem = span_of(socket), end = span_of(".sock");

	if (stem.len > end.len &&
		memcmp(stem.at + stem.len - end.len, end.at, end.len) == 0)
		stem.len -= end.len;
	file->timers = loop_timers(loop);
	file->log = log;
	file->path = with_end(stem, ".cursor");
	file->draft = with_end(stem, ".cursor.new");
	timer_init(&file->rest, on_rest, file);
	return file;
}

void cursor_file_free(struct cursor_file *file)
{
	if (file->told != file->log->committed)
		write_file(file);
	timer_stop(file->timers, &file->rest);
	free(file->path);
	free(file->draft);
	free(file);
}
