/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/links.h"

#include <string.h>

#include "hub/lines.h"
#include "hub/shared/command.h"
#include "hub/shared/fault.h"
#include "hub/shared/info.h"
#include "lib/log.h"

/* ---- what is told of it */

static void tell(struct shared *shared)
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

/* `sentence` NULL: it is here. */
static void set_state(
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
	tell(shared);
}

/* ---- both links */

/* Nothing goes, nothing comes. */
static void rest(struct shared *shared, const char *why)
{
	trim_stop(&shared->trim);
	dial_stop(&shared->second);
	follow_lost(&shared->follow);
	cursors_lost(&shared->cursors);
	append_lost(&shared->append);
	founding_lost(&shared->founding, why);
	shared->quiet = false;
}

static void give_up(struct shared *shared, const char *why)
{
	if (shared->phase != LINKS_STOPPED)
		dial_give_up(&shared->first, why);
}

static void stop(struct shared *shared, const char *sentence)
{
	shared->phase = LINKS_STOPPED;
	rest(shared, sentence);
	dial_stop(&shared->first);
	set_state(shared, SHARED_STOPPED, sentence);
}

static void be_empty(struct shared *shared, const char *why)
{
	struct buf sentence = {0};

	buf_printf(&sentence, "%s: %s%c", shared->first.address, why, '\0');
	if (shared->phase != LINKS_EMPTY)
		rest(shared, why);
	shared->phase = LINKS_EMPTY;
	set_state(shared, SHARED_EMPTY, sentence.at);
	buf_release(&sentence);
}

static void on_refused(void *arg, enum shared_where where, const char *sentence)
{
	struct shared *shared = arg;

	if (where == SHARED_STOPPED)
		stop(shared, sentence);
	else if (where == SHARED_EMPTY)
		be_empty(shared, sentence);
	else
		give_up(shared, sentence);
}

/* ---- the first: what it is */

static void look_at(struct shared *shared, struct span info)
{
	struct buf *why = &shared->scratch;
	bool evicts;

	buf_clear(why);
	evicts = info_evicts(info, why);
	buf_add_char(why, '\0');
	if (evicts && !shared->evicts)
		log_warnx(LINE_SHARED_AWAY, why->at);
	shared->evicts = evicts;
}

static void on_info_again(void *arg, const struct redis_reply *reply)
{
	struct shared *shared = arg;

	look_at(shared, shared->first.conn.redis->text(reply));
}

static void on_info(void *arg, const struct redis_reply *reply)
{
	struct shared *shared = arg;
	const struct redis *redis = shared->first.conn.redis;
	struct span info = redis->text(reply);
	struct buf *why = &shared->scratch;

	buf_clear(why);
	if (redis->kind(reply) == REDIS_KIND_ERROR) {
		fault_of_error(why, info);
	} else if (!info_is_unfit(info, why)) {
		if (info_lacks_aof(info) && !shared->said_aof)
			log_warnx(LINE_SHARED_NO_AOF, shared->first.address);
		shared->said_aof = info_lacks_aof(info);
		shared->evicts = false;
		append_greet(&shared->append);
		return;
	}
	buf_add_char(why, '\0');
	give_up(shared, why->at);
}

static void ask_info(struct shared *shared, conn_answer *answer)
{
	struct buf command = {0};

	command_text(&command, "INFO");
	conn_ask(&shared->first.conn, buf_span(&command), answer, shared);
	buf_release(&command);
}

static void on_first_ready(void *arg)
{
	ask_info(arg, on_info);
}

static void on_first_lost(void *arg, const char *sentence)
{
	struct shared *shared = arg;

	shared->phase = LINKS_AWAY;
	rest(shared, sentence);
	set_state(shared, SHARED_AWAY, sentence);
}

/* It has said where the order stands. */
static void on_heard(void *arg, uint64_t last, uint64_t sent_us)
{
	struct shared *shared = arg;

	shared->state.last = last;
	shared->state.heard_us = sent_us;
	follow_heard(&shared->follow, last);
	if (shared->phase == LINKS_AWAY || shared->phase == LINKS_EMPTY) {
		shared->phase = LINKS_LINKING;
		dial_start(&shared->second, shared->first.address);
	} else if (shared->phase == LINKS_HERE && shared->beats_heard) {
		shared->beats_heard = false;
		tell(shared);
	}
}

static void on_stuck(void *arg)
{
	give_up(arg, "it does not answer");
}

/* ---- the second */

static void on_second_ready(void *arg)
{
	struct shared *shared = arg;

	follow_linked(&shared->follow);
}

static void on_second_lost(void *arg, const char *sentence)
{
	struct shared *shared = arg;
	struct buf why = {0};

	/* The address is said once. */
	(void)sentence;
	buf_printf(&why, "its second connection ended%c", '\0');
	give_up(shared, why.at);
	buf_release(&why);
}

static void on_ready(void *arg)
{
	struct shared *shared = arg;

	if (shared->phase != LINKS_LINKING)
		return;
	shared->phase = LINKS_HERE;
	dial_settle(&shared->first);
	append_open(&shared->append);
	trim_start(&shared->trim);
	cursors_linked(&shared->cursors);
	set_state(shared, SHARED_HERE, NULL);
}

/* ---- signs of life */

static uint64_t silence_of(const struct conn *conn, uint64_t now)
{
	return conn_is_open(conn) && conn_is_asked(conn) ? now - conn->heard_us
							 : 0;
}

/* Neither answers: away, and after give_up another is tried. */
static void listen(struct shared *shared)
{
	static const char why[] = "it does not answer";
	uint64_t now = loop_now_us(shared->loop);
	uint64_t first = silence_of(&shared->first.conn, now);
	uint64_t second = silence_of(&shared->second.conn, now);
	uint64_t longest = first > second ? first : second;
	uint64_t give_up_us = shared->options.give_up_ms * 1000;
	uint64_t quiet_us = LINKS_QUIET_MS * 1000ull;

	if (quiet_us > give_up_us)
		quiet_us = give_up_us;
	if (longest >= give_up_us) {
		give_up(shared, why);
	} else if (longest >= quiet_us && shared->phase == LINKS_HERE) {
		buf_clear(&shared->scratch);
		buf_printf(&shared->scratch, "%s: %s%c", shared->first.address,
			why, '\0');
		shared->quiet = true;
		set_state(shared, SHARED_AWAY, shared->scratch.at);
	} else if (shared->quiet && longest < quiet_us) {
		shared->quiet = false;
		set_state(shared, SHARED_HERE, NULL);
	}
}

static void on_beat(void *arg)
{
	struct shared *shared = arg;

	listen(shared);
	shared->beats++;
	shared->beats_heard = true;
	if (shared->phase == LINKS_HERE) {
		append_probe(&shared->append);
		if (shared->beats % LINKS_LOOK_BEATS == 0)
			ask_info(shared, on_info_again);
	} else if (shared->phase == LINKS_EMPTY &&
		   shared->founding.what == NULL &&
		   !conn_is_asked(&shared->first.conn)) {
		append_greet(&shared->append);
	}
}

/* ---- what goes through */

static void on_answered(void *arg, const struct shared_answer *answer)
{
	const struct shared *shared = arg;

	shared->notify.answered(shared->notify.arg, answer);
}

static void on_looked(void *arg, uint64_t number, uint64_t last)
{
	const struct shared *shared = arg;

	shared->notify.looked(shared->notify.arg, number, last);
}

static void on_entry(void *arg, const struct shared_entry *entry)
{
	struct shared *shared = arg;

	append_raise_floor(&shared->append, entry->id);
	shared->notify.entry(shared->notify.arg, entry);
}

static void on_hole(void *arg, const struct shared_hole *hole)
{
	struct shared *shared = arg;

	append_raise_floor(&shared->append, hole->start);
	shared->notify.hole(shared->notify.arg, hole);
}

static void on_missed(
	void *arg, uint64_t from, uint64_t upto, const char *broken)
{
	struct shared *shared = arg;

	append_raise_floor(&shared->append, upto);
	if (broken != NULL)
		log_warnx(LINE_SHARED_BROKEN, (unsigned long long)upto, broken);
	shared->notify.missed(shared->notify.arg, from, upto, broken);
}

static void on_cursor(void *arg, void *whose, uint64_t cursor)
{
	const struct shared *shared = arg;

	shared->notify.cursor(shared->notify.arg, whose, cursor);
}

static void on_founded(void *arg, const char *fault)
{
	const struct shared *shared = arg;

	shared->notify.founded(shared->notify.arg, fault);
}

/* ---- life */

static void open_dials(struct shared *shared, const struct redis *redis)
{
	const struct dial_notify first = {
		on_first_ready, on_first_lost, shared};
	const struct dial_notify second = {
		on_second_ready, on_second_lost, shared};
	const struct shared_options *options = &shared->options;

	shared->dial_options = (struct dial_options){
		.db = options->db,
		.user = options->user,
		.password_file = options->password_file,
		.name = shared->client_name,
		.patience_us = options->give_up_ms * 1000,
	};
	if (shared->dial_options.patience_us > LINKS_QUIET_MS * 1000ull)
		shared->dial_options.patience_us = LINKS_QUIET_MS * 1000ull;
	dial_open(&shared->first, shared->loop, redis, &shared->dial_options,
		&first);
	dial_open(&shared->second, shared->loop, redis, &shared->dial_options,
		&second);
}

void links_open(struct shared *shared, const struct redis *redis)
{
	const struct append_notify append = {.answered = on_answered,
		.heard = on_heard,
		.refused = on_refused,
		.stuck = on_stuck,
		.looked = on_looked,
		.arg = shared};
	const struct follow_notify follow = {.entry = on_entry,
		.hole = on_hole,
		.missed = on_missed,
		.ready = on_ready,
		.refused = on_refused,
		.arg = shared};
	const struct shared_options *options = &shared->options;
	struct conn *first = &shared->first.conn;

	open_dials(shared, redis);
	append_init(&shared->append, shared->loop, first, options,
		options->prefix, &append);
	follow_init(&shared->follow, &shared->second.conn, options->prefix,
		&follow);
	trim_init(&shared->trim, shared->loop, first, options, options->prefix);
	founding_init(&shared->founding, first, options, options->prefix,
		on_founded, shared);
	cursors_init(
		&shared->cursors, first, options->prefix, on_cursor, shared);
	shared->state = (struct shared_state){.where = SHARED_AWAY,
		.sentence = "it has not been reached yet",
		.away_since = clock_date_ms(loop_clock(shared->loop)),
		.server = ""};
	timer_init(&shared->beat, on_beat, shared);
	timer_set(loop_timers(shared->loop), &shared->beat,
		LINKS_BEAT_MS * 1000ull, LINKS_BEAT_MS * 1000ull);
	dial_start(&shared->first, options->redis);
}

void links_close(struct shared *shared)
{
	timer_stop(loop_timers(shared->loop), &shared->beat);
	trim_stop(&shared->trim);
	dial_close(&shared->first);
	dial_close(&shared->second);
	append_release(&shared->append);
	follow_release(&shared->follow);
	founding_release(&shared->founding);
	cursors_release(&shared->cursors);
	buf_release(&shared->sentence);
	buf_release(&shared->scratch);
}
