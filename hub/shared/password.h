/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_SHARED_PASSWORD_H
#define TIDINGS_HUB_SHARED_PASSWORD_H
/*
 * password - the password that a file has, for which nobody else may read it
 */
#include <stdbool.h>

#include "lib/buf.h"

enum { PASSWORD_MAX = 512 }; /* bytes */

/* Its first line, without the end of that.  False if the file will not do;
 * `fault` is a sentence then, which names it. */
bool password_read(struct buf *password, const char *path, struct buf *fault);

#endif
