/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/cursors.h"

#include <stdlib.h>

#include "hub/shared/command.h"
#include "hub/shared/entry.h"
#include "lib/text.h"

struct question {
	struct node node;
	void *whose;
	struct buf inbox;
};

static struct question *first(const struct node *list)
{
	return list_entry(list->next, struct question, node);
}

static void drop(struct question *question)
{
	list_remove(&question->node);
	buf_release(&question->inbox);
	free(question);
}

/* The answers come in the order of the questions. */
static void on_reply(void *arg, const struct redis_reply *reply)
{
	struct cursors_asked *cursors = arg;
	struct question *question = first(&cursors->asked);
	void *whose = question->whose;
	uint64_t cursor = 0;

	/* Anything else is as good as none: it is looked at when rows come. */
	if (!text_to_u64(cursors->conn->redis->text(reply), &cursor))
		cursor = 0;
	drop(question);
	cursors->answered(cursors->arg, whose, cursor);
}

static void ask(struct cursors_asked *cursors, struct question *question)
{
	struct buf command = {0};

	list_remove(&question->node);
	list_append(&cursors->asked, &question->node);
	command_begin(&command, 3);
	command_word(&command, span_of("HGET"));
	command_key(&command, cursors->prefix, "inbox");
	command_word(&command, buf_span(&question->inbox));
	conn_ask(cursors->conn, &command, on_reply, cursors);
	buf_release(&command);
}

void cursors_ask(struct cursors_asked *cursors, struct span name,
	const uint8_t *identity, void *whose)
{
	struct question *question = mem_new(sizeof(*question));

	list_init(&question->node);
	question->whose = whose;
	entry_put_inbox(&question->inbox, name, identity);
	list_append(&cursors->waiting, &question->node);
	if (cursors->linked)
		ask(cursors, question);
}

void cursors_linked(struct cursors_asked *cursors)
{
	cursors->linked = true;
	while (!list_empty(&cursors->waiting))
		ask(cursors, first(&cursors->waiting));
}

void cursors_lost(struct cursors_asked *cursors)
{
	cursors->linked = false;
	list_move(&cursors->asked, &cursors->waiting);
	list_move(&cursors->waiting, &cursors->asked);
}

void cursors_init(struct cursors_asked *cursors, struct conn *conn,
	const char *prefix,
	void (*answered)(void *arg, void *whose, uint64_t cursor), void *arg)
{
	*cursors = (struct cursors_asked){.conn = conn,
		.prefix = prefix,
		.answered = answered,
		.arg = arg};
	list_init(&cursors->waiting);
	list_init(&cursors->asked);
}

void cursors_release(struct cursors_asked *cursors)
{
	list_move(&cursors->waiting, &cursors->asked);
	while (!list_empty(&cursors->waiting))
		drop(first(&cursors->waiting));
}
