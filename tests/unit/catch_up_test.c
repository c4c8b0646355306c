/* SPDX-License-Identifier: MIT */
/* replay: whatever is asked for, in whatever order the hub answers and whatever
 * it prunes meanwhile, everybody is given each event once, in order, and is
 * told of what is missing */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/stream_room.h"

enum {
	CHANNELS = 8,
	READERS = 12,
	PENDING = 512,
	SEEDS = 400,
	STEPS = 5000,
};

/* The log: what is on each id up to the window, and what has gone. */
static char channel_of[ROOM_FROM + 1]; /* a letter; 0 = nothing */
static int pruned[ROOM_FROM + 1];      /* in which step; 0 = it is held */
static uint64_t mark_of[CHANNELS];

struct reader {
	int fd;
	uint64_t start;
	char letters[CHANNELS + 1];
	struct buf text;
};

static struct reader readers[READERS];
static int steps; /* since this play began */

struct pending {
	enum wire_type type;
	uint64_t number;
	struct buf body;
};

static struct pending pending[PENDING];
static size_t pending_count;

static unsigned below(unsigned n)
{
	return (unsigned)random() % n;
}

static void make_log(void)
{
	memset(pruned, 0, sizeof(pruned));
	memset(mark_of, 0, sizeof(mark_of));
	for (int id = 1; id <= ROOM_FROM; id++)
		channel_of[id] =
			(char)(below(4) > 0 ? 'a' + below(CHANNELS) : 0);
}

/* The channel's oldest events, up to one at random. */
static void prune(void)
{
	unsigned channel = below(CHANNELS);
	unsigned upto = 1 + below(ROOM_FROM);

	for (unsigned id = 1; id <= upto; id++) {
		if (channel_of[id] != (char)('a' + channel))
			continue;
		if (pruned[id] == 0)
			pruned[id] = steps;
		if (id > mark_of[channel])
			mark_of[channel] = id;
	}
}

/* ---- the hub */

static void hear(struct room *room)
{
	struct pending *to = &pending[pending_count];
	struct wire_in body;

	while (room_asked(room, &to->type, &to->number, &body)) {
		buf_clear(&to->body);
		buf_add(&to->body, body.at, (size_t)(body.end - body.at));
		assert_true(++pending_count < PENDING);
		to = &pending[pending_count];
	}
}

static uint64_t first_held(const char *letters, uint64_t after)
{
	for (uint64_t id = after + 1; id <= ROOM_FROM; id++)
		if (channel_of[id] != 0 && pruned[id] == 0 &&
			strchr(letters, channel_of[id]) != NULL)
			return id;
	return 0;
}

static bool has_news(char letter, uint64_t above)
{
	for (uint64_t id = above + 1; id <= ROOM_FROM; id++)
		if (channel_of[id] == letter)
			return true;
	return false;
}

static void get_told(struct wire_in *in, uint64_t *told)
{
	for (uint16_t count = wire_get_u16(in); count > 0; count--) {
		uint16_t place = wire_get_u16(in);

		assert_true(place < CHANNELS);
		told[place] = wire_get_u64(in);
	}
	assert_true(wire_done(in));
}

static void judge(struct room *room, uint64_t number, struct wire_in in)
{
	char letters[CHANNELS + 1] = "", busy[CHANNELS + 1] = "";
	uint64_t marks[CHANNELS] = {0}, told[CHANNELS] = {0};
	struct verdict verdict = {
		.limit = ROOM_FROM, .busy = busy, .marks = marks};
	uint16_t count;

	wire_get_u8(&in);
	verdict.used = wire_get_u64(&in);
	assert_int_equal(wire_get_u64(&in), ROOM_FROM);
	assert_int_equal(wire_get_str16(&in).len, 0); /* no label */
	count = wire_get_u16(&in);
	for (uint16_t i = 0; i < count; i++) {
		assert_int_equal(wire_get_u8(&in), 0);
		letters[i] = wire_get_str16(&in).at[0];
		marks[i] = mark_of[letters[i] - 'a'];
	}
	get_told(&in, told);
	for (uint16_t i = 0; i < count; i++)
		verdict.gap |= verdict.used < marks[i] && told[i] < marks[i];
	if (verdict.gap) {
		uint64_t first = first_held(letters, verdict.used);

		verdict.used = first != 0 ? first - 1 : ROOM_FROM;
	}
	for (uint16_t i = 0; i < count; i++)
		busy[i] = has_news(letters[i], verdict.used) ? 'x' : ' ';
	room_judges(room, number, &verdict);
}

static void put_event(struct buf *out, uint64_t id, struct span channel)
{
	const struct wire_event event = {
		.id = id, .channel = channel, .data = span_of("old")};

	wire_put_u32(out, (uint32_t)wire_event_size(&event));
	wire_put_event(out, &event);
}

static void page(struct room *room, uint64_t number, struct wire_in in)
{
	uint64_t after = wire_get_u64(&in), upto = wire_get_u64(&in);
	uint64_t through = after;
	uint32_t count = 0, most = 1 + below(6);
	struct buf events = {0}, out = {0};
	struct span channel;

	wire_get_u32(&in);
	assert_int_equal(wire_get_u8(&in), 0);
	channel = wire_get_str16(&in);
	for (uint64_t id = after + 1; id <= upto && count < most; id++) {
		through = id;
		if (channel_of[id] != channel.at[0] || pruned[id] != 0)
			continue;
		put_event(&events, id, channel);
		count++;
	}
	wire_put_u64(&out, number);
	wire_put_u64(&out, through);
	wire_put_u64(&out, mark_of[channel.at[0] - 'a']);
	wire_put_u32(&out, count);
	buf_add_span(&out, buf_span(&events));
	room_says(room, WIRE_PAGED, &out);
	buf_release(&out);
	buf_release(&events);
}

/* One of those that wait, not always the oldest. */
static void answer(struct room *room)
{
	size_t which = below((unsigned)pending_count);
	struct pending one = pending[which];

	pending_count--;
	pending[which] = pending[pending_count];
	pending[pending_count].body = (struct buf){0};
	if (one.type == WIRE_JUDGE)
		judge(room, one.number, wire_in(buf_span(&one.body)));
	else
		page(room, one.number, wire_in(buf_span(&one.body)));
	buf_release(&one.body);
}

/* ---- browsers */

static void come(struct room *room, struct reader *reader)
{
	struct span names[CHANNELS];
	struct subscription subscription = {
		.channels = names, .from = WIRE_AFTER};
	char digits[24];

	for (unsigned i = 0; i < CHANNELS; i++) {
		if (below(3) == 0 &&
			(i < CHANNELS - 1 || subscription.count > 0))
			continue;
		reader->letters[subscription.count] = (char)('a' + i);
		names[subscription.count] =
			span(&reader->letters[subscription.count], 1);
		subscription.count++;
	}
	reader->letters[subscription.count] = '\0';
	reader->start = below(ROOM_FROM);
	snprintf(digits, sizeof(digits), "%d", (int)reader->start);
	subscription.value = reader->start;
	subscription.requested = span_of(digits);
	subscription.dress = below(2) == 0 ? EVENT_ENVELOPE : EVENT_PLAIN;
	buf_clear(&reader->text);
	reader->fd = room_open(room, &subscription);
}

/* Each piece of text behind a line that says in which step it came. */
static void take_text(struct room *room, struct reader *reader)
{
	struct span text = room_text(room, reader->fd);

	if (text.len == 0)
		return;
	buf_printf(&reader->text, "step: %d\n", steps);
	buf_add_span(&reader->text, text);
}

static void leave(struct room *room, struct reader *reader)
{
	close(reader->fd);
	room_turn(room);
	come(room, reader);
}

/* What a reader was told, and when. */
struct story {
	bool given[ROOM_FROM + 1];
	int reset[ROOM_FROM + 1]; /* the last step in which one came at this
				     cursor; 0 = none did */
};

static void note(struct story *story, const struct reader *reader,
	uint64_t *last, uint64_t id, const char *line, int step)
{
	if (strncmp(line, "event: reset", 12) == 0) {
		story->reset[*last] = step;
	} else if (strncmp(line, "event: ", 7) != 0) {
		assert_true(id > *last && id <= ROOM_FROM);
		assert_non_null(strchr(reader->letters, channel_of[id]));
		story->given[id] = true;
		*last = id;
	}
}

/* Was it pruned, and a reset said so afterwards, below it? */
static bool is_told(const struct story *story, uint64_t id)
{
	for (uint64_t at = 0; at < id; at++)
		if (pruned[id] != 0 && story->reset[at] >= pruned[id])
			return true;
	return false;
}

/* Each event is given, or the reader knows that it is missing. */
static void check(const struct reader *reader)
{
	struct story story = {0};
	uint64_t last = reader->start;
	const char *at = reader->text.at;
	int step = 0;

	for (; at != NULL && *at != '\0'; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, "step: ", 6) == 0)
			step = (int)strtol(at + 6, NULL, 10);
		else if (strncmp(at, "id: ", 4) == 0)
			note(&story, reader, &last, strtoull(at + 4, NULL, 10),
				strchr(at, '\n') + 1, step);
	}
	for (uint64_t id = reader->start + 1; id <= ROOM_FROM; id++)
		if (channel_of[id] != 0 && !story.given[id] &&
			strchr(reader->letters, channel_of[id]) != NULL)
			assert_true(is_told(&story, id));
}

/* One whose gap goes up to the newest event is never behind. */
static bool is_live(const struct reader *reader)
{
	struct span text = buf_span(&reader->text);

	return has(text, "event: live") ||
	       (has(text, "\"timestamp\"") && !has(text, "\"behind\""));
}

static bool are_live(void)
{
	for (size_t i = 0; i < READERS; i++)
		if (!is_live(&readers[i]))
			return false;
	return true;
}

static void play(struct room *room)
{
	steps = 0;
	make_log();
	for (size_t i = 0; i < READERS; i++)
		come(room, &readers[i]);
	while (!are_live()) {
		unsigned what = below(100);

		assert_true(++steps < STEPS);
		hear(room);
		if (what < 4 && steps < 500)
			prune();
		else if (what < 6 && steps < 500)
			leave(room, &readers[below(READERS)]);
		else if (what < 7)
			room_hub_comes(room, ROOM_FROM); /* it was away */
		else if (pending_count > 0)
			answer(room);
		for (size_t i = 0; i < READERS; i++)
			take_text(room, &readers[i]);
	}
	for (size_t i = 0; i < READERS; i++) {
		buf_add_char(&readers[i].text, '\0');
		check(&readers[i]);
		close(readers[i].fd);
		buf_release(&readers[i].text);
	}
	while (pending_count > 0)
		buf_release(&pending[--pending_count].body);
}

static void test_everybody_is_given_everything_once_or_told(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		void *room;

		srandom(seed);
		room_shelf = seed % 3 == 0 ? 1000 : ROOM_WINDOW;
		room_enter(&room);
		play(room);
		room_leave(&room);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_everybody_is_given_everything_once_or_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
