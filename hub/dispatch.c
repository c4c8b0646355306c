/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/dispatch.h"

#include "hub/lines.h"
#include "hub/log/order.h"
#include "hub/peers/delete.h"
#include "hub/peers/follow.h"
#include "hub/peers/inbox.h"
#include "hub/peers/listing.h"
#include "hub/peers/page.h"
#include "hub/peers/presence.h"
#include "hub/peers/prometheus.h"
#include "hub/peers/publish.h"
#include "hub/peers/publish_queue.h"
#include "lib/log.h"

/* ---- frames out */

static void send_state(const struct dispatch *dispatch, struct peer *peer)
{
	const struct ledger *ledger = dispatch->ledger;
	const char *reason =
		ledger->reason != NULL ? ledger->reason : ledger->away;
	struct buf *out;

	if (peer->publisher == NULL || peer->inbox != NULL ||
		peer_only_reads(peer))
		return;
	out = link_begin(&peer->link, WIRE_STATE);
	wire_put_u8(out, reason == NULL);
	wire_put_str16(out, span_of(reason));
	inboxes_put_unread(dispatch->inboxes, out);
	link_end(&peer->link);
}

void dispatch_tell_state(const struct dispatch *dispatch)
{
	for (struct peer *at = dispatch->peers->first; at != NULL;
		at = at->next)
		send_state(dispatch, at);
}

/* ---- frames in: each returns false if it is malformed */

static void welcome(const struct dispatch *dispatch, struct peer *peer)
{
	const struct eventlog *log = &dispatch->ledger->log;
	struct buf *out = link_begin(&peer->link, WIRE_WELCOME);

	wire_put_u16(out, WIRE_VERSION);
	wire_put_bytes(out, log->identity, WIRE_IDENTITY);
	wire_put_u64(out, log->committed);
	if (!peer_only_reads(peer))
		wire_put_bytes(out, log->secret, WIRE_SECRET);
	link_end(&peer->link);
	send_state(dispatch, peer);
	buf_clear(&dispatch->peers->refused);
}

static void refuse_version(struct peer *peer, unsigned version)
{
	struct buf sentence = {0};

	buf_printf(&sentence,
		"the hub speaks version %d of the protocol, you speak %u",
		WIRE_VERSION, version);
	buf_add_char(&sentence, '\0');
	peer_refuse(peer, sentence.at);
	buf_release(&sentence);
}

static bool on_hello(
	struct dispatch *dispatch, struct peer *peer, struct wire_in *in)
{
	uint16_t version = wire_get_u16(in);
	uint64_t source = wire_get_u64(in);

	wire_get_str8(in);
	/* Another version's HELLO may go on in a way that we do not know. */
	if (!in->failed && version != WIRE_VERSION) {
		refuse_version(peer, version);
		return true;
	}
	if (!wire_done(in) || source == 0 || peer->publisher != NULL)
		return false;
	peer->publisher = publisher_join(&dispatch->ledger->receipts, source);
	peer->counter = counts_join();
	welcome(dispatch, peer);
	return true;
}

static bool on_follow(
	struct dispatch *dispatch, struct peer *peer, struct wire_in *in)
{
	uint64_t after = wire_get_u64(in);
	uint64_t window = wire_get_u64(in);
	struct ledger *ledger = dispatch->ledger;

	if (!wire_done(in))
		return false;
	ledger_commit(ledger);
	follow_begin(&ledger->log, &ledger->ring, peer, after, window);
	return true;
}

static bool on_publish(
	struct dispatch *dispatch, struct peer *peer, struct wire_in *in)
{
	return publish_queue_hear(dispatch->publishes, peer, publish_take, in);
}

static bool on_delete(
	struct dispatch *dispatch, struct peer *peer, struct wire_in *in)
{
	return publish_queue_hear(dispatch->publishes, peer, delete_take, in);
}

static bool on_page(
	struct dispatch *dispatch, struct peer *peer, struct wire_in *in)
{
	(void)dispatch;
	return page_ask(peer, in);
}

static bool on_judge(
	struct dispatch *dispatch, struct peer *peer, struct wire_in *in)
{
	return page_ask_judge(dispatch->ledger, peer, in);
}

static bool on_channels(
	struct dispatch *dispatch, struct peer *peer, struct wire_in *in)
{
	return listing_ask(dispatch->counts, peer, in);
}

static bool on_subscribed(
	struct dispatch *dispatch, struct peer *peer, struct wire_in *in)
{
	return counts_take(dispatch->counts, peer->counter, in);
}

static bool on_ping(
	struct dispatch *dispatch, struct peer *peer, struct wire_in *in)
{
	uint64_t tag = wire_get_u64(in);

	(void)dispatch;
	if (!wire_done(in))
		return false;
	wire_put_u64(link_begin(&peer->link, WIRE_PONG), tag);
	link_end(&peer->link);
	return true;
}

static bool on_measured(
	struct dispatch *dispatch, struct peer *peer, struct wire_in *in)
{
	return sampler_take_report(dispatch->sampler, peer, in);
}

static void put_metrics(const struct dispatch *dispatch, struct buf *out,
	enum wire_format format)
{
	const struct prometheus_sources sources = {
		.ledger = dispatch->ledger,
		.sampler = dispatch->sampler,
		.presence = dispatch->presence,
		.inboxes = dispatch->inboxes,
	};

	if (format == WIRE_SAMPLES)
		sampler_put_samples(dispatch->sampler, out);
	else
		prometheus_put(&sources, out, format == WIRE_OPENMETRICS);
}

static bool on_metrics(
	struct dispatch *dispatch, struct peer *peer, struct wire_in *in)
{
	uint64_t tag = wire_get_u64(in);
	uint8_t format = wire_get_u8(in);
	struct buf *out;

	if (!wire_done(in) || format > WIRE_SAMPLES)
		return false;
	out = link_begin(&peer->link, WIRE_METERED);
	wire_put_u64(out, tag);
	put_metrics(dispatch, out, (enum wire_format)format);
	link_end(&peer->link);
	return true;
}

static bool on_reader(
	struct dispatch *dispatch, struct peer *peer, struct wire_in *in)
{
	return inbox_claim(dispatch->inboxes, peer, in);
}

static bool on_joined(
	struct dispatch *dispatch, struct peer *peer, struct wire_in *in)
{
	return presence_join(dispatch->presence, peer, in);
}

static bool on_left(
	struct dispatch *dispatch, struct peer *peer, struct wire_in *in)
{
	return presence_leave(dispatch->presence, peer, in);
}

static bool on_presence(
	struct dispatch *dispatch, struct peer *peer, struct wire_in *in)
{
	return presence_ask(dispatch->presence, peer, in);
}

static bool (*const frames[])(
	struct dispatch *, struct peer *, struct wire_in *) = {
	[WIRE_HELLO] = on_hello,
	[WIRE_FOLLOW] = on_follow,
	[WIRE_PUBLISH] = on_publish,
	[WIRE_DELETE] = on_delete,
	[WIRE_PAGE] = on_page,
	[WIRE_CHANNELS] = on_channels,
	[WIRE_SUBSCRIBED] = on_subscribed,
	[WIRE_PING] = on_ping,
	[WIRE_MEASURED] = on_measured,
	[WIRE_METRICS] = on_metrics,
	[WIRE_READER] = on_reader,
	[WIRE_JUDGE] = on_judge,
	[WIRE_JOINED] = on_joined,
	[WIRE_LEFT] = on_left,
	[WIRE_PRESENCE] = on_presence,
};

/* What a reader of an inbox says, who may say nothing else. */
static bool hear_reader(struct dispatch *dispatch, struct peer *peer,
	uint8_t type, struct span body)
{
	struct wire_in in = wire_in(body);

	if (type == WIRE_PING)
		return on_ping(dispatch, peer, &in);
	return inbox_hear(dispatch->inboxes, peer, type, body);
}

static bool is_known(const struct peer *peer, uint8_t type)
{
	if (type >= sizeof(frames) / sizeof(frames[0]) || frames[type] == NULL)
		return false;
	return !peer_only_reads(peer) || type == WIRE_HELLO ||
	       type == WIRE_READER;
}

void dispatch_frame(void *of, uint8_t type, struct span body)
{
	struct peer *peer = of;
	struct dispatch *dispatch = peer->peers->arg;
	struct wire_in in = wire_in(body);

	if (peer->inbox != NULL &&
		link_pending(&peer->link) > INBOX_UNHEARD_MAX) {
		peer_drop(peer, "has stopped reading");
	} else if (peer->inbox != NULL) {
		if (!hear_reader(dispatch, peer, type, body))
			peer_drop(peer, "sent what a reader of an inbox may "
					"not say");
	} else if (!is_known(peer, type)) {
		peer_drop(peer, "sent a frame of an unknown type");
	} else if (peer->publisher == NULL && type != WIRE_HELLO) {
		peer_drop(peer, "did not begin with HELLO");
	} else if (!frames[type](dispatch, peer, &in)) {
		peer_drop(peer, "sent a malformed frame");
	}
}

/* ---- its end */

void dispatch_gone(void *of, const char *why)
{
	struct peer *peer = of;
	struct dispatch *dispatch = peer->peers->arg;

	peer->closed = true;
	peer->follow = NOT;
	sampler_depart(dispatch->sampler, peer);
	page_forget(peer);
	listing_forget(peer);
	publish_queue_forget(dispatch->publishes, peer);
	inbox_leave(dispatch->inboxes, peer);
	order_forget(dispatch->ledger, peer);
	presence_forget(dispatch->presence, peer);
	if (peer->counter != NULL)
		counts_leave(dispatch->counts, peer->counter);
	peer->counter = NULL;
	if (peer->publisher != NULL)
		publisher_leave(&dispatch->ledger->receipts, peer->publisher);
	peer->publisher = NULL;
	if (why != NULL)
		log_warnx(LINE_PEER_CLOSED, (unsigned long)peer->uid, why);
}
