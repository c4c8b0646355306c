/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_VERB_CURSOR_H
#define TIDINGS_CLIENT_VERB_CURSOR_H
/*
 * cursor - the last id that was dealt with, in a file
 *
 * The file has one line: the id.  A rename replaces it, so that it holds the
 * old id or the new one whatever kills the program.  It is not fsynced: after a
 * power cut it may be some events old, and these come again.
 */
#include "client/exit_status.h"
#include "lib/buf.h"
#include "lib/span.h"

struct cursor {
	const char *path; /* borrowed; NULL = kept in memory only */
	struct buf id;	  /* empty = none yet */
	struct buf draft; /* the name that is renamed to `path` */
};

/* Reads the file, which need not be there, and tries whether it can be
 * written. */
enum exit_status cursor_open(struct cursor *cursor, const char *path);
void cursor_close(struct cursor *cursor);
/* Replaces the id, in the file too; else EXIT_FILE after a sentence. */
enum exit_status cursor_move(struct cursor *cursor, struct span id);

#endif
