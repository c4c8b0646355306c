/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/greeting.h"

#include <sys/socket.h>

#include "fcgi/counters.h"
#include "fcgi/presence/presence.h"
#include "fcgi/replay/lasts.h"
#include "fcgi/stream/batch.h"
#include "fcgi/stream/gzip.h"
#include "fcgi/stream/notice.h"
#include "fcgi/stream/opening.h"
#include "fcgi/stream/window.h"
#include "fcgi/uplink/questions.h"
#include "lib/buf.h"

/* With its head the request counts as answered; returns the `retry:` in it. */
static uint64_t answer(const struct subscriber *sub)
{
	counters_answered(sub->home->counters, 200);
	return sub->home->retry_ms;
}

static struct batch *batch_of(const struct subscriber *sub, struct buf *text)
{
	struct batch *batch;

	if (sub->gzip)
		gzip_answer(text);
	batch = batch_new(sub->request, buf_span(text));
	batch->is_gzip = sub->gzip;
	buf_release(text);
	return batch;
}

static enum pump_result start(struct subscriber *sub, struct batch *batch)
{
	opening_leave(sub);
	if (sub->seen)
		presence_begin(sub->home->presence, sub);
	return subscriber_give(sub, batch);
}

enum pump_result greeting_begin(
	struct subscriber *sub, const struct judged *judged)
{
	struct buf text = {0};

	sub->behind = sub->id < window_newest(sub->home->window);
	notice_begin(&text, sub, judged, answer(sub));
	return start(sub, batch_of(sub, &text));
}

/* They come with the first bytes, and behind them what the window has: its
 * cursor stays below them until they were given, so that nobody who is cut off
 * there misses one. */
enum pump_result greeting_lasts(
	struct subscriber *sub, const struct lasts_found *found)
{
	const struct judged judged = {.gap = found->cut,
		.oldest = found->oldest,
		.newest = found->newest};
	struct buf text = {0};
	struct batch *batch;

	sub->behind = true;
	sub->id = found->oldest == 0 ? found->upto : found->oldest - 1;
	notice_begin(&text, sub, &judged, answer(sub));
	buf_add_span(&text, found->text);
	batch = batch_of(sub, &text);
	batch->events = found->count;
	batch->replay = true;
	sub->id = found->upto;
	subscriber_find_place(sub);
	return start(sub, batch);
}

void greeting_postpone(struct subscriber *sub)
{
	struct buf text = {0};
	struct batch *word;

	notice_head(&text, sub, answer(sub));
	word = batch_of(sub, &text);
	(void)!send(loop_io_fd(&sub->watch), word->bytes, word->len,
		MSG_NOSIGNAL | MSG_DONTWAIT);
	batch_drop(word);
	subscriber_close(sub);
}
