/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/redis_reply.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
	PIECE = 256 << 10, /* one of these is kept */
	ALIGN = alignof(max_align_t),
};

struct piece {
	struct piece *next;
	size_t size;
	alignas(max_align_t) char room[];
};

/* ---- room */

static bool add_piece(struct replies *replies, size_t size)
{
	struct piece *piece;

	if (size < PIECE)
		size = PIECE;
	piece = calloc(1, sizeof(*piece) + size);
	if (piece == NULL)
		return false;
	piece->size = size;
	piece->next = replies->pieces;
	replies->pieces = piece;
	replies->at = piece->room;
	replies->end = piece->room + size;
	replies->clean = true;
	return true;
}

/* All zero; NULL if there is no memory. */
static void *take(struct replies *replies, size_t size)
{
	void *taken;

	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	if ((size_t)(replies->end - replies->at) < size &&
		!add_piece(replies, size))
		return NULL;
	taken = replies->at;
	replies->at += size;
	if (!replies->clean)
		memset(taken, 0, size);
	return taken;
}

/* The answer before is done with. */
static void reuse(struct replies *replies)
{
	struct piece *piece, *kept = NULL;

	while ((piece = replies->pieces) != NULL) {
		replies->pieces = piece->next;
		if (kept == NULL && piece->size == PIECE)
			kept = piece;
		else
			free(piece);
	}
	replies->pieces = kept;
	if (kept != NULL)
		kept->next = NULL;
	replies->at = kept == NULL ? NULL : kept->room;
	replies->end = kept == NULL ? NULL : kept->room + kept->size;
	replies->clean = false;
}

/* ---- what hiredis asks for */

static redisReply *make(const redisReadTask *task, int type)
{
	struct replies *replies = task->privdata;
	redisReply *reply, *parent;

	if (task->parent == NULL)
		reuse(replies);
	reply = take(replies, sizeof(*reply));
	if (reply == NULL)
		return NULL;
	reply->type = type;
	if (task->parent != NULL) {
		parent = task->parent->obj;
		parent->element[task->idx] = reply;
	}
	return reply;
}

static void *make_text(const redisReadTask *task, char *text, size_t len)
{
	redisReply *reply = make(task, task->type);

	if (reply == NULL)
		return NULL;
	reply->str = take(task->privdata, len + 1);
	if (reply->str == NULL)
		return NULL;
	memcpy(reply->str, text, len);
	reply->len = len;
	return reply;
}

#if HIREDIS_MAJOR >= 1
static void *make_list(const redisReadTask *task, size_t count)
#else
static void *make_list(const redisReadTask *task, int count)
#endif
{
	redisReply *reply = make(task, task->type);

	if (reply == NULL)
		return NULL;
	if (count > 0) {
		reply->element = take(task->privdata,
			(size_t)count * sizeof(*reply->element));
		if (reply->element == NULL)
			return NULL;
	}
	reply->elements = (size_t)count;
	return reply;
}

static void *make_number(const redisReadTask *task, long long value)
{
	redisReply *reply = make(task, REDIS_REPLY_INTEGER);

	if (reply != NULL)
		reply->integer = value;
	return reply;
}

static void *make_nil(const redisReadTask *task)
{
	return make(task, REDIS_REPLY_NIL);
}

#if HIREDIS_MAJOR >= 1
/* Not asked for; a stranger may send them. */
static void *make_double(
	const redisReadTask *task, double value, char *text, size_t len)
{
	(void)value;
	return make_text(task, text, len);
}

static void *make_bool(const redisReadTask *task, int value)
{
	redisReply *reply = make(task, task->type);

	if (reply != NULL)
		reply->integer = value != 0;
	return reply;
}
#endif

/* With the next answer. */
static void leave(void *reply)
{
	(void)reply;
}

static redisReplyObjectFunctions functions = {
	.createString = make_text,
	.createArray = make_list,
	.createInteger = make_number,
	.createNil = make_nil,
#if HIREDIS_MAJOR >= 1
	.createDouble = make_double,
	.createBool = make_bool,
#endif
	.freeObject = leave,
};

/* ---- life */

void replies_open(struct replies *replies, redisReader *reader)
{
	*replies = (struct replies){0};
	reader->fn = &functions;
	reader->privdata = replies;
	reader->maxbuf = PIECE;
}

void replies_close(struct replies *replies)
{
	struct piece *piece;

	while ((piece = replies->pieces) != NULL) {
		replies->pieces = piece->next;
		free(piece);
	}
	*replies = (struct replies){0};
}
