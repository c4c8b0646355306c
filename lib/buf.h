/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_BUF_H
#define TIDINGS_LIB_BUF_H
/*
 * buf - bytes that grow, and memory that is never NULL
 *
 * All zero is a valid empty buf.  Memory that cannot be had ends the process
 * with one log line: each daemon's supervisor starts a new one, and no caller
 * has a path that nobody ever tests.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/span.h"

struct buf {
	char *at;
	size_t len;  /* bytes in use */
	size_t size; /* bytes there is room for */
};

void buf_release(struct buf *buf); /* back to empty, memory returned */
void buf_clear(struct buf *buf);   /* empty, memory kept */

/* Moves to where there is room for `more` further bytes. */
void buf_grow(struct buf *buf, size_t more);
/* Makes room for `more` further bytes and returns where they go; the caller
 * writes them and moves `len` itself. */
static inline char *buf_reserve(struct buf *buf, size_t more)
{
	if (buf->at == NULL || more > buf->size - buf->len)
		buf_grow(buf, more);
	return buf->at + buf->len;
}

void buf_add(struct buf *buf, const void *at, size_t len);
void buf_add_span(struct buf *buf, struct span text);
static inline void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}
void buf_add_char(struct buf *buf, char c);
/* In decimal digits. */
void buf_add_number(struct buf *buf, uint64_t number);
void buf_printf(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Removes the first `len` bytes (len <= buf->len). */
void buf_drop(struct buf *buf, size_t len);

/* Borrows; valid until the next change of `buf`. */
static inline struct span buf_span(const struct buf *buf)
{
	return span(buf->at, buf->len);
}

/* Zeroed memory of `size` bytes, freed with free(). */
void *mem_new(size_t size);
void *mem_resize(void *memory, size_t size);
/* A terminated copy of `text`, freed with free(). */
char *mem_text(struct span text);

#endif
