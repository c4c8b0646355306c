#include "config.h"

#include "hub/census.h"

#include <stdlib.h>
#include <string.h>

#include "hub/tally.h"
#include "lib/text.h"

struct asker {
	struct asker *next;
	struct peer *peer;
	uint64_t tag;
	uint16_t limit;
	uint8_t len;
	char after[CHANNEL_MAX];
};

struct waited { /* for this peer's COUNTED */
	struct waited *next;
	struct peer *peer;
};

struct census {
	struct census *next;
	struct censuses *all;
	uint64_t tag; /* of our COUNT */
	struct asker *askers;
	struct waited *waited;
	struct tally tally;
	struct ev_timer deadline;
	uint8_t len; /* of `only` */
	char only[CHANNEL_MAX];
};

struct line {
	struct span name;
	const struct channel *channel; /* NULL = nothing is stored */
	uint32_t subscribers;
};

/* ---- the answer */

static int compare(struct span a, struct span b)
{
	int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_lines(const void *one, const void *other)
{
	const struct line *a = one, *b = other;

	return compare(a->name, b->name);
}

struct listing {
	struct census *census;
	struct buf *lines;
	struct span after;
	size_t limit; /* of lines, with one more to know that there is one */
};

static void add_line(struct listing *listing, struct span name,
	const struct channel *channel)
{
	const struct count *count = tally_find(&listing->census->tally, name);
	struct line line = {name, channel, 0};

	if (count != NULL)
		line.subscribers = count->number;
	buf_add(listing->lines, &line, sizeof(line));
}

static bool add_stored(void *arg, struct channel *channel)
{
	struct listing *listing = arg;
	struct span name = channel_name(channel);

	if (channel->events > 0 ||
		tally_find(&listing->census->tally, name) != NULL)
		add_line(listing, name, channel);
	return listing->lines->len / sizeof(struct line) <= listing->limit;
}

/* Channels that are listened to, but never had an event. */
static void add_listened(void *arg, const struct count *count)
{
	struct listing *listing = arg;
	struct span name = count_name(count);

	if (compare(name, listing->after) > 0 &&
		channel_find(&listing->census->all->ledger->channels, name) ==
			NULL)
		add_line(listing, name, NULL);
}

static void put_line(
	struct channels *channels, struct buf *out, const struct line *line)
{
	const struct channel *channel = line->channel;
	struct channel *known =
		channel == NULL ? NULL
				: channel_numbered(channels, channel->number);

	wire_put_str8(out, line->name);
	wire_put_u64(out, known == NULL ? 0 : known->events);
	wire_put_u64(out, known == NULL ? 0 : known->bytes);
	wire_put_u64(out, known == NULL ? 0 : channel_oldest(channels, known));
	wire_put_u64(
		out, known == NULL || known->events == 0 ? 0 : known->newest);
	wire_put_u32(out, line->subscribers);
}

static void collect(
	struct census *census, const struct asker *asker, struct buf *lines)
{
	struct channels *channels = &census->all->ledger->channels;
	struct span only = span(census->only, census->len);
	struct listing listing = {
		census, lines, span(asker->after, asker->len), asker->limit};

	if (only.len > 0) {
		add_line(&listing, only, channel_find(channels, only));
		return;
	}
	channels_list(channels, listing.after, add_stored, &listing);
	tally_each(&census->tally, add_listened, &listing);
	if (lines->len > 0)
		qsort(lines->at, lines->len / sizeof(struct line),
			sizeof(struct line), compare_lines);
}

static void answer(struct census *census, const struct asker *asker)
{
	struct channels *channels = &census->all->ledger->channels;
	struct buf *out, lines = {0};
	const struct line *line;
	size_t count;
	bool more;

	collect(census, asker, &lines);
	line = (const struct line *)(const void *)lines.at;
	count = lines.len / sizeof(*line);
	more = count > asker->limit;
	count = more ? asker->limit : count;
	out = link_begin(&asker->peer->link, WIRE_CHANNELED);
	wire_put_u64(out, asker->tag);
	wire_put_u8(out, more);
	wire_put_u32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		put_line(channels, out, &line[i]);
	link_end(&asker->peer->link);
	buf_release(&lines);
}

/* ---- life */

static void census_free(struct census *census)
{
	struct census **at = &census->all->first;

	while (*at != census)
		at = &(*at)->next;
	*at = census->next;
	ev_timer_stop(census->all->peers->loop, &census->deadline);
	tally_release(&census->tally);
	while (census->askers != NULL) {
		struct asker *asker = census->askers;

		census->askers = asker->next;
		free(asker);
	}
	while (census->waited != NULL) {
		struct waited *waited = census->waited;

		census->waited = waited->next;
		free(waited);
	}
	free(census);
}

static void finish(struct census *census)
{
	/* Names in answers are those of rows: none may be about to vanish. */
	ledger_commit(census->all->ledger);
	for (struct asker *at = census->askers; at != NULL; at = at->next)
		answer(census, at);
	census_free(census);
}

static void too_late(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	finish(timer->data);
}

static void ask_followers(struct census *census)
{
	for (struct peer *at = census->all->peers->first; at != NULL;
		at = at->next) {
		struct waited *waited;
		struct buf *out;

		if (at->follow == NOT || at->closed || peer_is_stalled(at))
			continue;
		waited = mem_new(sizeof(*waited));
		waited->peer = at;
		waited->next = census->waited;
		census->waited = waited;
		out = link_begin(&at->link, WIRE_COUNT);
		wire_put_u64(out, census->tag);
		wire_put_str8(out, span(census->only, census->len));
		link_end(&at->link);
	}
}

static struct census *census_new(struct censuses *all, struct span only)
{
	struct census *census = mem_new(sizeof(*census));

	census->all = all;
	census->tag = ++all->tag;
	census->len = (uint8_t)only.len;
	if (only.len > 0)
		memcpy(census->only, only.at, only.len);
	census->next = all->first;
	all->first = census;
	ev_timer_init(&census->deadline, too_late, WIRE_COUNT_MS / 1e3, 0.);
	census->deadline.data = census;
	ev_timer_start(all->peers->loop, &census->deadline);
	ask_followers(census);
	return census;
}

static struct census *find_census(const struct censuses *all, struct span only)
{
	struct census *at = all->first;

	while (at != NULL && !span_equal(span(at->only, at->len), only))
		at = at->next;
	return at;
}

bool census_ask(struct censuses *all, struct peer *peer, struct wire_in *in)
{
	uint64_t tag = wire_get_u64(in);
	struct span after = wire_get_str8(in);
	uint16_t limit = wire_get_u16(in);
	struct span only = wire_get_str8(in);
	struct census *census;
	struct asker *asker;

	if (!wire_done(in))
		return false;
	census = find_census(all, only);
	if (census == NULL)
		census = census_new(all, only);
	asker = mem_new(sizeof(*asker));
	asker->peer = peer;
	asker->tag = tag;
	asker->limit = limit < CENSUS_LINES_MAX ? limit : CENSUS_LINES_MAX;
	asker->len = (uint8_t)after.len;
	if (after.len > 0)
		memcpy(asker->after, after.at, after.len);
	asker->next = census->askers;
	census->askers = asker;
	if (census->waited == NULL)
		finish(census);
	return true;
}

/* True if that was the last one waited for. */
static bool no_longer_wait(struct census *census, const struct peer *peer)
{
	struct waited **at = &census->waited;

	while (*at != NULL && (*at)->peer != peer)
		at = &(*at)->next;
	if (*at != NULL) {
		struct waited *waited = *at;

		*at = waited->next;
		free(waited);
	}
	return census->waited == NULL;
}

bool census_counted(struct censuses *all, struct peer *peer, struct wire_in *in)
{
	struct census *census = all->first;
	uint64_t tag = wire_get_u64(in);
	uint32_t count = wire_get_u32(in);

	while (census != NULL && census->tag != tag)
		census = census->next;
	for (uint32_t i = 0; i < count && !in->failed; i++) {
		struct span name = wire_get_str8(in);
		uint32_t subscribers = wire_get_u32(in);

		if (!in->failed && text_channel_fault(name) == NULL &&
			census != NULL)
			tally_add(&census->tally, name, subscribers);
	}
	if (!wire_done(in))
		return false;
	if (census != NULL && no_longer_wait(census, peer))
		finish(census);
	return true;
}

static void forget_asker(struct census *census, const struct peer *peer)
{
	struct asker **at = &census->askers;

	while (*at != NULL) {
		struct asker *asker = *at;

		if (asker->peer != peer) {
			at = &asker->next;
			continue;
		}
		*at = asker->next;
		free(asker);
	}
}

void census_leave(struct censuses *all, struct peer *peer)
{
	struct census *next;

	for (struct census *at = all->first; at != NULL; at = next) {
		next = at->next;
		forget_asker(at, peer);
		if (no_longer_wait(at, peer))
			finish(at);
	}
}

void census_end(struct censuses *all)
{
	while (all->first != NULL)
		census_free(all->first);
}
