/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_VERB_LINE_BATCH_H
#define TIDINGS_CLIENT_VERB_LINE_BATCH_H
/*
 * line_batch - whole lines of the input that make one request
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

/* How many bytes at the beginning of the input are the next request: whole
 * lines, and at the input's end (`end`) also a last line without a newline.
 * *lines is how many lines that is. */
size_t line_batch_cut(const struct buf *input, bool end, uint64_t *lines);

/* Shall the next request go out now?  `fixed`: batches are cut at the same
 * lines whenever the same input is read, since each has a key of the user's;
 * otherwise what is there goes out, and more at once under load. */
bool line_batch_is_due(const struct buf *input, bool fixed);

#endif
