/*
 * asker - a request that waits for the hub's word
 *
 *   WAITING    the uplink holds our callback
 *   gone       it was called, or the browser left and the uplink was told
 */
#include "fcgi/asker.h"
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/responder.h"
#include "fcgi/uplink.h"

struct askers {
	struct asker *first;
	size_t count;
};

struct askers *askers_new(void)
{
	return mem_new(sizeof(struct askers));
}

struct request *asker_done(struct asker *asker)
{
	struct askers *askers = asker->responder->askers;
	struct request *request = asker->request;

	if (asker->next != NULL)
		asker->next->previous = asker->previous;
	if (asker->previous != NULL)
		asker->previous->next = asker->next;
	else
		askers->first = asker->next;
	askers->count--;
	ev_io_stop(asker->responder->loop, &asker->watch);
	buf_release(&asker->note);
	free(asker);
	return request;
}

void askers_free(struct askers *askers)
{
	if (askers == NULL)
		return;
	while (askers->first != NULL) {
		uplink_forget(askers->first->pending);
		request_free(asker_done(askers->first));
	}
	free(askers);
}

size_t askers_count(const struct askers *askers)
{
	return askers->count;
}

/* The request was whole: further bytes can only be its abort, and the end of
 * the stream is the browser's. */
static void on_readable(struct ev_loop *loop, struct ev_io *watch, int events)
{
	struct asker *asker = watch->data;
	char bytes[64];
	ssize_t got = recv(watch->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)loop;
	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	uplink_forget(asker->pending);
	reply_end(asker_done(asker));
}

struct asker *asker_new(struct responder *responder, struct request *request)
{
	struct askers *askers = responder->askers;
	struct asker *asker = mem_new(sizeof(*asker));

	asker->responder = responder;
	asker->request = request;
	asker->next = askers->first;
	if (askers->first != NULL)
		askers->first->previous = asker;
	askers->first = asker;
	askers->count++;
	ev_io_init(&asker->watch, on_readable, request->fd, EV_READ);
	asker->watch.data = asker;
	ev_io_start(responder->loop, &asker->watch);
	return asker;
}
