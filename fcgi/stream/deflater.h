/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_STREAM_DEFLATER_H
#define TIDINGS_FCGI_STREAM_DEFLATER_H
/*
 * deflater - zlib, as far as it is needed here
 *
 * A module, which is opened only where streams are to be compressed: without
 * that nobody has zlib in his memory.
 */
#include <stddef.h>

struct buf;

/* What the module has. */
struct deflater {
	size_t size;	     /* of this */
	const char *version; /* of Tidings */
	/* Some 256 KiB; NULL if they cannot be had. */
	void *(*begin)(void);
	void (*end)(void *state);
	/* No piece of so many bytes becomes longer than this. */
	size_t (*most)(void *state, size_t len);
	/* Deflates `from` by itself: blocks of RFC 1951 that refer to nothing
	 * before them, none of them the last one, and that end with a byte.
	 * `room` is at least most(len); returns the bytes written. */
	size_t (*piece)(void *state, const void *from, size_t len, void *to,
		size_t room);
};

/* NULL if it cannot be opened, and `fault` then says why. */
const struct deflater *deflater_open(struct buf *fault);

#endif
