/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/redis.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>

#include "hub/shared/redis_reply.h"

/*
 * Freed when hiredis has done with its context: it calls `cleanup` then, once,
 * whether the link has failed or was hung up.
 */
struct redis_link {
	redisAsyncContext *context;
	struct redis_hooks hooks;
	struct replies replies;
	bool silent; /* hung up */
};

/* ---- what hiredis tells */

static void add_read(void *arg)
{
	struct redis_link *link = arg;

	if (!link->silent)
		link->hooks.want_read(link->hooks.arg, true);
}

static void del_read(void *arg)
{
	struct redis_link *link = arg;

	if (!link->silent)
		link->hooks.want_read(link->hooks.arg, false);
}

static void add_write(void *arg)
{
	struct redis_link *link = arg;

	if (!link->silent)
		link->hooks.want_write(link->hooks.arg, true);
}

static void del_write(void *arg)
{
	struct redis_link *link = arg;

	if (!link->silent)
		link->hooks.want_write(link->hooks.arg, false);
}

static void cleanup(void *arg)
{
	struct redis_link *link = arg;
	const char *fault = link->context->errstr;

	if (!link->silent)
		link->hooks.gone(link->hooks.arg,
			fault == NULL || *fault == '\0' ? "it hung up" : fault);
	link->context->ev.data = NULL;
	replies_close(&link->replies);
	free(link);
}

static void on_reply(redisAsyncContext *context, void *reply, void *unused)
{
	struct redis_link *link = context->ev.data;

	(void)unused;
	/* Without a reply the link is ending. */
	if (reply != NULL && link != NULL && !link->silent)
		link->hooks.replied(link->hooks.arg, reply);
}

/* ---- a link */

static struct redis_link *fail(
	redisAsyncContext *context, char fault[REDIS_FAULT])
{
	snprintf(fault, REDIS_FAULT, "%s",
		context == NULL ? "no memory" : context->errstr);
	if (context != NULL)
		redisAsyncFree(context);
	return NULL;
}

static struct redis_link *dial(const char *host, int port,
	const struct redis_hooks *hooks, char fault[REDIS_FAULT])
{
	redisAsyncContext *context = port == 0 ? redisAsyncConnectUnix(host)
					       : redisAsyncConnect(host, port);
	struct redis_link *link;

	if (context == NULL || context->err != 0)
		return fail(context, fault);
	link = calloc(1, sizeof(*link));
	if (link == NULL)
		return fail(context, fault);
	link->context = context;
	link->hooks = *hooks;
	replies_open(&link->replies, context->c.reader);
	context->ev.data = link;
	context->ev.addRead = add_read;
	context->ev.delRead = del_read;
	context->ev.addWrite = add_write;
	context->ev.delWrite = del_write;
	context->ev.cleanup = cleanup;
	return link;
}

static int descriptor(const struct redis_link *link)
{
	return link->context->c.fd;
}

static void readable(struct redis_link *link)
{
	redisAsyncHandleRead(link->context);
}

static void writable(struct redis_link *link)
{
	redisAsyncHandleWrite(link->context);
}

static bool ask(struct redis_link *link, struct span command)
{
	return redisAsyncFormattedCommand(link->context, on_reply, NULL,
		       command.at, command.len) == REDIS_OK;
}

static void hang_up(struct redis_link *link)
{
	link->silent = true;
	redisAsyncFree(link->context);
}

/* ---- a reply */

static const redisReply *of(const struct redis_reply *reply)
{
	return (const redisReply *)(const void *)reply;
}

static enum redis_kind kind(const struct redis_reply *reply)
{
	switch (of(reply)->type) {
	case REDIS_REPLY_NIL:
		return REDIS_KIND_NIL;
	case REDIS_REPLY_STRING:
		return REDIS_KIND_TEXT;
	case REDIS_REPLY_STATUS:
		return REDIS_KIND_STATUS;
	case REDIS_REPLY_ERROR:
		return REDIS_KIND_ERROR;
	case REDIS_REPLY_INTEGER:
		return REDIS_KIND_NUMBER;
	case REDIS_REPLY_ARRAY:
		return REDIS_KIND_LIST;
	default:
		return REDIS_KIND_OTHER;
	}
}

static struct span text(const struct redis_reply *reply)
{
	return span(of(reply)->str,
		of(reply)->str == NULL ? 0 : (size_t)of(reply)->len);
}

static int64_t number(const struct redis_reply *reply)
{
	return of(reply)->integer;
}

static size_t count(const struct redis_reply *reply)
{
	return of(reply)->type == REDIS_REPLY_ARRAY ? of(reply)->elements : 0;
}

static const struct redis_reply *item(
	const struct redis_reply *reply, size_t index)
{
	return (const struct redis_reply *)(const void *)of(reply)
		->element[index];
}

const struct redis tidings_redis = {
	.version = PACKAGE_VERSION,
	.size = sizeof(struct redis),
	.dial = dial,
	.descriptor = descriptor,
	.readable = readable,
	.writable = writable,
	.ask = ask,
	.hang_up = hang_up,
	.kind = kind,
	.text = text,
	.number = number,
	.count = count,
	.item = item,
};
