/* SPDX-License-Identifier: MIT */
/*
 * Owns the bytes.  `looked` divides them: before it whole records in their
 * order, after it what is not yet a whole record.  BEGIN, PARAMS, STDIN come
 * in this order and each with the same id; an empty record ends PARAMS and
 * STDIN (FastCGI 1.0 sections 3.3, 3.4 and 5).
 */
#include <config.h>

#include "fcgi/http/intake.h"

#include <string.h>

enum {
	HEAD = 8,
	VERSION = 1,
	TYPE_BEGIN = 1,
	ROLE_RESPONDER = 1,
	KEEP_CONN = 1,
};

struct record {
	unsigned type;
	uint16_t id;
	struct span content;
	size_t size; /* with head and padding */
};

void assembler_init(struct assembler *assembler, size_t max_body)
{
	*assembler = (struct assembler){.max_body = max_body};
}

void assembler_release(struct assembler *assembler)
{
	buf_release(&assembler->records);
}

static enum assembler_state refuse(struct assembler *assembler, const char *why)
{
	assembler->why = why;
	return ASSEMBLER_REFUSED;
}

static size_t number(const unsigned char *at)
{
	return (size_t)at[0] << 8 | at[1];
}

/* False if the bytes at `offset` are not yet a whole record. */
static bool record_at(
	const struct buf *records, size_t offset, struct record *record)
{
	size_t have = records->len - offset;
	const unsigned char *at;
	size_t content;

	if (have < HEAD)
		return false;
	at = (const unsigned char *)records->at + offset;
	content = number(at + 4);
	*record = (struct record){
		.type = at[1],
		.id = (uint16_t)number(at + 2),
		.content = span(at + HEAD, content),
		.size = HEAD + content + at[6],
	};
	return have >= record->size;
}

bool assembler_next(const struct assembler *assembler, enum intake_type type,
	size_t *at, struct span *content)
{
	struct record record;

	while (*at < assembler->looked &&
		record_at(&assembler->records, *at, &record)) {
		*at += record.size;
		*content = record.content;
		if (record.type == type)
			return true;
	}
	return false;
}

/* One length of a name-value pair (FastCGI 1.0 section 3.4). */
static bool take_length(struct span *rest, size_t *length)
{
	const unsigned char *at = (const unsigned char *)rest->at;
	size_t size = rest->len > 0 && at[0] >> 7 ? 4 : 1;

	if (rest->len < size)
		return false;
	*length = at[0];
	if (size == 4)
		*length = (size_t)(at[0] & 0x7f) << 24 | (size_t)at[1] << 16 |
			  (size_t)at[2] << 8 | at[3];
	*rest = span(rest->at + size, rest->len - size);
	return true;
}

bool intake_pair(struct span *rest, struct span *name, struct span *value)
{
	size_t first, second;

	if (!take_length(rest, &first) || !take_length(rest, &second))
		return false;
	if (first > rest->len || second > rest->len - first)
		return false;
	*name = span(rest->at, first);
	*value = span(rest->at + first, second);
	*rest = span(rest->at + first + second, rest->len - first - second);
	/* C strings are made of them. */
	return memchr(name->at, '\0', first + second) == NULL;
}

static bool pairs_are_sound(struct span rest)
{
	struct span name, value;

	while (rest.len > 0)
		if (!intake_pair(&rest, &name, &value))
			return false;
	return true;
}

/* A pair may run over the border of two records: join them first. */
static bool params_are_sound(const struct assembler *assembler)
{
	struct buf joined = {0};
	struct span content;
	size_t at = 0;
	bool sound;

	while (assembler_next(assembler, INTAKE_PARAMS, &at, &content))
		if (content.len == assembler->params)
			return pairs_are_sound(content);
		else
			buf_add_span(&joined, content);
	sound = pairs_are_sound(buf_span(&joined));
	buf_release(&joined);
	return sound;
}

static enum assembler_state look_begin(
	struct assembler *assembler, const struct record *record)
{
	if (record->type != TYPE_BEGIN || record->id == 0 ||
		record->content.len != HEAD)
		return refuse(assembler, "does not begin a request");
	if (number((const unsigned char *)record->content.at) != ROLE_RESPONDER)
		return refuse(assembler, "wants another role than responder");
	assembler->id = record->id;
	assembler->keep = (record->content.at[2] & KEEP_CONN) != 0;
	assembler->stage = ASSEMBLER_PARAMS;
	return ASSEMBLER_WANTS;
}

static enum assembler_state look_params(
	struct assembler *assembler, const struct record *record)
{
	if (record->type != INTAKE_PARAMS || record->id != assembler->id)
		return refuse(assembler, "a record among the parameters");
	assembler->params += record->content.len;
	if (assembler->params > ASSEMBLER_PARAMS_MAX)
		return refuse(assembler, "the parameters are too long");
	if (record->content.len > 0)
		return ASSEMBLER_WANTS;
	if (!params_are_sound(assembler))
		return refuse(assembler, "a parameter with a false length");
	assembler->stage = ASSEMBLER_STDIN;
	return ASSEMBLER_WANTS;
}

static void throw_away(struct assembler *assembler, size_t size)
{
	char *at = assembler->records.at + assembler->looked - size;

	memmove(at, at + size, assembler->records.len - assembler->looked);
	assembler->records.len -= size;
	assembler->looked -= size;
}

static enum assembler_state end_here(struct assembler *assembler)
{
	const char end[HEAD] = {VERSION, INTAKE_STDIN,
		(char)(assembler->id >> 8), (char)(assembler->id & 0xff)};

	assembler->keep = false;
	assembler->records.len = assembler->looked;
	buf_add(&assembler->records, end, sizeof(end));
	assembler->looked += sizeof(end);
	return ASSEMBLER_COMPLETE;
}

static enum assembler_state look_stdin(
	struct assembler *assembler, const struct record *record)
{
	if (record->type != INTAKE_STDIN || record->id != assembler->id)
		return refuse(assembler, "a record in the middle of the body");
	if (record->content.len == 0) {
		assembler->keep &= assembler->records.len == assembler->looked;
		assembler->records.len = assembler->looked;
		return ASSEMBLER_COMPLETE;
	}
	assembler->body += record->content.len;
	if (assembler->body <= assembler->max_body)
		return ASSEMBLER_WANTS;
	assembler->too_long = true;
	throw_away(assembler, record->size);
	if (assembler->body - assembler->max_body > ASSEMBLER_EXCESS_MAX)
		return end_here(assembler);
	return ASSEMBLER_WANTS;
}

static enum assembler_state look_at(
	struct assembler *assembler, const struct record *record)
{
	switch (assembler->stage) {
	case ASSEMBLER_BEGIN:
		return look_begin(assembler, record);
	case ASSEMBLER_PARAMS:
		return look_params(assembler, record);
	case ASSEMBLER_STDIN:
		return look_stdin(assembler, record);
	}
	return ASSEMBLER_REFUSED;
}

/* A byte of a body may come with 255 of padding: it is not kept. */
static void drop_padding(struct assembler *assembler, struct record *record)
{
	size_t size = HEAD + record->content.len;
	size_t padding = record->size - size;
	char *at = assembler->records.at + assembler->looked;
	size_t behind =
		assembler->records.len - assembler->looked - record->size;

	if (padding == 0)
		return;
	memmove(at + size, at + record->size, behind);
	at[6] = 0;
	assembler->records.len -= padding;
	record->size = size;
}

enum assembler_state assembler_look(struct assembler *assembler)
{
	enum assembler_state state = ASSEMBLER_WANTS;
	struct record record;

	/* Told from the first byte, lest we wait for a record of nonsense. */
	if (assembler->looked < assembler->records.len &&
		assembler->records.at[assembler->looked] != VERSION)
		return refuse(assembler, "speaks no FastCGI version 1");
	while (state == ASSEMBLER_WANTS &&
		record_at(&assembler->records, assembler->looked, &record)) {
		if (assembler->records.at[assembler->looked] != VERSION)
			return refuse(assembler, "speaks no FastCGI version 1");
		drop_padding(assembler, &record);
		assembler->looked += record.size;
		state = look_at(assembler, &record);
	}
	return state;
}
