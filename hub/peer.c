#include "config.h"

#include "hub/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hub/census.h"
#include "hub/exposition.h"
#include "hub/follow.h"
#include "hub/page.h"
#include "hub/publish.h"
#include "lib/log.h"
#include "lib/sock.h"

/* ---- frames out */

void peer_send(struct peer *peer, const struct buf *frame)
{
	if (!peer->closed && frame->len > 0)
		link_send(&peer->link, buf_span(frame));
}

bool peer_is_stalled(const struct peer *peer)
{
	return peer->link.writable.active != 0;
}

void peer_send_state(struct peer *peer)
{
	struct hub *hub = peer->hub;
	size_t begun;

	if (peer->source == NULL)
		return;
	buf_clear(&hub->scratch);
	begun = wire_begin(&hub->scratch, WIRE_STATE);
	wire_put_u8(&hub->scratch, hub->writable);
	wire_put_str16(&hub->scratch, span_of(hub->reason));
	wire_end(&hub->scratch, begun);
	peer_send(peer, &hub->scratch);
}

static void welcome(struct peer *peer)
{
	struct hub *hub = peer->hub;
	size_t begun;

	buf_clear(&hub->refused);
	buf_clear(&hub->scratch);
	begun = wire_begin(&hub->scratch, WIRE_WELCOME);
	wire_put_u16(&hub->scratch, WIRE_VERSION);
	wire_put_bytes(&hub->scratch, hub->log.identity, WIRE_IDENTITY);
	wire_put_u64(&hub->scratch, hub->log.committed);
	wire_end(&hub->scratch, begun);
	peer_send(peer, &hub->scratch);
	peer_send_state(peer);
}

/* Whoever is refused comes back twice a second: the same is not said again
 * until somebody was welcome. */
static bool is_said(struct hub *hub, const char *sentence)
{
	struct span said = buf_span(&hub->refused);
	bool again = span_is(said, sentence);

	buf_clear(&hub->refused);
	buf_add_span(&hub->refused, span_of(sentence));
	return again;
}

/* The peer may still be on its way to the close when this is called. */
static void refuse(struct peer *peer, const char *sentence)
{
	struct buf *out = &peer->hub->scratch;
	size_t begun;

	buf_clear(out);
	begun = wire_begin(out, WIRE_REFUSED);
	wire_put_str16(out, span_of(sentence));
	wire_end(out, begun);
	link_flush(&peer->link);
	link_send(&peer->link, buf_span(out));
	peer_drop(peer, is_said(peer->hub, sentence) ? NULL : sentence);
}

/* ---- frames in: each returns false if it is malformed */

static bool on_hello(struct peer *peer, struct wire_in *in)
{
	uint16_t version = wire_get_u16(in);
	uint64_t source = wire_get_u64(in);
	struct buf sentence = {0};

	wire_get_str8(in);
	/* Another version's HELLO may go on in a way that we do not know. */
	if (!in->failed && version != WIRE_VERSION) {
		buf_printf(&sentence,
			"the hub speaks version %d of the protocol, you speak "
			"%u",
			WIRE_VERSION, version);
		buf_add_char(&sentence, '\0');
		refuse(peer, sentence.at);
		buf_release(&sentence);
		return true;
	}
	if (!wire_done(in) || source == 0 || peer->source != NULL)
		return false;
	peer->source = source_join(&peer->hub->receipts, source);
	welcome(peer);
	return true;
}

static bool on_follow(struct peer *peer, struct wire_in *in)
{
	uint64_t after = wire_get_u64(in);
	uint64_t window = wire_get_u64(in);

	if (!wire_done(in))
		return false;
	follow_begin(peer, after, window);
	return true;
}

static bool on_ping(struct peer *peer, struct wire_in *in)
{
	struct buf *out = &peer->hub->scratch;
	uint64_t tag = wire_get_u64(in);
	size_t begun;

	if (!wire_done(in))
		return false;
	buf_clear(out);
	begun = wire_begin(out, WIRE_PONG);
	wire_put_u64(out, tag);
	wire_end(out, begun);
	peer_send(peer, out);
	return true;
}

static bool (*const frames[])(struct peer *, struct wire_in *) = {
	[WIRE_HELLO] = on_hello,
	[WIRE_FOLLOW] = on_follow,
	[WIRE_PUBLISH] = publish_take,
	[WIRE_PAGE] = page_ask,
	[WIRE_CHANNELS] = census_ask,
	[WIRE_COUNTED] = census_counted,
	[WIRE_PING] = on_ping,
	[WIRE_MEASURED] = meter_measured,
	[WIRE_METRICS] = exposition_ask,
};

static void on_frame(void *owner, uint8_t type, struct span body)
{
	struct peer *peer = owner;
	struct wire_in in = wire_in(body);

	if (type >= sizeof(frames) / sizeof(frames[0]) || frames[type] == NULL)
		peer_drop(peer, "sent a frame of an unknown type");
	else if (peer->source == NULL && type != WIRE_HELLO)
		peer_drop(peer, "did not begin with HELLO");
	else if (!frames[type](peer, &in))
		peer_drop(peer, "sent a malformed frame");
}

/* ---- coming and going */

static void on_closed(void *owner, const char *why)
{
	struct peer *peer = owner;

	peer->closed = true;
	peer->follow = NOT;
	meter_depart(peer);
	page_forget(peer);
	census_leave(peer);
	if (peer->source != NULL)
		source_leave(peer->source);
	peer->source = NULL;
	if (why != NULL)
		log_warnx("peer of uid %lu: closed: %s",
			(unsigned long)peer->uid, why);
}

void peer_drop(struct peer *peer, const char *why)
{
	link_close(&peer->link, why);
}

static bool may_speak(const struct hub *hub, uid_t uid)
{
	if (uid == 0 || uid == geteuid())
		return true;
	for (size_t i = 0; i < hub->config->hub_user_count; i++)
		if (hub->config->hub_users[i] == uid)
			return true;
	return false;
}

static void peer_new(struct hub *hub, int fd)
{
	struct peer *peer = mem_new(sizeof(*peer));

	peer->hub = hub;
	peer->uid = sock_peer_uid(fd);
	peer->pages_end = &peer->pages;
	peer->link.owner = peer;
	peer->link.frame = on_frame;
	peer->link.closed = on_closed;
	peer->next = hub->peers;
	hub->peers = peer;
	hub->peer_count++;
	link_open(&peer->link, hub->loop, fd);
	link_cork(&peer->link);
	if (hub->peer_count > PEERS_MAX)
		refuse(peer, "too many connections");
	else if (!may_speak(hub, peer->uid))
		refuse(peer, "this user may not speak to the hub");
}

bool peer_accept(struct hub *hub, int listener)
{
	for (int i = 0; i < 64; i++) {
		int fd = accept4(
			listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0)
			peer_new(hub, fd);
		else if (errno != ECONNABORTED && errno != EINTR)
			return errno == EAGAIN;
	}
	return true;
}

void peers_flush(struct hub *hub)
{
	struct peer **at = &hub->peers;

	while (*at != NULL) {
		struct peer *peer = *at;

		if (!peer->closed && link_pending(&peer->link) > 0 &&
			!peer_is_stalled(peer)) {
			link_flush(&peer->link);
			link_cork(&peer->link);
		}
		if (!peer->closed) {
			at = &peer->next;
			continue;
		}
		*at = peer->next;
		if (hub->turn_of == peer)
			hub->turn_of = peer->next;
		hub->peer_count--;
		free(peer);
	}
}

void peers_close(struct hub *hub)
{
	for (struct peer *at = hub->peers; at != NULL; at = at->next)
		peer_drop(at, NULL);
	peers_flush(hub);
}
