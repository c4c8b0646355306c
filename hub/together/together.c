/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/together/together.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hub/lines.h"
#include "hub/together/own_id.h"
#include "hub/together/rooms.h"
#include "lib/log.h"

static const char catching_up[] =
	"this machine is catching up with the shared order";

/* ---- whether it will do */

static bool is_same(const char *one, const char *other)
{
	if (one == NULL || other == NULL)
		return one == other;
	return strcmp(one, other) == 0;
}

/* Says so where it has changed; of what is not here the wing has its lines. */
static void set_away(struct together *together, const char *reason)
{
	struct ledger *ledger = together->ledger;

	if (is_same(ledger->away, reason))
		return;
	if (reason == catching_up)
		log_warnx(LINE_SHARED_BEHIND);
	else if (reason == NULL && ledger->away == catching_up)
		log_info(LINE_SHARED_CAUGHT_UP);
	if (reason != NULL && reason != catching_up) {
		buf_clear(&together->sentence);
		buf_add_span(&together->sentence, span_of(reason));
		buf_add_char(&together->sentence, '\0');
		reason = together->sentence.at;
	}
	ledger->away = reason;
	together->sink.state(together->sink.arg);
}

static void judge(struct together *together)
{
	const struct ledger *ledger = together->ledger;

	together->lagging = behind_is(&together->behind, ledger->log.committed,
		clock_now_us(ledger->clock));
	set_away(together, together->lagging ? catching_up : NULL);
}

static void tell_away(
	struct together *together, const struct shared_state *state)
{
	struct buf reason = {0};

	buf_add_text(&reason, "the shared order is away");
	if (state->away_since != 0) {
		buf_add_text(&reason, " since ");
		clock_rfc3339(&reason, state->away_since);
	}
	if (state->sentence != NULL)
		buf_printf(&reason, ": %s", state->sentence);
	buf_add_char(&reason, '\0');
	set_away(together, reason.at);
	buf_release(&reason);
}

static void on_state(void *arg, const struct shared_state *state)
{
	struct together *together = arg;

	together->where = state->where;
	together->append_us = state->append_us;
	together->machines = state->machines;
	if (state->where == SHARED_HERE)
		behind_hear(&together->behind, state->last, state->heard_us,
			together->ledger->log.committed);
	if (state->where == SHARED_HERE)
		judge(together);
	else
		tell_away(together, state);
}

static void on_looked(void *arg, uint64_t number, uint64_t last)
{
	struct together *together = arg;
	struct node *list = &together->looks, *at, *next;

	for (at = list->next; at != list; at = next) {
		struct order_look *look =
			list_entry(at, struct order_look, among);

		next = at->next;
		if (look->number > number)
			continue;
		look->answered = true;
		look->last = last;
		list_remove(at);
	}
}

/* ---- with the transaction */

static void revert(void *arg)
{
	arrive_stop(arg);
}

/* ---- in turns */

void together_step(struct together *together)
{
	if (together == NULL)
		return;
	arrive_step(together);
	propose_step(together);
	put_back_step(together);
}

void together_tend(struct together *together)
{
	if (together == NULL)
		return;
	if (!together->following && together->ledger->writable)
		arrive_start(together);
	if (together->where == SHARED_HERE)
		judge(together);
	propose_expire(together);
	put_back_tend(together);
}

void together_count(
	struct together *together, struct span name, uint64_t number)
{
	shared_count(together->wing, name,
		number < UINT32_MAX ? (uint32_t)number : UINT32_MAX);
}

/* ---- beginning and end */

static void drop_question(struct order_question *question)
{
	list_remove(&question->among);
	free(question);
}

static void on_cursor(void *arg, void *whose, uint64_t cursor)
{
	struct order_question *question = whose;

	(void)arg;
	if (question->asker != NULL)
		question->answered(question->asker, cursor);
	drop_question(question);
}

static void on_founded(void *arg, const char *fault)
{
	struct together *together = arg;

	if (fault != NULL)
		log_warnx(LINE_SHARED_NOT_FOUNDED, fault);
	else
		log_info(LINE_SHARED_FOUNDED);
	together->founded = fault == NULL;
	found_end(together);
}

static void on_may_found(void *arg)
{
	found_begin(arg);
}

static void on_counted(void *arg, const uint8_t hub[ORIGIN_HUB],
	struct span name, uint32_t number)
{
	const struct together *together = arg;

	if (together->sink.counted != NULL)
		together->sink.counted(together->sink.arg, hub, name, number);
}

static void on_left(void *arg, const uint8_t hub[ORIGIN_HUB])
{
	const struct together *together = arg;

	if (together->sink.left != NULL)
		together->sink.left(together->sink.arg, hub);
}

static const char *text_or(const char *text, const char *other)
{
	return text != NULL ? text : other;
}

/* `any`: of whichever log. */
static void dial(struct together *together, bool any)
{
	const struct config *config = together->ledger->config;
	const struct config_shared *from = &config->shared;
	const struct shared_notify notify = {
		.answered = propose_answered,
		.entry = arrive_entry,
		.hole = arrive_hole,
		.missed = arrive_missed,
		.state = on_state,
		.looked = on_looked,
		.cursor = on_cursor,
		.founded = on_founded,
		.may_found = on_may_found,
		.counted = on_counted,
		.left = on_left,
		.arg = together,
	};
	char host[HOST_NAME_MAX + 1] = "";
	struct buf redis = {0};
	const char *fault = NULL;
	struct shared_options options;

	for (size_t i = 0; i < from->redis_count; i++)
		buf_printf(&redis, "%s%s", i > 0 ? " " : "", from->redis[i]);
	buf_add_char(&redis, '\0');
	(void)gethostname(host, sizeof(host) - 1);
	options = (struct shared_options){
		.redis = redis.at,
		.db = from->db,
		.user = from->user,
		.password_file = from->password_file,
		.prefix = from->prefix,
		.machine = text_or(from->machine, host),
		.give_up_ms = from->give_up_ms,
		.keep_age_ms = from->keep_age_ms,
		.keep_bytes = from->keep_bytes,
		.key_age_ms = config->key_age_ms,
		.found_auto = from->found_auto,
	};
	if (!any)
		memcpy(options.identity, together->ledger->log.identity,
			SHARED_ID);
	memcpy(options.origin, together->own, SHARED_ID);
	together->wing = shared_open(together->loop, &options, &notify, &fault);
	if (together->wing == NULL)
		log_fatalx(LINE_SHARED_OPEN, fault);
	buf_release(&redis);
}

struct together *together_make(struct loop *loop, struct ledger *ledger,
	const struct together_sink *sink, bool any)
{
	struct together *together = mem_new(sizeof(*together));

	together->loop = loop;
	together->ledger = ledger;
	together->sink = *sink;
	together->where = SHARED_AWAY;
	ledger->away = "the shared order has not answered yet";
	pending_open(&together->pending);
	list_init(&together->looks);
	list_init(&together->questions);
	own_id_read(ledger->config->log_path, together->own);
	dial(together, any);
	return together;
}

struct together *together_open(struct loop *loop, struct ledger *ledger,
	const struct together_sink *sink)
{
	struct together *together = together_make(loop, ledger, sink, false);
	const struct party party = {NULL, NULL, revert, together};

	propose_open(together);
	ledger_join(ledger, &party);
	put_back_begin(together);
	/* What the newest one left out is not written down. */
	together->blind = epochs_last_start(&ledger->log.epochs);
	shared_blind(together->wing, together->blind);
	arrive_start(together);
	return together;
}

void together_close(struct together *together)
{
	if (together == NULL)
		return;
	found_end(together);
	shared_close(together->wing);
	pending_close(&together->pending);
	while (!list_empty(&together->questions))
		drop_question(list_entry(together->questions.next,
			struct order_question, among));
	together->ledger->order = NULL;
	together->ledger->away = NULL;
	buf_release(&together->sentence);
	buf_release(&together->orphans);
	free(together);
}
