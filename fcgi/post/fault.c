/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/post/fault.h"

#include "fcgi/http/reply.h"
#include "fcgi/uplink/publishes.h"

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
	case WIRE_OUT_FAILED:
		break;
	}
	return fault_new(503, "store_failed", "it could not be written");
}

struct fault fault_of_stored(const struct stored *stored, struct buf *text)
{
	struct fault fault = fault_of_outcome(stored->outcome);

	if (fault.status == 0 || stored->reason.len == 0)
		return fault;
	buf_add_span(text, stored->reason);
	buf_add_char(text, '\0');
	fault.sentence = text->at;
	return fault;
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
