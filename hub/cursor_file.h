/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_CURSOR_FILE_H
#define TIDINGS_HUB_CURSOR_FILE_H
/*
 * cursor_file - where the log is, in a file beside the hub's socket
 *
 * For applications of this machine, which read it before they render a page
 * that then listens from there: digits and a newline, whole whenever it is
 * opened, never ahead of what is committed, and behind it for CURSOR_FILE_MS at
 * most.  It stays where it is when the hub ends: what it says stays true.
 */
#include <stdbool.h>

enum {
	CURSOR_FILE_MS = 50, /* between two writes: one costs a quarter of what
				a lone event does */
};

struct cursor_file;
struct eventlog;
struct loop;

/* Beside the socket of that path, named after it: hub.sock, hub.cursor. */
struct cursor_file *cursor_file_new(
	struct loop *loop, const struct eventlog *log, const char *socket);
void cursor_file_free(struct cursor_file *file);

/* Once a turn, when all have been told what was committed: nobody waits for the
 * file.  Nearly nothing if nothing has changed. */
void cursor_file_step(struct cursor_file *file);

#endif
