/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/post/fault.h"

#include "fcgi/http/deferred.h"
#include "fcgi/http/reply.h"
#include "fcgi/uplink/publishes.h"
#include "lib/buf.h"

struct fault fault_of_word(enum access_word word)
{
	const struct refusal *refusal;

	if (word == ACCESS_YES)
		return fault_none();
	refusal = refusal_of(word);
	return (struct fault){refusal->status, refusal->code, refusal->sentence,
		refusal->headers};
}

static struct fault fault_of_outcome(enum wire_outcome outcome)
{
	switch (outcome) {
	case WIRE_OUT_STORED:
	case WIRE_OUT_REPEATED:
		return fault_none();
	case WIRE_OUT_CONFLICT:
		return fault_new(409, "conflict",
			"this id was published before with other content");
	case WIRE_OUT_INVALID:
		return fault_new(400, "invalid", "the hub refused it");
	case WIRE_OUT_FULL:
		return fault_new(
			503, "disk_full", "there is no room on the disk");
	case WIRE_OUT_AWAY:
		return fault_new(503, "order_away",
			"the shared order is away; it may or may not have been "
			"stored");
	case WIRE_OUT_BEHIND:
		return fault_new(503, "catching_up",
			"this machine is catching up with the shared order");
	case WIRE_OUT_NOTHING:
		return fault_new(404, "nothing_there",
			"there is nothing to delete: it is gone, or never was");
	case WIRE_OUT_DENIED:
		return fault_of_word(ACCESS_NOT_GRANTED);
	case WIRE_OUT_FAILED:
		break;
	}
	return fault_new(503, "store_failed", "it could not be written");
}

void fault_reply(struct replies *replies, struct request *request,
	const struct fault *fault)
{
	const char *headers = fault->headers;

	if (fault->status == 429 || fault->status == 503)
		headers = REPLY_RETRY;
	reply_error_with(replies, request, headers, fault->status, fault->code,
		fault->sentence);
}

bool fault_refuses(struct deferred *deferred, const struct stored *stored)
{
	struct replies *replies = deferred->replies;
	struct buf reason = {0};
	struct fault fault;

	if (stored->away) {
		reply_away(replies, deferred_done(deferred),
			"the hub did not answer; it may or may not have been "
			"stored");
		return true;
	}
	fault = fault_of_outcome(stored->outcome);
	if (fault.status == 0)
		return false;
	if (stored->reason.len > 0) {
		buf_add_span(&reason, stored->reason);
		buf_add_char(&reason, '\0');
		fault.sentence = reason.at;
	}
	fault_reply(replies, deferred_done(deferred), &fault);
	buf_release(&reason);
	return true;
}
