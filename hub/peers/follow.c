/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "hub/peers/follow.h"

static void say_following(
	const struct eventlog *log, struct peer *peer, uint64_t from)
{
	uint64_t newest = log->newest_event;
	struct buf *out = link_begin(&peer->link, WIRE_FOLLOWING);

	wire_put_u64(out, from);
	wire_put_u64(out, newest > from ? newest : from);
	link_end(&peer->link);
	peer->sent = peer->from = from;
	peer->losses = log->losses;
}

/* On the ring, if the ring reaches back to where it is. */
static void join(const struct ring *ring, struct peer *peer)
{
	peer->follow = BEHIND;
	if (peer->sent < ring->base)
		return;
	peer->follow = ON_RING;
	peer->frame = ring_find(ring, peer->sent);
}

/* Where it is not by now: told the same, it would think that it has all. */
static void begin_anew(
	struct eventlog *log, const struct ring *ring, struct peer *peer)
{
	const struct channels *channels = log->channels;
	uint64_t floor = channels->sums.pruned_through;
	uint64_t from = eventlog_tail(log, peer->window, floor);

	eventlog_check_ends(log, from);
	if (channels->sums.pruned_through > from)
		from = channels->sums.pruned_through;
	if (peer->follow != NOT && from == peer->sent)
		say_following(log, peer, from == 0 ? 1 : from - 1);
	say_following(log, peer, from);
	join(ring, peer);
}

void follow_begin(struct eventlog *log, const struct ring *ring,
	struct peer *peer, uint64_t after, uint64_t window)
{
	peer->window = window;
	if (after != 0)
		eventlog_check_ends(log, after);
	if (after == 0 || !eventlog_knows(log, after) ||
		after < log->channels->sums.pruned_through) {
		begin_anew(log, ring, peer);
		return;
	}
	say_following(log, peer, after);
	join(ring, peer);
}

void follow_anew(
	struct eventlog *log, const struct ring *ring, struct peer *peer)
{
	if (peer->follow != NOT && !peer->closed)
		begin_anew(log, ring, peer);
}

static void send_frames(
	const struct ring *ring, struct peer *peer, struct span parts[2])
{
	size_t done, rest = 0, len = parts[0].len + parts[1].len;
	uint64_t reached;

	link_flush(&peer->link);
	done = link_try(&peer->link, parts[0]);
	if (done == parts[0].len && parts[1].len > 0)
		done += link_try(&peer->link, parts[1]);
	reached = ring_seek(ring, peer->frame, done, &rest);
	if (rest > 0) {
		/* The socket took half a frame: the other half is the peer's,
		 * however far the ring goes meanwhile. */
		size_t end = done + rest;

		if (done < parts[0].len) {
			size_t here =
				end < parts[0].len ? rest : parts[0].len - done;

			link_queue(&peer->link, span(parts[0].at + done, here));
			done += here;
		}
		if (done < end && done < len)
			link_queue(&peer->link,
				span(parts[1].at + (done - parts[0].len),
					end - done));
		reached++;
	}
	if (reached > peer->frame)
		peer->sent = ring_through(ring, reached - 1);
	peer->frame = reached;
}

void follow_move(const struct ring *ring, struct peer *peer)
{
	struct span parts[2];
	size_t len;

	if (peer->follow == NOT || peer->closed)
		return;
	if (peer->follow == BEHIND || peer->frame < ring->first)
		join(ring, peer);
	if (peer->follow != ON_RING || peer->frame == ring->shown ||
		peer_is_stalled(peer))
		return;
	len = ring_parts(ring, peer->frame, parts);
	if (len > PEER_AHEAD) {
		send_frames(ring, peer, parts);
		return;
	}
	link_queue(&peer->link, parts[0]);
	link_queue(&peer->link, parts[1]);
	peer->sent = ring_through(ring, ring->shown - 1);
	peer->frame = ring->shown;
}

bool follow_wants_page(const struct peer *peer)
{
	return peer->follow == BEHIND && !peer->closed &&
	       !peer_is_stalled(peer) &&
	       link_pending(&peer->link) < FOLLOW_PAGE;
}

static void put_frame(struct peer *peer, const struct wire_event *event)
{
	wire_put_event(link_begin(&peer->link, WIRE_EVENT), event);
	link_end(&peer->link);
}

/* As many of its next events as a page takes; returns the last one's id.  If
 * something is lost, the others are only looked at. */
static uint64_t read_page(struct eventlog *log, struct peer *peer)
{
	uint64_t end = clock_now_us(log->clock) + FOLLOW_PAGE_US;
	uint64_t reached = peer->sent;
	size_t most = link_pending(&peer->link) + FOLLOW_PAGE;
	enum eventlog_found found;
	struct wire_event event;

	eventlog_read(log, peer->sent, log->committed);
	do {
		found = eventlog_next(log, peer->from, &event);
		if (found == EVENTLOG_EVENT && log->losses == peer->losses)
			put_frame(peer, &event);
		if (found != EVENTLOG_END)
			reached = event.id;
	} while (found != EVENTLOG_END && link_pending(&peer->link) < most &&
		 clock_now_us(log->clock) <= end);
	eventlog_rest(log);
	return found == EVENTLOG_END ? log->committed : reached;
}

/* What was found to be lost since it began, by whomever, may be missing in what
 * it holds. */
static bool is_whole(const struct eventlog *log, const struct peer *peer)
{
	return peer->losses == log->losses &&
	       peer->sent >= log->channels->sums.pruned_through;
}

void follow_page(
	struct eventlog *log, const struct ring *ring, struct peer *peer)
{
	size_t before = link_pending(&peer->link);
	uint64_t reached = peer->sent;

	if (is_whole(log, peer))
		reached = read_page(log, peer);
	if (!is_whole(log, peer)) {
		link_cut(&peer->link, before);
		begin_anew(log, ring, peer);
		return;
	}
	peer->sent = reached;
	join(ring, peer);
}
