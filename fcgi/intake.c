/*
 * intake - the FastCGI records of one request, until all of them are there
 *
 * Owns the bytes.  `looked` divides them: before it whole records in their
 * order, after it what is not yet a whole record.  BEGIN, PARAMS, STDIN come
 * in this order and each with the same id; an empty record ends PARAMS and
 * STDIN (FastCGI 1.0 sections 3.3, 3.4 and 5).
 */
#include <config.h>

#include "fcgi/intake.h"

#include <string.h>

enum {
	HEAD = 8,
	VERSION = 1,
	TYPE_BEGIN = 1,
	TYPE_PARAMS = 4,
	TYPE_STDIN = 5,
	ROLE_RESPONDER = 1,
};

struct record {
	unsigned type;
	uint16_t id;
	struct span content;
	size_t size; /* with head and padding */
};

void intake_init(struct intake *intake, size_t max_body)
{
	*intake = (struct intake){.max_body = max_body};
}

void intake_release(struct intake *intake)
{
	buf_release(&intake->records);
}

static enum intake_state refuse(struct intake *intake, const char *why)
{
	intake->why = why;
	return INTAKE_REFUSED;
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

static bool pairs_are_sound(struct span rest)
{
	size_t name, value;

	while (rest.len > 0) {
		if (!take_length(&rest, &name) || !take_length(&rest, &value))
			return false;
		if (name > rest.len || value > rest.len - name)
			return false;
		/* libfcgi makes C strings of them */
		if (memchr(rest.at, '\0', name + value) != NULL)
			return false;
		rest = span(rest.at + name + value, rest.len - name - value);
	}
	return true;
}

/* A pair may run over the border of two records: join them first. */
static bool params_are_sound(const struct intake *intake)
{
	struct buf joined = {0};
	struct record record;
	bool sound;

	for (size_t at = 0; at < intake->looked; at += record.size) {
		if (!record_at(&intake->records, at, &record))
			break;
		if (record.type == TYPE_PARAMS)
			buf_add_span(&joined, record.content);
	}
	sound = pairs_are_sound(buf_span(&joined));
	buf_release(&joined);
	return sound;
}

static enum intake_state look_begin(
	struct intake *intake, const struct record *record)
{
	if (record->type != TYPE_BEGIN || record->id == 0 ||
		record->content.len != HEAD)
		return refuse(intake, "does not begin a request");
	if (number((const unsigned char *)record->content.at) != ROLE_RESPONDER)
		return refuse(intake, "wants another role than responder");
	intake->id = record->id;
	intake->stage = INTAKE_PARAMS;
	return INTAKE_WANTS;
}

static enum intake_state look_params(
	struct intake *intake, const struct record *record)
{
	if (record->type != TYPE_PARAMS || record->id != intake->id)
		return refuse(intake, "a record among the parameters");
	intake->params += record->content.len;
	if (intake->params > INTAKE_PARAMS_MAX)
		return refuse(intake, "the parameters are too long");
	if (record->content.len > 0)
		return INTAKE_WANTS;
	if (!params_are_sound(intake))
		return refuse(intake, "a parameter with a false length");
	intake->stage = INTAKE_STDIN;
	return INTAKE_WANTS;
}

static void throw_away(struct intake *intake, size_t size)
{
	char *at = intake->records.at + intake->looked - size;

	memmove(at, at + size, intake->records.len - intake->looked);
	intake->records.len -= size;
	intake->looked -= size;
}

static enum intake_state end_here(struct intake *intake)
{
	const char end[HEAD] = {VERSION, TYPE_STDIN, (char)(intake->id >> 8),
		(char)(intake->id & 0xff)};

	intake->records.len = intake->looked;
	buf_add(&intake->records, end, sizeof(end));
	intake->looked += sizeof(end);
	return INTAKE_COMPLETE;
}

static enum intake_state look_stdin(
	struct intake *intake, const struct record *record)
{
	if (record->type != TYPE_STDIN || record->id != intake->id)
		return refuse(intake, "a record in the middle of the body");
	if (record->content.len == 0) {
		intake->records.len = intake->looked;
		return INTAKE_COMPLETE;
	}
	intake->body += record->content.len;
	if (intake->body <= intake->max_body)
		return INTAKE_WANTS;
	intake->too_long = true;
	throw_away(intake, record->size);
	if (intake->body - intake->max_body > INTAKE_EXCESS_MAX)
		return end_here(intake);
	return INTAKE_WANTS;
}

static enum intake_state look_at(
	struct intake *intake, const struct record *record)
{
	switch (intake->stage) {
	case INTAKE_BEGIN:
		return look_begin(intake, record);
	case INTAKE_PARAMS:
		return look_params(intake, record);
	case INTAKE_STDIN:
		return look_stdin(intake, record);
	}
	return INTAKE_REFUSED;
}

/* libfcgi 2.4.2 forgets the padding where another kind of record is due, and
 * takes what is in it for records, which nobody would have looked at. */
static void drop_padding(struct intake *intake, struct record *record)
{
	size_t size = HEAD + record->content.len;
	size_t padding = record->size - size;
	char *at = intake->records.at + intake->looked;
	size_t behind = intake->records.len - intake->looked - record->size;

	if (padding == 0)
		return;
	memmove(at + size, at + record->size, behind);
	at[6] = 0;
	intake->records.len -= padding;
	record->size = size;
}

enum intake_state intake_look(struct intake *intake)
{
	enum intake_state state = INTAKE_WANTS;
	struct record record;

	/* Told from the first byte, lest we wait for a record of nonsense. */
	if (intake->looked < intake->records.len &&
		intake->records.at[intake->looked] != VERSION)
		return refuse(intake, "speaks no FastCGI version 1");
	while (state == INTAKE_WANTS &&
		record_at(&intake->records, intake->looked, &record)) {
		if (intake->records.at[intake->looked] != VERSION)
			return refuse(intake, "speaks no FastCGI version 1");
		drop_padding(intake, &record);
		intake->looked += record.size;
		state = look_at(intake, &record);
	}
	return state;
}
