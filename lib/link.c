/* SPDX-License-Identifier: MIT */
/*
 * While frames are handed out, the bytes they borrow are not the link's, so
 * that the link, and even its owner, may go in the middle.
 */
#include <config.h>

#include "lib/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_SIZE = 256 << 10, /* bytes asked for at once */
	OUT_KEPT = 64 << 10,   /* memory an idle link may keep to send */
};

/* ---- the end */

void link_close(struct link *link, const char *why)
{
	if (link->fd < 0)
		return;
	loop_io_want(link->loop, &link->io, 0);
	close(link->fd);
	link->fd = -1;
	buf_release(&link->in);
	buf_release(&link->out);
	link->out_done = 0;
	if (link->gone != NULL)
		*link->gone = true;
	link->gone = NULL;
	link->closed(link->owner, why);
}

/* Sending has no way on, so the loop will close; if the peer has left, what it
 * said before is read first.  Not here, because a caller of link_end may be
 * walking over its links. */
static void give_up(struct link *link, const char *why)
{
	link->broken = true;
	link->why = why;
	buf_release(&link->out);
	link->out_done = 0;
	loop_io_want(link->loop, &link->io, LOOP_READ);
	loop_io_feed(link->loop, &link->io, LOOP_READ);
}

static const char *reason(int error)
{
	if (error == EPIPE || error == ECONNRESET)
		return NULL; /* the peer just left */
	return strerror(error);
}

/* ---- in */

/* What was received last, by any link: all belong to one thread, and whoever
 * keeps a part of it copies that.  A buffer of this size for each read costs
 * more than the read. */
static char scratch[READ_SIZE];

/* See wire_frame. */
static size_t next_frame(const struct link *link, struct span bytes,
	uint8_t *type, struct span *body, bool *bad)
{
	struct wire_in in = wire_in(bytes);
	size_t len = wire_get_u32(&in);
	size_t size = wire_frame(bytes, type, body, bad);

	*bad |= !in.failed && len > link->most;
	return *bad ? 0 : size;
}

/* Hands out the whole frames at the beginning of *rest and leaves what
 * follows them there; false if the link went meanwhile. */
static bool hand_out(struct link *link, struct span *rest)
{
	struct span body;
	bool gone = false;
	bool bad = false;
	uint8_t type;
	size_t size;

	/* cppcheck-suppress autoVariables; reset before this returns */
	link->gone = &gone;
	while ((size = next_frame(link, *rest, &type, &body, &bad)) > 0) {
		*rest = span(rest->at + size, rest->len - size);
		link->frame(link->owner, type, body);
		if (gone)
			return false;
	}
	link->gone = NULL;
	if (bad) {
		link_close(link, "sent a frame of an impossible length");
		return false;
	}
	return true;
}

/* `len` bytes are in the scratch; false if the link went. */
static bool take(struct link *link, size_t len)
{
	struct buf in = link->in;
	struct span rest = span(scratch, len);
	bool joined = in.len > 0;

	link->in = (struct buf){0};
	if (joined) {
		buf_add_span(&in, rest);
		rest = buf_span(&in);
	}
	if (!hand_out(link, &rest)) {
		buf_release(&in);
		return false;
	}
	if (joined && rest.len > 0) {
		buf_drop(&in, in.len - rest.len);
		link->in = in;
	} else {
		buf_release(&in);
		if (rest.len > 0)
			buf_add_span(&link->in, rest);
	}
	return true;
}

static void receive(struct link *link)
{
	ssize_t n;

	if (link->broken && link->why != NULL) {
		link_close(link, link->why);
		return;
	}
	n = recv(link->fd, scratch, sizeof(scratch), 0);
	if (n > 0) {
		if (take(link, (size_t)n) && link->broken)
			loop_io_feed(link->loop, &link->io, LOOP_READ);
		return;
	}
	if (n < 0 && (errno == EINTR || (errno == EAGAIN && !link->broken)))
		return;
	if (link->broken)
		link_close(link, link->why);
	else
		link_close(link, n == 0 ? NULL : reason(errno));
}

/* ---- out */

/* What the socket takes now; gives up the link if it takes nothing ever. */
static size_t push(struct link *link, struct span bytes)
{
	size_t done = 0;

	while (done < bytes.len) {
		ssize_t n = send(link->fd, bytes.at + done, bytes.len - done,
			MSG_NOSIGNAL);

		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN)
			loop_io_want(
				link->loop, &link->io, LOOP_READ | LOOP_WRITE);
		else
			give_up(link, reason(errno));
		break;
	}
	return done;
}

static void make_room(struct link *link)
{
	if (link->out_done <= link->out.len / 2)
		return;
	buf_drop(&link->out, link->out_done);
	link->out_done = 0;
}

static void queue(struct link *link, struct span bytes)
{
	if (link_pending(link) + bytes.len > LINK_OUT_MAX) {
		give_up(link, "has stopped reading");
		return;
	}
	make_room(link);
	buf_add_span(&link->out, bytes);
}

void link_queue(struct link *link, struct span bytes)
{
	if (link->fd >= 0 && !link->broken)
		queue(link, bytes);
}

struct buf *link_begin(struct link *link, enum wire_type type)
{
	make_room(link);
	link->begun = wire_begin(&link->out, type);
	return &link->out;
}

void link_end(struct link *link)
{
	wire_end(&link->out, link->begun);
	if (link->fd < 0 || link->broken)
		buf_release(&link->out);
	else if (link_pending(link) > LINK_OUT_MAX)
		give_up(link, "has stopped reading");
}

void link_cut(struct link *link, size_t pending)
{
	if (pending < link_pending(link))
		link->out.len = link->out_done + pending;
}

static void flush(struct link *link)
{
	struct span waiting;

	if (link_pending(link) == 0)
		return;
	waiting = span(link->out.at + link->out_done, link_pending(link));
	link->out_done += push(link, waiting);
	if (link->broken || link_pending(link) > 0)
		return;
	link->out_done = 0;
	buf_clear(&link->out);
	if (link->out.size > OUT_KEPT)
		buf_release(&link->out);
}

size_t link_try(struct link *link, struct span bytes)
{
	if (link->fd < 0 || link->broken || link_pending(link) > 0)
		return 0;
	return push(link, bytes);
}

void link_flush(struct link *link)
{
	if (link->fd >= 0 && !link->broken)
		flush(link);
}

size_t link_pending(const struct link *link)
{
	return link->out.len - link->out_done;
}

bool link_is_full(const struct link *link)
{
	return (loop_io_wanted(&link->io) & LOOP_WRITE) != 0;
}

/* ---- the beginning */

static void on_ready(void *arg, unsigned events)
{
	struct link *link = arg;

	if ((events & LOOP_WRITE) != 0) {
		flush(link);
		if (!link->broken && link_pending(link) == 0)
			loop_io_want(link->loop, &link->io, LOOP_READ);
	}
	/* The last thing: the link may be gone after it. */
	if ((events & LOOP_READ) != 0)
		receive(link);
}

void link_open(struct link *link, struct loop *loop, int fd)
{
	link->loop = loop;
	link->fd = fd;
	link->most = WIRE_FRAME_MAX;
	link->in = (struct buf){0};
	link->out = (struct buf){0};
	link->out_done = 0;
	link->broken = false;
	link->why = NULL;
	link->gone = NULL;
	loop_io_init(&link->io, fd, on_ready, link);
	loop_io_want(loop, &link->io, LOOP_READ);
}
