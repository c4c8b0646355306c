/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/http/kept.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/http/request.h"
#include "lib/buf.h"
#include "lib/list.h"
#include "lib/loop.h"

struct idle {
	struct kept *kept;
	struct node node;
	struct loop_io readable;
	struct timer deadline;
};

struct kept {
	struct loop *loop;
	struct node idle;
	size_t count;
	bool shut;
	void (*again)(void *arg, int fd);
	void *arg;
};

struct kept *kept_new(struct loop *loop)
{
	struct kept *kept = mem_new(sizeof(*kept));

	kept->loop = loop;
	list_init(&kept->idle);
	return kept;
}

void kept_serve(struct kept *kept, void (*again)(void *arg, int fd), void *arg)
{
	kept->again = again;
	kept->arg = arg;
}

/* Returns the descriptor. */
static int leave(struct idle *idle)
{
	struct kept *kept = idle->kept;
	int fd = loop_io_fd(&idle->readable);

	loop_io_want(kept->loop, &idle->readable, 0);
	timer_stop(loop_timers(kept->loop), &idle->deadline);
	list_remove(&idle->node);
	kept->count--;
	free(idle);
	return fd;
}

static void on_readable(void *arg, unsigned events)
{
	struct kept *kept = ((struct idle *)arg)->kept;

	(void)events;
	kept->again(kept->arg, leave(arg));
}

static void on_deadline(void *arg)
{
	close(leave(arg));
}

void kept_take(struct kept *kept, int fd)
{
	struct idle *idle;

	if (kept == NULL || kept->shut || kept->count == KEPT_MAX) {
		close(fd);
		return;
	}
	idle = mem_new(sizeof(*idle));
	idle->kept = kept;
	list_append(&kept->idle, &idle->node);
	kept->count++;
	loop_io_init(&idle->readable, fd, on_readable, idle);
	loop_io_want(kept->loop, &idle->readable, LOOP_READ);
	timer_init(&idle->deadline, on_deadline, idle);
	timer_set(loop_timers(kept->loop), &idle->deadline,
		KEPT_IDLE_MS * 1000ull, 0);
}

void kept_answered(struct request *request)
{
	kept_take(request->kept, request->fd);
	request->fd = -1;
	request_free(request);
}

static bool has_come(const struct idle *idle)
{
	char byte;

	return recv(loop_io_fd(&idle->readable), &byte, 1,
		       MSG_PEEK | MSG_DONTWAIT) > 0;
}

size_t kept_clear(struct kept *kept)
{
	size_t before = kept->count;
	struct node *node, *next;

	for (node = kept->idle.next; node != &kept->idle; node = next) {
		struct idle *idle = list_entry(node, struct idle, node);

		next = node->next;
		if (!has_come(idle))
			close(leave(idle));
	}
	return before - kept->count;
}

void kept_shut(struct kept *kept)
{
	kept->shut = true;
	kept_clear(kept);
	while (!list_empty(&kept->idle))
		on_readable(list_entry(kept->idle.next, struct idle, node), 0);
}

void kept_free(struct kept *kept)
{
	struct node *node, *next;

	for (node = kept->idle.next; node != &kept->idle; node = next) {
		next = node->next;
		close(leave(list_entry(node, struct idle, node)));
	}
	free(kept);
}
