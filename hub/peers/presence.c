/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/presence.h"

#include <stdlib.h>
#include <string.h>

#include "hub/peers/peer.h"
#include "lib/event/traits.h"
#include "lib/text.h"

#define EXPIRES_MS UINT64_C(3600000)

/* One subscriber. */
struct present {
	struct table_node by_subscriber;
	struct attendant who;
	struct node among;   /* its peer's, or the orphans */
	struct node waiting; /* with its payer, or among the drafts */
	struct peer *peer;   /* that speaks for it; NULL = an orphan */
	struct payer *payer;
	uint64_t deadline; /* of an orphan, monotonic us */
	uint64_t joined;   /* id of the first event that told of its coming */
	bool gone;	   /* it has left */
	bool told;	   /* its coming was, and its leaving was not */
	bool drafted;	   /* the other is, in this transaction */
	struct buf body;   /* of its JOINED: what it borrows from */
	struct span topics;
	uint16_t count;
	struct attendance_entry entries[];
};

static struct present *present_of(struct table_node *node)
{
	return node == NULL ? NULL
			    : table_entry(node, struct present, by_subscriber);
}

static struct span key_of(const uint8_t subscriber[ACTIVE_SUBSCRIBER])
{
	return span((const char *)subscriber, ACTIVE_SUBSCRIBER);
}

static struct span subscriber_of(const struct table_node *node)
{
	/* It is the first member. */
	return key_of(
		((const struct present *)(const void *)node)->who.subscriber);
}

static struct present *find(
	const struct presence *presence, struct span subscriber)
{
	return present_of(table_find(&presence->presents, subscriber));
}

/* ---- a body of JOINED */

struct joined {
	struct span subscriber, address, user, payload, topics;
	uint16_t count;
};

static bool is_topic(struct span topic)
{
	return topic.len > 0 && topic.len <= ACTIVE_TOPIC_MAX &&
	       text_is_utf8(topic, NULL);
}

static bool get_joined(struct wire_in *in, struct joined *joined)
{
	bool sound = true;

	joined->subscriber = wire_get_bytes(in, ACTIVE_SUBSCRIBER);
	joined->address = wire_get_str8(in);
	joined->user = wire_get_str16(in);
	joined->payload = wire_get_str16(in);
	joined->count = wire_get_u16(in);
	joined->topics = span(in->at, (size_t)(in->end - in->at));
	for (uint16_t i = 0; i < joined->count && !in->failed; i++)
		sound = is_topic(wire_get_str16(in)) && sound;
	return wire_done(in) && sound && joined->count > 0 &&
	       joined->count <= ACTIVE_TOPICS_MAX &&
	       joined->user.len <= ACTIVE_USER_MAX &&
	       joined->payload.len <= ACTIVE_PAYLOAD_MAX &&
	       text_is_utf8(joined->user, NULL) &&
	       text_is_utf8(joined->payload, NULL);
}

static struct present *present_new(
	struct presence *presence, struct span body, const struct joined *from)
{
	struct present *present = mem_new(
		sizeof(*present) + from->count * sizeof(present->entries[0]));
	struct wire_in in;
	struct joined joined;

	buf_add_span(&present->body, body);
	in = wire_in(buf_span(&present->body));
	get_joined(&in, &joined);
	memcpy(present->who.subscriber, joined.subscriber.at,
		ACTIVE_SUBSCRIBER);
	present->who.user = joined.user;
	present->who.payload = joined.payload;
	present->topics = joined.topics;
	present->count = joined.count;
	for (uint16_t i = 0; i < present->count; i++)
		present->entries[i].who = &present->who;
	list_init(&present->among);
	list_init(&present->waiting);
	present->payer = budget_join(&presence->budget, joined.address);
	table_add(&presence->presents, &present->by_subscriber);
	return present;
}

static void present_free(struct presence *presence, struct present *present)
{
	list_remove(&present->among);
	table_remove(&presence->presents, &present->by_subscriber);
	budget_leave(&presence->budget, present->payer);
	buf_release(&present->body);
	free(present);
}

/* ---- what is true, and what was told */

/* It waits exactly while the two differ, and ends when there is nothing to say
 * of it. */
static void look(struct presence *presence, struct present *present)
{
	if (present->drafted)
		return;
	if (present->gone == present->told) {
		if (!list_linked(&present->waiting))
			budget_wait(&presence->budget, present->payer,
				&present->waiting);
		return;
	}
	budget_forget(&presence->budget, present->payer, &present->waiting);
	if (present->gone)
		present_free(presence, present);
}

static void set_peer(
	struct presence *presence, struct present *present, struct peer *peer)
{
	list_remove(&present->among);
	present->peer = peer;
	list_append(peer == NULL ? &presence->orphans : &peer->presents,
		&present->among);
	if (peer == NULL)
		present->deadline = clock_now_us(presence->ledger->clock) +
				    WIRE_GONE_MS * UINT64_C(1000);
}

bool presence_join(
	struct presence *presence, struct peer *peer, struct wire_in *in)
{
	struct span body = span(in->at, (size_t)(in->end - in->at));
	struct joined joined;
	struct present *present;

	if (!get_joined(in, &joined))
		return false;
	present = find(presence, joined.subscriber);
	if (present == NULL)
		present = present_new(presence, body, &joined);
	set_peer(presence, present, peer);
	present->gone = false;
	look(presence, present);
	return true;
}

static void leave(struct presence *presence, struct present *present)
{
	list_remove(&present->among);
	present->peer = NULL;
	present->gone = true;
	look(presence, present);
}

bool presence_leave(
	struct presence *presence, struct peer *peer, struct wire_in *in)
{
	struct span subscriber = wire_get_bytes(in, ACTIVE_SUBSCRIBER);
	struct present *present;

	if (!wire_done(in))
		return false;
	present = find(presence, subscriber);
	if (present != NULL && present->peer == peer)
		leave(presence, present);
	return true;
}

void presence_forget(struct presence *presence, struct peer *peer)
{
	while (!list_empty(&peer->presents))
		set_peer(presence,
			list_entry(peer->presents.next, struct present, among),
			NULL);
	list_remove(&peer->asking);
	buf_release(&peer->who);
}

static void expire_orphans(struct presence *presence)
{
	uint64_t now = clock_now_us(presence->ledger->clock);

	while (!list_empty(&presence->orphans)) {
		struct present *present = list_entry(
			presence->orphans.next, struct present, among);

		if (present->deadline > now)
			break;
		leave(presence, present);
	}
}

bool presence_tend(struct presence *presence)
{
	expire_orphans(presence);
	return budget_tend(&presence->budget);
}

/* ---- telling of it */

static void make_traits(struct presence *presence, const struct active *active)
{
	struct buf *out = &presence->traits;
	struct buf *value = &presence->topic;

	buf_clear(out);
	buf_clear(value);
	wire_put_u64(
		value, clock_date_ms(presence->ledger->clock) + EXPIRES_MS);
	trait_add(out, TRAIT_EXPIRES, buf_span(value));
	buf_clear(value);
	active_put(value, active);
	trait_add(out, TRAIT_ACTIVE, buf_span(value));
	trait_add(out, TRAIT_PRIVATE, span("", 0));
}

/* The event's id, 0 if the transaction is in trouble. */
static uint64_t append(struct presence *presence, const struct active *active)
{
	struct ledger *ledger = presence->ledger;

	make_traits(presence, active);
	buf_clear(&presence->data);
	active_document(&presence->data, active);
	return ledger_append(ledger,
		channel_get(&ledger->channels, span_of(ACTIVE_CHANNEL)),
		span(NULL, 0), buf_span(&presence->traits),
		buf_span(&presence->data));
}

static bool append_all(struct presence *presence, struct present *present)
{
	struct wire_in topics = wire_in(present->topics);
	struct active active = {
		.here = !present->told,
		.subscriber = present->who.subscriber,
		.since = present->who.since,
		.user = present->who.user,
		.payload = present->who.payload,
	};
	uint64_t id = 0;

	for (uint16_t i = 0; i < present->count; i++) {
		active.topic = wire_get_str16(&topics);
		id = append(presence, &active);
		if (id == 0)
			return false;
		if (active.here)
			present->entries[i].id = id;
	}
	return true;
}

static void write_row(struct presence *presence, const struct present *present)
{
	struct present_row row = {
		.joined = present->entries[0].id,
		.since = present->who.since,
		.body = buf_span(&present->body),
	};

	if (present->told) {
		present_remove(&presence->rows, present->who.subscriber);
		return;
	}
	memcpy(row.subscriber, present->who.subscriber, ACTIVE_SUBSCRIBER);
	present_add(&presence->rows, &row);
}

/* False if nothing can be stored now. */
static bool draft(struct presence *presence, struct present *present)
{
	if (!ledger_begin(presence->ledger))
		return false;
	if (!present->told)
		present->who.since = clock_date_ms(presence->ledger->clock);
	if (!append_all(presence, present))
		return false;
	write_row(presence, present);
	list_remove(&present->waiting);
	present->drafted = true;
	list_append(&presence->drafts, &present->waiting);
	return true;
}

bool presence_step(struct presence *presence)
{
	unsigned events = 0;
	struct payer *payer;

	while (events < PRESENCE_STEP) {
		struct present *present;

		payer = budget_next(&presence->budget);
		if (payer == NULL)
			return false;
		present = list_entry(
			payer->waiting.next, struct present, waiting);
		if (!draft(presence, present))
			return false;
		events += present->count;
		budget_pay(&presence->budget, payer, present->count);
	}
	return true;
}

/* ---- the transaction has ended */

static void enter(struct presence *presence, struct present *present)
{
	struct wire_in topics = wire_in(present->topics);

	for (uint16_t i = 0; i < present->count; i++)
		attendance_enter(&presence->attendance, &present->entries[i],
			wire_get_str16(&topics));
	present->told = true;
}

static void take_out(struct presence *presence, struct present *present)
{
	for (uint16_t i = 0; i < present->count; i++)
		attendance_leave(&presence->attendance, &present->entries[i]);
	present->told = false;
}

static struct present *next_draft(struct presence *presence)
{
	struct present *present;

	if (list_empty(&presence->drafts))
		return NULL;
	present = list_entry(presence->drafts.next, struct present, waiting);
	list_remove(&present->waiting);
	present->drafted = false;
	return present;
}

static uint64_t newest_event(const struct presence *presence)
{
	const struct channel *channel = channel_find(
		&presence->ledger->channels, span_of(ACTIVE_CHANNEL));

	return channel == NULL ? 0 : channel->newest;
}

static void settle(void *arg)
{
	struct presence *presence = arg;
	struct present *present;

	if (list_empty(&presence->drafts))
		return;
	while ((present = next_draft(presence)) != NULL) {
		if (present->told)
			take_out(presence, present);
		else
			enter(presence, present);
		look(presence, present);
	}
	presence->newest = newest_event(presence);
}

static void revert(void *arg)
{
	struct presence *presence = arg;
	struct present *present;

	while ((present = next_draft(presence)) != NULL)
		look(presence, present);
}

struct party presence_party(struct presence *presence)
{
	return (struct party){NULL, settle, revert, presence};
}

/* ---- being asked */

struct asked {
	struct attendance_question question;
	uint64_t tag;
	struct span subscriber;
};

static bool get_asked(struct wire_in *in, struct asked *asked)
{
	asked->tag = wire_get_u64(in);
	asked->question.topic = wire_get_str16(in);
	asked->subscriber = wire_get_str8(in);
	asked->question.after = wire_get_u64(in);
	asked->question.limit = wire_get_u16(in);
	return wire_done(in) && asked->question.limit > 0;
}

bool presence_ask(
	struct presence *presence, struct peer *peer, struct wire_in *in)
{
	struct span body = span(in->at, (size_t)(in->end - in->at));
	struct asked asked;

	if (!get_asked(in, &asked) || body.len > UINT16_MAX)
		return false;
	if (peer->who.len > PEER_ASKED_MAX)
		return false;
	wire_put_str16(&peer->who, body);
	if (!list_linked(&peer->asking))
		list_append(&presence->asking, &peer->asking);
	return true;
}

static void answer(
	struct presence *presence, struct peer *peer, const struct asked *asked)
{
	const struct present *one = find(presence, asked->subscriber);
	struct buf *out = link_begin(&peer->link, WIRE_PRESENT);

	wire_put_u64(out, asked->tag);
	wire_put_u64(out, presence->newest);
	if (asked->subscriber.len == 0)
		attendance_put(&presence->attendance, &asked->question, out);
	else
		attendance_put_some(one == NULL ? NULL : one->entries,
			one == NULL || !one->told ? 0 : one->count,
			asked->question.topic, out);
	link_end(&peer->link);
}

/* As many as its link should be given; true if some are left. */
static bool answer_peer(struct presence *presence, struct peer *peer)
{
	struct wire_in all = wire_in(buf_span(&peer->who));
	struct asked asked;

	while (all.at < all.end && link_pending(&peer->link) < PEER_OUT_MAX) {
		struct wire_in in = wire_in(wire_get_str16(&all));

		get_asked(&in, &asked);
		answer(presence, peer, &asked);
	}
	buf_drop(&peer->who, (size_t)(all.at - peer->who.at));
	if (peer->who.len > 0)
		return true;
	list_remove(&peer->asking);
	return false;
}

bool presence_run(struct presence *presence)
{
	struct node *next, *at = presence->asking.next;
	bool more = false;

	for (; at != &presence->asking; at = next) {
		next = at->next;
		more |= answer_peer(
			presence, list_entry(at, struct peer, asking));
	}
	return more;
}

/* ---- beginning and end */

static void take_over(void *arg, const struct present_row *row)
{
	struct presence *presence = arg;
	struct wire_in in = wire_in(row->body);
	struct joined joined;
	struct present *present;

	if (!get_joined(&in, &joined) || row->joined <= presence->newest ||
		!span_equal(joined.subscriber, key_of(row->subscriber)) ||
		find(presence, joined.subscriber) != NULL)
		return;
	present = present_new(presence, row->body, &joined);
	present->who.since = row->since;
	for (uint16_t i = 0; i < present->count; i++)
		present->entries[i].id = row->joined + i;
	presence->newest = row->joined + present->count - 1;
	enter(presence, present);
	set_peer(presence, present, NULL);
}

void presence_open(struct presence *presence, struct ledger *ledger)
{
	presence->ledger = ledger;
	table_init(&presence->presents, subscriber_of, NULL);
	list_init(&presence->orphans);
	list_init(&presence->drafts);
	list_init(&presence->asking);
	budget_open(&presence->budget, ledger->clock,
		ledger->config->presence_rate);
	attendance_open(&presence->attendance);
	present_rows_open(&presence->rows, &ledger->store);
	present_each(&presence->rows, take_over, presence);
	presence->newest = newest_event(presence);
}

static void release(struct presence *presence, struct present *present)
{
	list_remove(&present->waiting);
	if (present->told)
		take_out(presence, present);
	present_free(presence, present);
}

void presence_close(struct presence *presence)
{
	struct table_node *node;

	while ((node = table_first(&presence->presents)) != NULL)
		release(presence, present_of(node));
	attendance_close(&presence->attendance);
	budget_close(&presence->budget);
	present_rows_close(&presence->rows);
	table_release(&presence->presents);
	buf_release(&presence->topic);
	buf_release(&presence->traits);
	buf_release(&presence->data);
}
