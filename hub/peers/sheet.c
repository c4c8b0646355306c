/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/sheet.h"

#include "lib/event/selector.h"

void wanted_read_again(struct wanted *wanted, struct wire_in *in)
{
	wanted->tag = wire_get_u64(in);
	wanted->after = wire_get_u64(in);
	wanted->upto = wire_get_u64(in);
	wanted->bytes = wire_get_u32(in);
	wanted->sight = (struct sight){.all = wire_get_u8(in) == 0};
	wanted->kind = wire_get_u8(in);
	wanted->name = wire_get_str16(in);
}

bool wanted_read(struct wanted *wanted, struct wire_in *in)
{
	wanted_read_again(wanted, in);
	return wire_done(in) && selector_is(wanted->kind, wanted->name);
}

/* Where nothing is private it is the one that everybody's questions are of. */
static struct match *match_of(struct eventlog *log, const struct wanted *wanted)
{
	const struct sight sight = {
		.all = wanted->sight.all || !channels_hide(log->channels)};

	return match_get(&log->matches, &sight, wanted->name);
}

bool sheet_prepare(
	struct eventlog *log, const struct wanted *wanted, uint64_t end)
{
	return wanted->kind == SELECTOR_EXACT ||
	       match_look(match_of(log, wanted), log->channels, wanted->after,
		       end);
}

/* What it has so far. */
struct page {
	struct buf *out;
	uint64_t end; /* when time is up, unless it has too few */
	uint64_t through;
	size_t bytes, taken;
	uint32_t count;
	bool passed; /* something that is not for who asks */
};

static bool is_full(const struct page *page, const struct eventlog *log)
{
	if (page->passed && clock_now_us(log->clock) > page->end)
		return true;
	if (page->count == 0)
		return false;
	return page->taken >= page->bytes || page->taken >= PAGE_BYTES_MAX ||
	       (page->count >= PAGE_EVENTS &&
		       clock_now_us(log->clock) > page->end);
}

static void put(struct page *page, const struct wire_event *event)
{
	size_t size = wire_event_size(event);

	wire_put_u32(page->out, (uint32_t)size);
	wire_put_event(page->out, event);
	page->taken += size;
	page->count++;
	page->through = event->id;
}

static void pass(struct page *page, uint64_t id)
{
	page->passed = true;
	page->through = id;
}

/* False if something turned out to be lost: once more. */
static bool collect(struct page *page, struct eventlog *log,
	struct channel *channel, const struct wanted *wanted, uint64_t limit)
{
	enum eventlog_found found = EVENTLOG_END;
	uint64_t after = wanted->after;
	struct wire_event event;

	eventlog_walk(log, channel, after);
	page->end = clock_now_us(log->clock) + SHEET_US;
	while (!is_full(page, log) &&
		(found = eventlog_step(log, channel, limit, &event)) ==
			EVENTLOG_EVENT) {
		if (sight_has(&log->channels->sights, &wanted->sight, channel,
			    event.traits))
			put(page, &event);
		else
			pass(page, event.id);
	}
	if (found == EVENTLOG_END && limit > after)
		page->through = limit;
	eventlog_rest(log);
	return found != EVENTLOG_LOSS;
}

/* What is private is not even compared: it would take time. */
static bool is_wanted(const struct channels *channels,
	struct selector *selector, const struct wanted *wanted,
	const struct wire_event *event)
{
	return (wanted->sight.all || !channels_hide(channels) ||
		       sight_has(&channels->sights, &wanted->sight,
			       channel_find(channels, event->channel),
			       event->traits)) &&
	       selector_matches(selector, event->channel);
}

/* Likewise; true at the end of the rows. */
static bool scan(struct page *page, struct eventlog *log,
	const struct match *match, const struct wanted *wanted,
	enum eventlog_found *found)
{
	const struct channels *channels = log->channels;
	struct wire_event event;

	while ((*found = eventlog_next(log, wanted->after, &event)) ==
		EVENTLOG_EVENT) {
		if (is_wanted(channels, match->selector, wanted, &event))
			put(page, &event);
		page->through = event.id;
		if (is_full(page, log) || clock_now_us(log->clock) > page->end)
			return false;
	}
	return *found == EVENTLOG_END;
}

static bool collect_pattern(struct page *page, struct eventlog *log,
	const struct wanted *wanted, uint64_t limit)
{
	const struct match *match = match_of(log, wanted);
	enum eventlog_found found = EVENTLOG_END;

	if (limit <= wanted->after)
		return true;
	page->end = clock_now_us(log->clock) + SHEET_US;
	eventlog_check_ends(log, wanted->after);
	eventlog_read(log, wanted->after, limit);
	if (scan(page, log, match, wanted, &found))
		page->through = limit;
	eventlog_rest(log);
	return found != EVENTLOG_LOSS;
}

static uint64_t mark_of_pattern(
	struct eventlog *log, const struct wanted *wanted)
{
	struct match *match = match_of(log, wanted);

	/* What was found to be lost while it was put. */
	match_look(match, log->channels, wanted->after, UINT64_MAX);
	return match_mark(match, log->channels, wanted->after).through;
}

/* One without a row may have been dropped since it was judged. */
static uint64_t mark_of(struct channels *channels,
	const struct channel *channel, const struct wanted *wanted)
{
	return channel != NULL ? sight_mark(&wanted->sight, channel).through
			       : channels_mark(channels, wanted->name,
					 wanted->sight.all)
					 .through;
}

/* False if it has to be put once more. */
static bool collect_wanted(struct page *page, struct eventlog *log,
	const struct wanted *wanted, uint64_t limit, uint64_t *mark)
{
	struct channel *channel;
	bool whole = true;

	if (wanted->kind != SELECTOR_EXACT) {
		whole = collect_pattern(page, log, wanted, limit);
		*mark = mark_of_pattern(log, wanted);
		return whole;
	}
	channel = channel_find(log->channels, wanted->name);
	if (channel != NULL)
		whole = collect(page, log, channel, wanted, limit);
	else if (limit > wanted->after)
		page->through = limit;
	*mark = mark_of(log->channels, channel, wanted);
	return whole;
}

bool sheet_put(struct eventlog *log, struct buf *out,
	const struct wanted *wanted, uint64_t limit)
{
	struct page page = {
		.out = out, .through = wanted->after, .bytes = wanted->bytes};
	uint64_t mark;
	size_t begun, end;
	bool whole;

	wire_put_u64(out, wanted->tag);
	begun = out->len;
	wire_put_u64(out, 0); /* through, mark and count, once known */
	wire_put_u64(out, 0);
	wire_put_u32(out, 0);
	whole = collect_wanted(&page, log, wanted, limit, &mark);
	end = out->len;
	out->len = begun;
	wire_put_u64(out, page.through);
	wire_put_u64(out, mark);
	wire_put_u32(out, page.count);
	out->len = end;
	return whole;
}
