#include "config.h"

#include "hub/follow.h"

#include "lib/clock.h"
#include "lib/log.h"

enum {
	FOLLOW_PAGE = 256 << 10
}; /* bytes of frames read from the log at once */

static void say_following(struct peer *peer, uint64_t from)
{
	struct hub *hub = peer->hub;
	uint64_t newest = hub->log.newest_event;
	size_t begun;

	buf_clear(&hub->scratch);
	begun = wire_begin(&hub->scratch, WIRE_FOLLOWING);
	wire_put_u64(&hub->scratch, from);
	wire_put_u64(&hub->scratch, newest > from ? newest : from);
	wire_end(&hub->scratch, begun);
	peer_send(peer, &hub->scratch);
	peer->sent = peer->from = from;
	peer->losses = hub->log.losses;
}

/* On the ring, if the ring reaches back to where it is. */
static void join(struct peer *peer)
{
	const struct ring *ring = &peer->hub->ring;

	peer->follow = BEHIND;
	if (peer->sent < ring->base)
		return;
	peer->follow = ON_RING;
	peer->frame = ring_find(ring, peer->sent);
}

/* Where it is not by now: told the same, it would think that it has all. */
static void begin_anew(struct peer *peer)
{
	struct hub *hub = peer->hub;
	uint64_t floor = hub->channels.pruned_through;
	uint64_t from = eventlog_tail(&hub->log, peer->window, floor);

	eventlog_check_ends(&hub->log, from);
	if (hub->channels.pruned_through > from)
		from = hub->channels.pruned_through;
	if (peer->follow != NOT && from == peer->sent)
		say_following(peer, from == 0 ? 1 : from - 1);
	say_following(peer, from);
	join(peer);
}

void follow_begin(struct peer *peer, uint64_t after, uint64_t window)
{
	struct hub *hub = peer->hub;

	/* Nothing that may still be rolled back is to be counted. */
	hub_commit(hub);
	peer->window = window;
	if (after != 0)
		eventlog_check_ends(&hub->log, after);
	if (after == 0 || after > hub->log.committed ||
		after < hub->channels.pruned_through ||
		holes_find(&hub->log.holes, after) != NULL) {
		begin_anew(peer);
		return;
	}
	say_following(peer, after);
	join(peer);
}

static void send_frames(struct peer *peer, struct span parts[2])
{
	const struct ring *ring = &peer->hub->ring;
	size_t done, rest = 0, len = parts[0].len + parts[1].len;
	uint64_t reached;

	link_flush(&peer->link);
	link_cork(&peer->link);
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

			link_send(&peer->link, span(parts[0].at + done, here));
			done += here;
		}
		if (done < end && done < len)
			link_send(&peer->link,
				span(parts[1].at + (done - parts[0].len),
					end - done));
		reached++;
	}
	if (reached > peer->frame)
		peer->sent = ring_through(ring, reached - 1);
	peer->frame = reached;
}

void follow_move(struct peer *peer)
{
	const struct ring *ring = &peer->hub->ring;
	struct span parts[2];
	size_t len;

	if (peer->follow == NOT || peer->closed)
		return;
	if (peer->follow == BEHIND || peer->frame < ring->first)
		join(peer);
	if (peer->follow != ON_RING || peer->frame == ring->shown ||
		peer_is_stalled(peer))
		return;
	len = ring_parts(ring, peer->frame, parts);
	if (len > PEER_AHEAD) {
		send_frames(peer, parts);
		return;
	}
	link_send(&peer->link, parts[0]);
	link_send(&peer->link, parts[1]);
	peer->sent = ring_through(ring, ring->shown - 1);
	peer->frame = ring->shown;
}

bool follow_wants_page(const struct peer *peer)
{
	return peer->follow == BEHIND && !peer->closed &&
	       !peer_is_stalled(peer) &&
	       link_pending(&peer->link) < FOLLOW_PAGE;
}

static void put_frame(struct buf *out, const struct wire_event *event)
{
	size_t begun = wire_begin(out, WIRE_EVENT);

	wire_put_event(out, event);
	wire_end(out, begun);
}

/* As many of its next events as a page takes.  Sets *reached to the last one's
 * id.  If something is lost, the others are only looked at. */
static void read_page(struct peer *peer, uint64_t *reached)
{
	struct hub *hub = peer->hub;
	uint64_t end = clock_mono_us() + HUB_PAGING_US;
	enum eventlog_found found;
	struct wire_event event;

	eventlog_read(&hub->log, peer->sent, hub->log.committed);
	do {
		found = eventlog_next(&hub->log, peer->from, &event);
		if (found == EVENTLOG_EVENT && hub->log.losses == peer->losses)
			put_frame(&hub->scratch, &event);
		if (found != EVENTLOG_END)
			*reached = event.id;
	} while (found != EVENTLOG_END && hub->scratch.len < FOLLOW_PAGE &&
		 clock_mono_us() <= end);
	eventlog_rest(&hub->log);
	if (found == EVENTLOG_END)
		*reached = hub->log.committed;
}

/* What was found to be lost since it began, by whomever, may be missing in what
 * it holds. */
static bool is_whole(const struct peer *peer)
{
	return peer->losses == peer->hub->log.losses &&
	       peer->sent >= peer->hub->channels.pruned_through;
}

void follow_page(struct peer *peer)
{
	struct hub *hub = peer->hub;
	uint64_t reached = peer->sent;

	buf_clear(&hub->scratch);
	if (is_whole(peer))
		read_page(peer, &reached);
	if (!is_whole(peer)) {
		begin_anew(peer);
		return;
	}
	peer_send(peer, &hub->scratch);
	peer->sent = reached;
	join(peer);
}
