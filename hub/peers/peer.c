/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/sock.h"

bool peer_is_stalled(const struct peer *peer)
{
	return link_is_full(&peer->link);
}

bool peer_has_room(const struct peer *peer)
{
	return !peer->closed && link_pending(&peer->link) < PEER_OUT_MAX;
}

/* ---- its end */

void peer_drop(struct peer *peer, const char *why)
{
	link_close(&peer->link, why);
}

/* Whoever is refused comes back twice a second: the same is not said again
 * until somebody was welcome. */
static bool is_said(struct peers *peers, const char *sentence)
{
	struct span said = buf_span(&peers->refused);
	bool again = span_is(said, sentence);

	buf_clear(&peers->refused);
	buf_add_span(&peers->refused, span_of(sentence));
	return again;
}

/* The peer may still be on its way to the close when this is called. */
void peer_refuse(struct peer *peer, const char *sentence)
{
	wire_put_str16(
		link_begin(&peer->link, WIRE_REFUSED), span_of(sentence));
	link_end(&peer->link);
	link_flush(&peer->link);
	peer_drop(peer, is_said(peer->peers, sentence) ? NULL : sentence);
}

bool peer_asks(struct peer *peer, size_t bytes)
{
	peer->asked_bytes += bytes;
	if (peer->asked_bytes <= PEER_ASKED_MAX)
		return true;
	peer_drop(peer, "asked for too many pages at once");
	return false;
}

/* ---- coming */

static bool is_master(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

static bool is_among(uid_t uid, const uid_t *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (all[i] == uid)
			return true;
	return false;
}

bool peer_may_read(const struct peer *peer)
{
	const struct config *config = peer->peers->config;

	return is_master(peer->uid) || is_among(peer->uid, config->inbox_users,
					       config->inbox_user_count);
}

bool peer_only_reads(const struct peer *peer)
{
	return peer_may_read(peer) && !is_master(peer->uid);
}

static bool may_speak(const struct peer *peer)
{
	const struct config *config = peer->peers->config;

	return peer_may_read(peer) ||
	       is_among(peer->uid, config->hub_users, config->hub_user_count);
}

static void peer_new(struct peers *peers, int fd)
{
	struct peer *peer = mem_new(sizeof(*peer));

	peer->peers = peers;
	peer->uid = sock_peer_uid(fd);
	peer->pages_end = &peer->pages;
	peer->listings_end = &peer->listings;
	list_init(&peer->presents);
	list_init(&peer->asking);
	peer->short_publishes.end = &peer->short_publishes.first;
	peer->long_publishes.end = &peer->long_publishes.first;
	peer->link.owner = peer;
	peer->link.frame = peers->frame;
	peer->link.closed = peers->gone;
	peer->next = peers->first;
	peers->first = peer;
	peers->count++;
	link_open(&peer->link, peers->loop, fd);
	if (peers->count > PEERS_MAX)
		peer_refuse(peer, "too many connections");
	else if (!may_speak(peer))
		peer_refuse(peer, "this user may not speak to the hub");
}

bool peers_accept(struct peers *peers, int listener)
{
	for (int i = 0; i < 64; i++) {
		int fd = accept4(
			listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0)
			peer_new(peers, fd);
		else if (errno != ECONNABORTED && errno != EINTR)
			return errno == EAGAIN;
	}
	return true;
}

/* ---- all of them */

struct peer *peers_next(struct peers *peers, struct peer **turn,
	bool (*wants)(const struct peer *peer))
{
	for (size_t i = 0; i <= peers->count; i++) {
		if (*turn == NULL)
			*turn = peers->first;
		if (*turn == NULL)
			return NULL;
		if (wants(*turn))
			return *turn;
		*turn = (*turn)->next;
	}
	return NULL;
}

static void pass_turn(struct peer **turn, const struct peer *peer)
{
	if (*turn == peer)
		*turn = peer->next;
}

void peers_flush(struct peers *peers)
{
	struct peer **at = &peers->first;

	while (*at != NULL) {
		struct peer *peer = *at;

		if (!peer->closed && link_pending(&peer->link) > 0 &&
			!peer_is_stalled(peer))
			link_flush(&peer->link);
		if (!peer->closed) {
			at = &peer->next;
			continue;
		}
		*at = peer->next;
		pass_turn(&peers->page_turn, peer);
		pass_turn(&peers->listing_turn, peer);
		pass_turn(&peers->publish_turn, peer);
		pass_turn(&peers->long_turn, peer);
		peers->count--;
		free(peer);
	}
}

void peers_close(struct peers *peers)
{
	for (struct peer *at = peers->first; at != NULL; at = at->next)
		peer_drop(at, NULL);
	peers_flush(peers);
	buf_release(&peers->refused);
}
