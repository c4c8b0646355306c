/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/links.h"

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

static void stop(struct shared *shared, const char *sentence)
{
	shared->phase = LINKS_STOPPED;
	rest(shared, sentence);
	dial_stop(&shared->first);
	links_set_state(shared, SHARED_STOPPED, sentence);
}

static void be_empty(struct shared *shared, const char *why)
{
	struct buf sentence = {0};

	buf_printf(&sentence, "%s: %s%c", shared->first.address, why, '\0');
	if (shared->phase != LINKS_EMPTY) {
		rest(shared, why);
		shared->empty_us = loop_now_us(shared->loop);
	}
	shared->phase = LINKS_EMPTY;
	links_set_state(shared, SHARED_EMPTY, sentence.at);
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
		links_give_up(shared, sentence);
}

/* ---- the first: what it is */

static void on_first_ready(void *arg)
{
	links_ask_info(arg, false);
}

static void on_first_lost(void *arg, const char *sentence)
{
	struct shared *shared = arg;

	shared->phase = LINKS_AWAY;
	rest(shared, sentence);
	links_set_state(shared, SHARED_AWAY, sentence);
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
		links_tell(shared);
	}
}

static void on_stuck(void *arg)
{
	links_give_up(arg, "it does not answer");
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
	links_give_up(shared, why.at);
	buf_release(&why);
}

static void on_ready(void *arg)
{
	struct shared *shared = arg;

	if (shared->phase != LINKS_LINKING)
		return;
	shared->phase = LINKS_HERE;
	dial_settle(&shared->first);
	append_open(&shared->append, shared->follow.newest_hole);
	trim_start(&shared->trim);
	cursors_linked(&shared->cursors);
	links_set_state(shared, SHARED_HERE, NULL);
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
		links_give_up(shared, why);
	} else if (longest >= quiet_us && shared->phase == LINKS_HERE) {
		buf_clear(&shared->scratch);
		buf_printf(&shared->scratch, "%s: %s%c", shared->first.address,
			why, '\0');
		shared->quiet = true;
		links_set_state(shared, SHARED_AWAY, shared->scratch.at);
	} else if (shared->quiet && longest < quiet_us) {
		shared->quiet = false;
		links_set_state(shared, SHARED_HERE, NULL);
	}
}

static void forget_machines(struct shared *shared)
{
	machines_forget(&shared->machines);
	shared->state.machines = 0;
}

static void on_beat(void *arg)
{
	struct shared *shared = arg;

	listen(shared);
	shared->beats++;
	shared->beats_heard = true;
	if (loop_now_us(shared->loop) - shared->machines_us >
		MACHINES_GONE_MS * 1000ull)
		forget_machines(shared);
	if (shared->phase == LINKS_HERE) {
		append_probe(&shared->append);
		tally_beat(&shared->tally);
		machines_beat(&shared->machines, shared->append.floor,
			shared->tally.version);
		if (shared->beats % LINKS_LOOK_BEATS == 0)
			links_ask_info(shared, true);
	} else if (shared->phase == LINKS_EMPTY &&
		   shared->founding.what == NULL &&
		   !conn_is_asked(&shared->first.conn)) {
		append_greet(&shared->append);
		if (shared->options.found_auto)
			machines_beat(&shared->machines, shared->append.floor,
				shared->tally.version);
	}
}

/* ---- other machines */

static void hear_tallies(struct shared *shared)
{
	size_t count;
	const struct machine *all = machines_all(&shared->machines, &count);

	for (size_t i = 0; i < count; i++)
		tally_hear(&shared->tally, all[i].origin, all[i].version);
}

/* After a while the one whose log is the newest founds what is empty. */
static void on_machines(void *arg)
{
	struct shared *shared = arg;
	uint64_t now = loop_now_us(shared->loop);

	shared->machines_us = now;
	if (shared->machines.since_us == 0)
		shared->machines.since_us = now;
	shared->state.machines = (unsigned)machines_count(&shared->machines);
	if (shared->phase == LINKS_HERE)
		hear_tallies(shared);
	if (shared->phase != LINKS_EMPTY || shared->founding.what != NULL ||
		now - shared->empty_us < LINKS_HEAR_MS * 1000ull ||
		!machines_is_newest(&shared->machines))
		return;
	shared->empty_us = now;
	shared->notify.may_found(shared->notify.arg);
}

static void on_left(void *arg, const uint8_t origin[SHARED_ID])
{
	struct shared *shared = arg;

	tally_left(&shared->tally, origin);
	if (shared->notify.left != NULL)
		shared->notify.left(shared->notify.arg, origin);
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
	const struct append_notify append = {.answered = links_answered,
		.heard = on_heard,
		.refused = on_refused,
		.stuck = on_stuck,
		.looked = links_looked,
		.arg = shared};
	const struct follow_notify follow = {.entry = links_entry,
		.hole = links_hole,
		.missed = links_missed,
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
		links_founded, shared);
	machines_init(&shared->machines, first, options, options->prefix);
	tally_init(&shared->tally, first, options, options->prefix,
		clock_date_us(loop_clock(shared->loop)));
	shared->tally.counted = links_counted;
	shared->tally.arg = shared;
	shared->machines.heard = on_machines;
	shared->machines.left = on_left;
	shared->machines.arg = shared;
	cursors_init(
		&shared->cursors, first, options->prefix, links_cursor, shared);
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
	machines_release(&shared->machines);
	tally_release(&shared->tally);
	buf_release(&shared->sentence);
	buf_release(&shared->scratch);
}
