/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/verb/posters.h"

#include <inttypes.h>

#include "client/http/get_json.h"
#include "client/http/interrupt.h"
#include "lib/clock.h"

static void settle(struct posters *posters, struct poster *poster)
{
	if (poster->transfer == NULL || !http_is_done(poster->transfer))
		return;
	if (poster->answer.exit_status == EXIT_OK &&
		!poster->answer.interrupted &&
		get_json_is_stored(&poster->answer, 0, NULL))
		posters->stored++;
	else
		posters->refused++;
	http_stop(poster->transfer);
	poster->transfer = NULL;
}

/* The event's number and time, filled up to the size that was asked for. */
static void post(struct posters *posters, struct poster *poster)
{
	struct buf *body = &poster->body;

	buf_clear(body);
	buf_printf(body, "%zu %u %" PRIu64 " ", (size_t)(poster - posters->all),
		poster->sent++, clock_mono_us());
	posters->sent++;
	while (body->len < posters->size)
		buf_add_char(body, '.');
	poster->request = (struct http_request){.method = "POST",
		.path = posters->path.at,
		.body = buf_span(body)};
	poster->transfer =
		http_start(posters->http, &poster->request, &poster->answer);
}

/* How many may have been sent by now; 0 as rate = as fast as they are taken. */
static uint64_t due(const struct posters *posters)
{
	uint64_t us = clock_mono_us() - posters->began;

	return posters->rate == 0 ? UINT64_MAX
				  : us * posters->rate / 1000000 + 1;
}

static bool is_idle(const struct posters *posters)
{
	for (size_t i = 0; i < posters->count; i++)
		if (posters->all[i].transfer != NULL)
			return false;
	return true;
}

void posters_run(struct posters *posters, uint64_t ms)
{
	uint64_t end;

	posters->began = clock_mono_us();
	end = posters->began + ms * 1000;
	for (;;) {
		bool over = clock_mono_us() >= end || interrupt_caught();

		for (size_t i = 0; i < posters->count; i++) {
			struct poster *poster = &posters->all[i];

			settle(posters, poster);
			if (!over && poster->transfer == NULL &&
				posters->sent < due(posters))
				post(posters, poster);
		}
		if (over && is_idle(posters))
			break;
		if (posters->turn != NULL)
			posters->turn(posters->arg);
		http_turn(posters->http, posters->rate == 0 ? 50 : 1);
	}
	posters->ended = clock_mono_us();
}

void posters_release(struct posters *posters)
{
	for (size_t i = 0; i < posters->count; i++) {
		buf_release(&posters->all[i].body);
		answer_release(&posters->all[i].answer);
	}
	buf_release(&posters->path);
}
