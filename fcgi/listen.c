#include <config.h>

#include "fcgi/listen.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/admit.h"
#include "fcgi/opening.h"
#include "fcgi/query.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/stream.h"
#include "lib/clock.h"
#include "lib/text.h"

enum {
	CURSOR_MAX = 64, /* bytes of a cursor that we repeat in a `reset` */
};

/* What is collected for one wish. */
struct hearing {
	struct buf names;      /* decoded channel names, one after another */
	struct span *channels; /* in it */
	size_t count;
	struct buf cursor; /* decoded */
};

static void hearing_release(struct hearing *hearing)
{
	buf_release(&hearing->names);
	buf_release(&hearing->cursor);
	free(hearing->channels);
}

/* ---- channels */

/* Room for all names at once, so that the spans stay where they are: a decoded
 * name is no longer than it was. */
static void hearing_init(struct hearing *hearing, const struct aim *aim)
{
	*hearing = (struct hearing){0};
	buf_reserve(&hearing->names, aim->channel.len + aim->query.len + 1);
}

static const char *add_channel(struct hearing *hearing, size_t begin)
{
	struct span name =
		span(hearing->names.at + begin, hearing->names.len - begin);
	const char *fault = text_channel_fault(name);

	if (fault != NULL)
		return fault;
	if (hearing->count == CHANNELS_MAX)
		return "a stream has at most 1,000 channels";
	if (hearing->channels == NULL || (hearing->count & 15) == 0)
		hearing->channels = mem_resize(hearing->channels,
			(hearing->count + 16) * sizeof(name));
	hearing->channels[hearing->count++] = name;
	return NULL;
}

static const char *add_given(struct hearing *hearing, struct span name)
{
	size_t begin = hearing->names.len;

	buf_add_span(&hearing->names, name);
	return add_channel(hearing, begin);
}

static const char *add_queried(struct hearing *hearing, struct span query)
{
	const char *fault = NULL;
	struct pair pair;

	while (fault == NULL && query_next(&query, &pair)) {
		size_t begin = hearing->names.len;

		if (!query_named(&pair, "channel"))
			continue;
		if (!pair.has_value)
			return "?channel needs a value";
		if (!query_decode_value(&hearing->names, pair.value))
			return "?channel= has a '%' without two hexadecimal "
			       "digits";
		fault = add_channel(hearing, begin);
	}
	return fault;
}

static int bytewise(const void *left, const void *right)
{
	const struct span *a = left, *b = right;
	int order = memcmp(a->at, b->at, a->len < b->len ? a->len : b->len);

	if (order != 0 || a->len == b->len)
		return order;
	return a->len < b->len ? -1 : 1;
}

static void sort(struct hearing *hearing)
{
	size_t kept = 1;

	if (hearing->count < 2)
		return;
	qsort(hearing->channels, hearing->count, sizeof(struct span), bytewise);
	for (size_t i = 1; i < hearing->count; i++)
		if (!span_equal(
			    hearing->channels[i], hearing->channels[kept - 1]))
			hearing->channels[kept++] = hearing->channels[i];
	hearing->count = kept;
}

/* ---- where to begin */

/* "10m" -> milliseconds; false if it is no such thing. */
static bool read_span_of_time(struct span text, uint64_t *ms)
{
	static const struct {
		char unit;
		uint64_t ms;
	} units[] = {
		{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
	uint64_t number;

	if (text.len < 2 || text.len > 11 ||
		!text_to_u64(span(text.at, text.len - 1), &number))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit != text.at[text.len - 1])
			continue;
		*ms = number * units[i].ms;
		return true;
	}
	return false;
}

static const char *read_since(struct wish *wish, struct span text, uint64_t now)
{
	uint64_t ago;

	wish->fresh = false;
	if (span_is(text, "all")) {
		wish->from = WIRE_ALL;
		return NULL;
	}
	if (text_to_u64(text, &wish->value)) {
		wish->from = WIRE_AFTER;
		return NULL;
	}
	if (!read_span_of_time(text, &ago))
		return "?since= is a duration such as 30s, 10m, 2h or 7d, a "
		       "cursor, or all";
	wish->from = WIRE_SINCE;
	wish->value = ago < now ? now - ago : 0;
	return NULL;
}

static void read_cursor(struct wish *wish, struct span text)
{
	wish->fresh = false;
	wish->from =
		text_to_u64(text, &wish->value) ? WIRE_AFTER : WIRE_UNKNOWN;
}

/* As much of the cursor as can be repeated to the browser. */
static struct span repeatable(struct span text)
{
	if (text.len > CURSOR_MAX)
		text.len = CURSOR_MAX;
	return text_is_utf8(text, NULL) ? text : span(NULL, 0);
}

static const char *read_begin(struct hearing *hearing, struct wish *wish,
	const struct request *request, struct span query,
	const struct clock *clock)
{
	struct pair pair;
	const char *fault = NULL;

	wish->fresh = true;
	if (query_last_id(&hearing->cursor, request, query))
		read_cursor(wish, buf_span(&hearing->cursor));
	else if (query_value(&hearing->cursor, query, "since"))
		fault = read_since(
			wish, buf_span(&hearing->cursor), clock_date_ms(clock));
	else if (query_find(query, "since", &pair))
		fault = "?since needs a value";
	wish->requested = repeatable(buf_span(&hearing->cursor));
	return fault;
}

/* ---- the answer */

static void open_stream(
	struct listen *listen, struct request *request, struct wish *wish)
{
	wish->visitor = admit_enter(listen->admit, request, wish->count);
	if (wish->visitor == NULL)
		return;
	wish->fd = request->fd;
	wish->request = request->id;
	wish->headers = buf_span(&request->headers);
	request->fd = -1;
	stream_open(listen->streams, wish);
	request_free(request);
}

/* The channels are collected; `fault` is what was wrong with them. */
static void answer(struct listen *listen, struct request *request,
	const struct aim *aim, struct hearing *hearing, const char *fault)
{
	struct wish wish = {.envelope = query_flag(aim->query, "envelope")};
	const char *code = "bad_channel";

	sort(hearing);
	wish.channels = hearing->channels;
	wish.count = (uint16_t)hearing->count;
	if (fault == NULL) {
		code = "bad_since";
		fault = read_begin(
			hearing, &wish, request, aim->query, listen->clock);
	}
	if (fault == NULL)
		open_stream(listen, request, &wish);
	else
		reply_error(listen->replies, request, 400, code, fault);
	hearing_release(hearing);
}

void listen_channels(void *room, struct request *request, const struct aim *aim)
{
	struct hearing hearing;
	const char *fault;

	hearing_init(&hearing, aim);
	fault = add_queried(&hearing, aim->query);
	if (fault == NULL && hearing.count == 0)
		fault = add_given(&hearing, aim->channel);
	answer(room, request, aim, &hearing, fault);
}

void listen_channel(void *room, struct request *request, const struct aim *aim)
{
	struct hearing hearing;
	const char *fault;

	hearing_init(&hearing, aim);
	fault = add_given(&hearing, aim->channel);
	if (fault == NULL)
		fault = add_queried(&hearing, aim->query);
	answer(room, request, aim, &hearing, fault);
}

void listen_one(void *room, struct request *request, const struct aim *aim)
{
	struct hearing hearing;

	hearing_init(&hearing, aim);
	answer(room, request, aim, &hearing, add_given(&hearing, aim->channel));
}
