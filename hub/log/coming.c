/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/log/coming.h"

#include "lib/event/traits.h"
#include "lib/text.h"

#define EXPIRES_MS UINT64_C(3600000)

void coming_release(struct coming *coming)
{
	buf_release(&coming->value);
	buf_release(&coming->traits);
	buf_release(&coming->row);
	buf_release(&coming->data);
}

/* ---- one event */

static void add_active(struct coming *coming, const struct active *active)
{
	buf_clear(&coming->value);
	active_put(&coming->value, active);
	trait_add(&coming->traits, TRAIT_ACTIVE, buf_span(&coming->value));
}

static struct span traits_of(struct coming *coming, const struct active *active,
	uint64_t at, const struct origin *origin)
{
	buf_clear(&coming->traits);
	buf_clear(&coming->value);
	wire_put_u64(&coming->value, at + EXPIRES_MS);
	trait_add(&coming->traits, TRAIT_EXPIRES, buf_span(&coming->value));
	add_active(coming, active);
	trait_add(&coming->traits, TRAIT_PRIVATE, span("", 0));
	if (origin == NULL)
		return buf_span(&coming->traits);
	buf_clear(&coming->row);
	origin_add(&coming->row, buf_span(&coming->traits), origin);
	return buf_span(&coming->row);
}

uint64_t coming_append(struct coming *coming, struct ledger *ledger,
	const struct active *active, uint64_t at, const struct origin *origin)
{
	struct span traits = traits_of(coming, active, at, origin);

	buf_clear(&coming->data);
	active_document(&coming->data, active);
	return ledger_append(ledger,
		channel_get(&ledger->channels, span_of(ACTIVE_CHANNEL)),
		span(NULL, 0), traits, buf_span(&coming->data));
}

/* ---- as a proposal */

bool coming_is(const struct proposal *what)
{
	return span_is(what->channel, ACTIVE_CHANNEL);
}

void coming_put(struct coming *coming, const struct active *active)
{
	buf_clear(&coming->traits);
	add_active(coming, active);
}

static bool is_topic(const struct proposed *item)
{
	return item->key.len == 0 && item->data.len > 0 &&
	       item->data.len <= ACTIVE_TOPIC_MAX &&
	       text_is_utf8(item->data, NULL);
}

/* One line: it stands in the event's document as it is. */
static bool is_line(struct span text, size_t most)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < ' ')
			return false;
	return text.len <= most && text_is_utf8(text, NULL);
}

static bool is_somebody(const struct proposal *what)
{
	struct buf only = {0};
	struct active active;
	bool good;

	if (!active_get(what->traits, &active))
		return false;
	trait_add(&only, TRAIT_ACTIVE, trait_find(what->traits, TRAIT_ACTIVE));
	good = span_equal(buf_span(&only), what->traits) &&
	       active.topic.len == 0 && active.user.len <= ACTIVE_USER_MAX &&
	       text_is_utf8(active.user, NULL) &&
	       is_line(active.payload, ACTIVE_PAYLOAD_MAX);
	buf_release(&only);
	return good;
}

const char *coming_fault(const struct proposal *what)
{
	static const char fault[] = "it does not say who is there";

	if (what->type.len > 0 || what->count == 0 ||
		what->count > ACTIVE_TOPICS_MAX || !is_somebody(what))
		return fault;
	for (uint32_t i = 0; i < what->count; i++)
		if (!is_topic(&what->items[i]))
			return fault;
	return NULL;
}

struct active coming_read(const struct proposal *what, uint64_t at)
{
	struct active active;

	active_get(what->traits, &active);
	if (active.since == 0 || active.since > at)
		active.since = at;
	return active;
}

bool coming_apply(struct ledger *ledger, const struct proposal *what,
	uint64_t at, const struct origin *origin)
{
	struct active active = coming_read(what, at);
	struct origin row = *origin;
	struct coming coming = {0};
	uint64_t id = 1;

	for (row.index = 0; row.index < what->count && id != 0; row.index++) {
		active.topic = what->items[row.index].data;
		id = coming_append(&coming, ledger, &active, at, &row);
	}
	coming_release(&coming);
	return id != 0;
}
