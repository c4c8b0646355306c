/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/http/unread.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/loop.h"

struct unread {
	struct loop *loop;
	struct loop_turn turn;
	struct node
		texts; /* the one of which nothing was taken longest first */
	size_t bytes;
};

static void on_turn(void *arg)
{
	struct unread *unread = arg;

	while (unread->bytes > UNREAD_BYTES) {
		struct unread_text *text = list_entry(
			unread->texts.next, struct unread_text, node);

		text->end(text->arg);
	}
}

void unread_note(struct unread *unread, struct unread_text *text, size_t bytes)
{
	assert(bytes > 0);
	unread_remove(unread, text);
	text->bytes = bytes;
	unread->bytes += bytes;
	list_append(&unread->texts, &text->node);
	if (unread->bytes > UNREAD_BYTES)
		loop_again(unread->loop);
}

void unread_remove(struct unread *unread, struct unread_text *text)
{
	if (text->bytes == 0)
		return;
	list_remove(&text->node);
	unread->bytes -= text->bytes;
	text->bytes = 0;
}

size_t unread_bytes(const struct unread *unread)
{
	return unread->bytes;
}

struct unread *unread_new(struct loop *loop)
{
	struct unread *unread = mem_new(sizeof(*unread));

	unread->loop = loop;
	list_init(&unread->texts);
	loop_turn_init(&unread->turn, UNREAD_ORDER, on_turn, unread);
	loop_turn_start(loop, &unread->turn);
	return unread;
}

void unread_free(struct unread *unread)
{
	if (unread == NULL)
		return;
	loop_turn_stop(unread->loop, &unread->turn);
	free(unread);
}
