/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "framing.h"

#include <ctype.h>
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD = 8, END_REQUEST = 3, STDOUT = 6, STDERR = 7 };

void framing_begin(struct framing *framing, enum framing_kind kind)
{
	framing->kind = kind;
	framing->phase = SIZE;
	framing->left = framing->size = 0;
	framing->headed = framing->ended = framing->whole = false;
	framing->head_len = 0;
}

static bool is_good(const struct framing *framing)
{
	if (framing->kind == FRAMING_FCGI)
		return memmem(framing->head, framing->head_len, "Status: 200",
			       11) != NULL;
	return framing->head_len > 12 &&
	       memcmp(framing->head + 8, " 200", 4) == 0;
}

/* What was complete before the web server began to pass it on has a length. */
static void look_for_length(struct framing *framing)
{
	static const char name[] = "\r\nContent-Length: ";
	const char *at = memmem(
		framing->head, framing->head_len, name, sizeof(name) - 1);

	if (framing->kind != FRAMING_HTTP || at == NULL)
		return;
	framing->whole = true;
	framing->phase = CONTENT;
	framing->left = strtoul(at + sizeof(name) - 1, NULL, 10);
	framing->after = 0;
	framing->ended = framing->left == 0;
}

/* Returns how many bytes belong to the head; 0 is a fault. */
static size_t take_head(struct framing *framing, const char *at, size_t len)
{
	size_t had = framing->head_len;
	size_t room = FRAMING_HEAD - had;

	if (len > room)
		len = room;
	memcpy(framing->head + had, at, len);
	char *end = memmem(framing->head, had + len, "\r\n\r\n", 4);
	if (end == NULL) {
		framing->head_len += len;
		return len;
	}
	framing->head_len = (size_t)(end - framing->head) + 4;
	framing->headed = is_good(framing);
	look_for_length(framing);
	return framing->headed ? framing->head_len - had : 0;
}

static bool content(
	struct framing *framing, void *arg, const char *at, size_t len)
{
	if (framing->kind == FRAMING_FCGI && framing->type != STDOUT)
		return true;
	while (!framing->headed && len > 0) {
		size_t taken = take_head(framing, at, len);
		if (taken == 0)
			return false;
		at += taken;
		len -= taken;
	}
	return len == 0 || framing_body(arg, at, len);
}

/* "1f4\r\n", whose bytes may come one by one. */
static size_t chunk_size(struct framing *framing, const char *at, size_t len)
{
	size_t used = 0;

	while (used < len) {
		char byte = at[used++];
		if (byte == '\n') {
			framing->phase = CONTENT;
			framing->after = 2;
			framing->ended = framing->size == 0;
			framing->left = framing->size;
			framing->size = 0;
			break;
		}
		if (byte != '\r') {
			char digit[2] = {byte, '\0'};
			if (!isxdigit((unsigned char)byte))
				errx(2, "framing: no chunk size: byte %02x",
					byte & 0xff);
			framing->size =
				framing->size * 16 + strtoul(digit, NULL, 16);
		}
	}
	return used;
}

static size_t record_size(struct framing *framing, const char *at, size_t len)
{
	size_t used = RECORD - framing->left;
	const uint8_t *record = framing->record;

	if (used > len)
		used = len;
	memcpy(framing->record + framing->left, at, used);
	framing->left += used;
	if (framing->left < RECORD)
		return used;
	if (record[0] != 1 || (record[1] != STDOUT && record[1] != STDERR &&
				      record[1] != END_REQUEST))
		errx(2, "framing: no record: version %u, type %u", record[0],
			record[1]);
	framing->type = record[1];
	framing->ended = record[1] == END_REQUEST;
	framing->phase = CONTENT;
	framing->left = (size_t)(record[4] << 8 | record[5]);
	framing->after = record[6];
	return used;
}

static size_t size_of_next(struct framing *framing, const char *at, size_t len)
{
	return framing->kind == FRAMING_HTTP ? chunk_size(framing, at, len)
					     : record_size(framing, at, len);
}

static void step(struct framing *framing)
{
	if (framing->phase == CONTENT && framing->left == 0) {
		framing->phase = TAIL;
		framing->left = framing->after;
	}
	if (framing->phase == TAIL && framing->left == 0) {
		framing->ended |= framing->whole;
		framing->phase = SIZE;
		framing->size = 0;
	}
}

bool framing_take(
	struct framing *framing, void *arg, const char *at, size_t len)
{
	while (framing->kind == FRAMING_HTTP && !framing->headed && len > 0) {
		size_t taken = take_head(framing, at, len);
		if (taken == 0)
			return false;
		at += taken;
		len -= taken;
	}
	while (len > 0 && !framing->ended) {
		size_t used = framing->left < len ? framing->left : len;
		if (framing->phase == SIZE)
			used = size_of_next(framing, at, len);
		else if (framing->phase == CONTENT &&
			 !content(framing, arg, at, used))
			return false;
		else
			framing->left -= used;
		step(framing);
		at += used;
		len -= used;
	}
	return true;
}

static size_t put_record(char *out, uint8_t type, const char *body, size_t len)
{
	uint8_t head[RECORD] = {
		1, type, 0, 1, (uint8_t)(len >> 8), (uint8_t)len, 0, 0};

	memcpy(out, head, RECORD);
	memcpy(out + RECORD, body, len);
	return RECORD + len;
}

static size_t put_length(char *out, size_t len)
{
	uint8_t four[4] = {(uint8_t)(0x80 | len >> 24), (uint8_t)(len >> 16),
		(uint8_t)(len >> 8), (uint8_t)len};

	memcpy(out, four, 4);
	return 4;
}

static size_t put_pair(char *out, const char *name, const char *value)
{
	size_t at = put_length(out, strlen(name));

	at += put_length(out + at, strlen(value));
	memcpy(out + at, name, strlen(name));
	at += strlen(name);
	memcpy(out + at, value, strlen(value));
	return at + strlen(value);
}

static const char browser[] = "Mozilla/5.0";

static bool is_mercure(const char *target)
{
	return strstr(target, "/.well-known/mercure?") != NULL;
}

static size_t fcgi_request(char *out, const char *target, const char *last_id)
{
	static const char begin[8] = {0, 1};
	char pairs[2048];
	char path[512];
	const char *query = strchrnul(target, '?');
	size_t len = 0;

	snprintf(path, sizeof(path), "%.*s", (int)(query - target), target);
	len += put_pair(pairs + len, "REQUEST_METHOD", "GET");
	len += put_pair(pairs + len, "REQUEST_URI", target);
	len += put_pair(pairs + len, "SCRIPT_NAME", "");
	len += put_pair(pairs + len, "PATH_INFO", path);
	len += put_pair(
		pairs + len, "QUERY_STRING", *query == '?' ? query + 1 : "");
	len += put_pair(pairs + len, "SERVER_PROTOCOL", "HTTP/1.1");
	len += put_pair(pairs + len, "REMOTE_ADDR", "127.0.0.1");
	len += put_pair(pairs + len, "HTTP_ACCEPT", "text/event-stream");
	if (is_mercure(target)) {
		len += put_pair(pairs + len, "HTTP_USER_AGENT", browser);
		len += put_pair(pairs + len, "HTTP_CACHE_CONTROL", "no-cache");
	}
	if (last_id[0] != '\0')
		len += put_pair(pairs + len, "HTTP_LAST_EVENT_ID", last_id);
	size_t at = put_record(out, 1, begin, sizeof(begin));
	at += put_record(out + at, 4, pairs, len);
	at += put_record(out + at, 4, "", 0);
	return at + put_record(out + at, 5, "", 0);
}

size_t framing_request(char *out, size_t size, enum framing_kind kind,
	const char *target, uint64_t last_id)
{
	char id[24] = "";

	if (last_id > 0)
		snprintf(id, sizeof(id), "%s%" PRIu64,
			is_mercure(target) ? "#" : "", last_id);
	if (kind == FRAMING_FCGI)
		return fcgi_request(out, target, id);
	return (size_t)snprintf(out, size,
		"GET %s HTTP/1.1\r\nHost: localhost\r\n"
		"Accept: text/event-stream\r\n"
		"Cache-Control: no-cache\r\nUser-Agent: %s\r\n%s%s%s\r\n",
		target, browser, last_id > 0 ? "Last-Event-ID: " : "", id,
		last_id > 0 ? "\r\n" : "");
}
