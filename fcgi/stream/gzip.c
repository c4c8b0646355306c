/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/gzip.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/lines.h"
#include "fcgi/stream/batch.h"
#include "fcgi/stream/deflater.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "lib/loop.h"

enum { STORED_MOST = 65535 }; /* bytes in a stored block */

struct gzip {
	const struct deflater *deflater;
	void *state;
	struct loop *loop;
	struct loop_turn turn;
	size_t left;	      /* bytes that may be deflated in this turn */
	struct buf text, out; /* scratch */
};

static void on_turn(void *arg)
{
	struct gzip *gzip = arg;

	gzip->left = GZIP_TURN;
}

struct gzip *gzip_new(struct loop *loop, const struct deflater *deflater)
{
	struct gzip *gzip;
	void *state = deflater->begin();

	if (state == NULL)
		return NULL;
	gzip = mem_new(sizeof(*gzip));
	gzip->deflater = deflater;
	gzip->state = state;
	gzip->loop = loop;
	gzip->left = GZIP_TURN;
	loop_turn_init(&gzip->turn, GZIP_ORDER, on_turn, gzip);
	loop_turn_start(loop, &gzip->turn);
	return gzip;
}

struct gzip *gzip_open(struct loop *loop)
{
	struct buf fault = {0};
	const struct deflater *deflater = deflater_open(&fault);
	struct gzip *gzip = NULL;

	if (deflater != NULL)
		gzip = gzip_new(loop, deflater);
	if (gzip == NULL && fault.len == 0)
		buf_add_text(&fault, "no memory");
	if (gzip == NULL)
		log_warnx(LINE_NOT_COMPRESSED, (int)fault.len, fault.at);
	buf_release(&fault);
	return gzip;
}

void gzip_free(struct gzip *gzip)
{
	if (gzip == NULL)
		return;
	loop_turn_stop(gzip->loop, &gzip->turn);
	gzip->deflater->end(gzip->state);
	buf_release(&gzip->text);
	buf_release(&gzip->out);
	free(gzip);
}

/* RFC 1951 section 3.2.4: not the last block, stored; how long it is, and the
 * same in ones' complement. */
static void add_block(struct buf *out, struct span text)
{
	size_t len = text.len;
	const unsigned char head[] = {
		0, len & 0xff, len >> 8 & 0xff, ~len & 0xff, ~len >> 8 & 0xff};

	buf_add(out, head, sizeof(head));
	buf_add_span(out, text);
}

/* Behind it is an empty block, as zlib flushes: Go's reader keeps back whatever
 * came until one does. */
static void add_stored(struct buf *out, struct span text)
{
	while (text.len > 0) {
		size_t len = text.len < STORED_MOST ? text.len : STORED_MOST;

		add_block(out, span(text.at, len));
		text = span(text.at + len, text.len - len);
	}
	add_block(out, text);
}

/* The batch with other bytes. */
static struct batch *like(
	const struct batch *batch, uint16_t request, const struct buf *bytes)
{
	struct batch *piece = batch_new(request, buf_span(bytes));

	piece->events = batch->events;
	piece->replay = batch->replay;
	piece->pos = batch->pos;
	piece->id = batch->id;
	piece->is_gzip = true;
	return piece;
}

static void take_text(struct gzip *gzip, const struct batch *batch)
{
	buf_clear(&gzip->text);
	batch_text(batch, 0, batch_text_len(batch), &gzip->text);
	buf_clear(&gzip->out);
}

static struct batch *stored(
	struct gzip *gzip, const struct batch *batch, uint16_t request)
{
	take_text(gzip, batch);
	add_stored(&gzip->out, buf_span(&gzip->text));
	return like(batch, request, &gzip->out);
}

/* Hangs it beside the batch, if it is shorter by a quarter. */
static void deflate(struct gzip *gzip, struct batch *batch, uint16_t request)
{
	const struct deflater *deflater = gzip->deflater;
	size_t room;
	char *to;

	take_text(gzip, batch);
	room = deflater->most(gzip->state, gzip->text.len);
	to = buf_reserve(&gzip->out, room);
	gzip->out.len = deflater->piece(
		gzip->state, gzip->text.at, gzip->text.len, to, room);
	gzip->left -= gzip->text.len;
	if (gzip->out.len <= gzip->text.len - gzip->text.len / 4)
		batch->packed = like(batch, request, &gzip->out);
	else
		batch->in_vain = true;
}

/* A batch that only one wants is not worth it; the second one is told by that
 * it was wanted before. */
static bool is_worth(
	const struct gzip *gzip, const struct batch *batch, bool likely)
{
	size_t len = batch_text_len(batch);

	return batch->common && !batch->in_vain && len >= GZIP_LEAST &&
	       len <= gzip->left && (likely || batch->wanted);
}

struct batch *gzip_piece(
	struct gzip *gzip, struct batch *batch, uint16_t request, bool likely)
{
	struct batch *piece;

	if (batch->is_gzip)
		return batch;
	if (batch->packed == NULL && is_worth(gzip, batch, likely))
		deflate(gzip, batch, request);
	batch->wanted = true;
	piece = batch->packed != NULL ? batch_hold(batch->packed)
				      : stored(gzip, batch, request);
	batch_drop(batch);
	return piece;
}

void gzip_answer(struct buf *text)
{
	/* RFC 1952 section 2.3: deflate, no flags, no time, any system. */
	static const unsigned char head[] = {
		0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};
	const char *end = memmem(text->at, text->len, "\r\n\r\n", 4);
	struct buf out = {0};
	size_t len;

	assert(end != NULL);
	len = (size_t)(end + 4 - text->at);
	buf_add(&out, text->at, len);
	buf_add(&out, head, sizeof(head));
	add_stored(&out, span(text->at + len, text->len - len));
	buf_release(text);
	*text = out;
}
