/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "books.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

struct line {
	const char *at;
	size_t len;
};

struct event {
	uint64_t id;
	struct line type, data;
};

static uint64_t crc32_of(struct line data)
{
	static uint32_t table[256];
	uint32_t sum = ~UINT32_C(0);

	for (uint32_t i = 0; table[255] == 0 && i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] =
				table[i] >> 1 ^ (table[i] & 1 ? 0xEDB88320 : 0);
	}
	for (size_t i = 0; i < data.len; i++)
		sum = sum >> 8 ^ table[(sum ^ (uint8_t)data.at[i]) & 255];
	return ~sum;
}

void books_begin(struct books *books, struct cut cut)
{
	books->cut = cut;
	books->place = UNANSWERED;
	books->len = 0;
	books->bytes = books->events = 0;
}

static void enter(struct books *books, const struct event *event)
{
	if (!books->keep)
		return;
	if (books->count == books->room) {
		books->room = books->room * 2 + 1024;
		books->ids = realloc(books->ids, 8 * books->room);
		books->sums = realloc(books->sums, 8 * books->room);
		if (books->ids == NULL || books->sums == NULL)
			err(2, "books");
	}
	books->ids[books->count] = event->id;
	books->sums[books->count] = crc32_of(event->data);
}

/* The data of a numbered event: c<channel>/<number> ... */
static void follows(struct books *books, struct line data)
{
	char *end;
	unsigned long channel, number;

	if (data.len < 4 || data.at[0] != 'c')
		return;
	channel = strtoul(data.at + 1, &end, 10);
	if (*end != '/' || channel >= BOOKS_CHANNELS)
		return;
	data.at = end + 1;
	number = strtoul(data.at, &end, 10);
	if (end == data.at)
		errx(2, "books: an event without its number");
	if (books->next[channel] != 0 && books->next[channel] != number)
		books->breaks++;
	books->next[channel] = (uint32_t)number + 1;
}

static void published(struct books *books, const struct event *event)
{
	books->disorder +=
		event->id <= books->seen || event->id <= books->start;
	books->seen = event->id;
	enter(books, event);
	books->count++;
	follows(books, event->data);
	books->events++;
	if (books->place == HANDED_OVER && books->events > 3)
		books->place = LIVE;
}

static bool is(struct line line, const char *text)
{
	return line.len == strlen(text) && memcmp(line.at, text, line.len) == 0;
}

static void connected(struct books *books, const struct event *event)
{
	bool behind = memmem(event->data.at, event->data.len, "\"behind\":true",
			      13) != NULL;

	if (books->start == 0)
		books->start = event->id;
	books->place = behind ? REPLAYING : HANDED_OVER;
	books->events = 0;
}

/* False if the cut comes before it. */
static bool dispatch(struct books *books, const struct event *event)
{
	if (is(event->type, "connected") || is(event->type, "tidings")) {
		connected(books, event);
	} else if (is(event->type, "live")) {
		if (books->cut.at == CUT_BEFORE_LIVE)
			return false;
		books->place = HANDED_OVER;
		books->events = 0;
	} else if (is(event->type, "reset")) {
		books->resets++;
		memset(books->next, 0, sizeof(books->next));
	} else if (event->data.at != NULL) {
		published(books, event);
	}
	if (event->id != 0)
		books->last_id = event->id;
	return true;
}

static bool is_time(const struct books *books)
{
	switch (books->cut.at) {
	case CUT_EVENTS:
		return books->place != UNANSWERED &&
		       books->events >= books->cut.count;
	case CUT_AFTER_LIVE:
		return books->place >= HANDED_OVER &&
		       books->events >= books->cut.count;
	default:
		return false;
	}
}

static void no_line(struct line line)
{
	errx(2, "books: no line of a stream: %.*s", (int)line.len, line.at);
}

static uint64_t id_of(struct line line)
{
	char *end;
	uint64_t id = strtoull(line.at + 4 + (line.at[4] == '#'), &end, 10);

	if (end != line.at + line.len)
		no_line(line);
	return id;
}

static void field(struct event *event, struct line line)
{
	if (line.len > 4 && memcmp(line.at, "id: ", 4) == 0)
		event->id = id_of(line);
	else if (line.len > 7 && memcmp(line.at, "event: ", 7) == 0)
		event->type = (struct line){line.at + 7, line.len - 7};
	else if (line.len > 6 && memcmp(line.at, "data: ", 6) == 0)
		event->data = (struct line){line.at + 6, line.len - 6};
	else if (line.len > 0 && line.at[0] != ':' &&
		 !(line.len > 7 && memcmp(line.at, "retry: ", 7) == 0))
		no_line(line);
}

static struct event parse(const char *at, const char *end)
{
	struct event event = {0};

	while (at < end) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		field(&event, (struct line){at, (size_t)(eol - at)});
		at = eol + 1;
	}
	return event;
}

static void keep(struct books *books, const char *at, size_t len)
{
	while (books->len + len > books->size) {
		books->size = books->size * 2 + 4096;
		books->text = realloc(books->text, books->size);
		if (books->text == NULL)
			err(2, "books");
	}
	memcpy(books->text + books->len, at, len);
	books->len += len;
}

bool books_read(struct books *books, const char *at, size_t len)
{
	bool full = books->cut.at == CUT_BYTES &&
		    books->bytes + len >= books->cut.count;
	bool more = true;

	if (full)
		len = books->cut.count - books->bytes;
	books->bytes += (uint32_t)len;
	keep(books, at, len);
	char *from = books->text;
	char *end = books->text + books->len;
	char *blank;
	while (more && !is_time(books) &&
		(blank = memmem(from, (size_t)(end - from), "\n\n", 2))) {
		struct event event = parse(from, blank + 1);
		more = dispatch(books, &event);
		from = blank + 2;
	}
	books->len = (size_t)(end - from);
	memmove(books->text, from, books->len);
	return more && !full && !is_time(books);
}

void books_write(const struct books *books, FILE *file)
{
	fwrite(books->ids, 8, books->count, file);
	fwrite(books->sums, 8, books->count, file);
}

void books_release(struct books *books)
{
	free(books->ids);
	free(books->sums);
	free(books->text);
}
