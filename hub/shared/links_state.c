/* SPDX-License-Identifier: MIT */
/*
 * links_state - what is told of it, and said to the log (links.h)
 */
#include <config.h>

#include <string.h>

#include "hub/lines.h"
#include "hub/shared/links.h"
#include "lib/log.h"

void links_tell(struct shared *shared)
{
	struct shared_state *state = &shared->state;

	state->append_us = shared->append.took_us;
	state->server =
		shared->first.address == NULL ? "" : shared->first.address;
	shared->notify.state(shared->notify.arg, state);
}

static void say(struct shared *shared, bool changed)
{
	uint64_t now = loop_now_us(shared->loop);

	if (!changed && now - shared->said_us < LINKS_SAY_AGAIN_MS * 1000ull)
		return;
	shared->said_us = now;
	if (shared->state.where == SHARED_HERE)
		log_info(LINE_SHARED_HERE, shared->first.address);
	else
		log_warnx(LINE_SHARED_AWAY, shared->state.sentence);
}

void links_set_state(
	struct shared *shared, enum shared_where where, const char *sentence)
{
	struct shared_state *state = &shared->state;
	bool changed = state->where != where;

	if (!changed && (sentence == NULL) == (state->sentence == NULL) &&
		(sentence == NULL || strcmp(sentence, state->sentence) == 0))
		return;
	if (sentence == NULL)
		state->away_since = 0;
	else if (state->away_since == 0)
		state->away_since = clock_date_ms(loop_clock(shared->loop));
	state->where = where;
	state->sentence = NULL;
	if (sentence != NULL) {
		struct buf copy = {0};

		buf_printf(&copy, "%s%c", sentence, '\0');
		buf_release(&shared->sentence);
		shared->sentence = copy;
		state->sentence = copy.at;
	}
	say(shared, changed);
	links_tell(shared);
}

void links_give_up(struct shared *shared, const char *why)
{
	if (shared->phase != LINKS_STOPPED)
		dial_give_up(&shared->first, why);
}
