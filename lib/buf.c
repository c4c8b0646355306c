/* SPDX-License-Identifier: MIT */
/*
 * Room doubles, so that appending n bytes one by one moves O(n) bytes.
 */
#include <config.h>

#include "lib/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/lines.h"
#include "lib/log.h"

enum { SMALLEST = 64 };

void *mem_resize(void *memory, size_t size)
{
	void *moved = realloc(memory, size == 0 ? 1 : size);

	if (moved == NULL)
		log_fatalx(LINE_NO_MEMORY, size);
	return moved;
}

void *mem_new(size_t size)
{
	void *memory = calloc(1, size == 0 ? 1 : size);

	if (memory == NULL)
		log_fatalx(LINE_NO_MEMORY, size);
	return memory;
}

char *mem_text(struct span text)
{
	char *copy = mem_resize(NULL, text.len + 1);

	if (text.len > 0)
		memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	return copy;
}

void buf_release(struct buf *buf)
{
	free(buf->at);
	*buf = (struct buf){0};
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
}

void buf_grow(struct buf *buf, size_t more)
{
	size_t size = buf->size < SMALLEST ? SMALLEST : buf->size;

	if (more > SIZE_MAX / 2 - buf->len)
		log_fatalx(LINE_NO_MORE_MEMORY, more);
	while (size < buf->len + more)
		size *= 2;
	buf->at = mem_resize(buf->at, size);
	buf->size = size;
}

void buf_add(struct buf *buf, const void *at, size_t len)
{
	if (len == 0)
		return;
	memcpy(buf_reserve(buf, len), at, len);
	buf->len += len;
}

void buf_add_span(struct buf *buf, struct span text)
{
	buf_add(buf, text.at, text.len);
}

void buf_add_char(struct buf *buf, char c)
{
	*buf_reserve(buf, 1) = c;
	buf->len++;
}

void buf_add_number(struct buf *buf, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	buf_add(buf, digits + at, sizeof(digits) - at);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	char *at = buf_reserve(buf, SMALLEST);
	size_t room = buf->size - buf->len;
	int len;

	va_start(args, format);
	len = vsnprintf(at, room, format, args);
	va_end(args);
	assert(len >= 0);
	if ((size_t)len >= room) {
		at = buf_reserve(buf, (size_t)len + 1);
		va_start(args, format);
		vsnprintf(at, (size_t)len + 1, format, args);
		va_end(args);
	}
	buf->len += (size_t)len;
}

void buf_drop(struct buf *buf, size_t len)
{
	assert(len <= buf->len);
	if (len == 0)
		return;
	buf->len -= len;
	memmove(buf->at, buf->at + len, buf->len);
}
