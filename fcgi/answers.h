#ifndef TIDINGS_ANSWERS_H
#define TIDINGS_ANSWERS_H
/*
 * answers - who waits for which answer of the hub
 *
 *   WAITING    in the list of its kind; sent, or to be sent when a hub comes
 *   ANSWERED   its callback was called, it is freed
 *   EXPIRED    the same, with "away", UPLINK_DEADLINE_MS after it was asked
 *
 * A publish keeps its number and its frame, so that it can be sent again to
 * the next hub, which knows the number if the last one committed it.  A
 * volatile publish waits for nothing and is lost while the hub is away.
 * Types, limits and callbacks are uplink.h's.  Loop thread.
 */
#include "fcgi/uplink.h"

struct answers;

/* `send` gives a whole frame to the hub, or drops it while it is away. */
struct answers *answers_new(
	void (*send)(void *owner, struct span frame), void *owner);
void answers_free(struct answers *answers);

struct channel_question {
	struct span after;
	uint16_t limit;
	struct span only;
};

struct pending *answers_publish(struct answers *answers,
	const struct publication *publication, uplink_stored *answer,
	void *arg);
struct pending *answers_page(struct answers *answers, struct span question,
	uplink_paged *answer, void *arg);
struct pending *answers_channels(struct answers *answers,
	const struct channel_question *question, uplink_channels_answer *answer,
	void *arg);
struct pending *answers_metrics(struct answers *answers,
	enum wire_format format, uplink_metered *answer, void *arg);
void answers_forget(struct pending *pending);

/* A hub has come: everything unanswered, publishes first and in order. */
void answers_send_all(struct answers *answers);
/* `now`: monotonic us. */
void answers_expire(struct answers *answers, uint64_t now);

/* The bodies of STORED, PAGED, CHANNELED and METERED; false if malformed.  An
 * answer that nobody waits for is ignored: it came too late. */
bool answers_stored(struct answers *answers, struct wire_in *in);
bool answers_paged(struct answers *answers, struct wire_in *in);
bool answers_channeled(struct answers *answers, struct wire_in *in);
bool answers_metered(struct answers *answers, struct wire_in *in);

#endif
