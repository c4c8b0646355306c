/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/post/mercure.h"

#include <inttypes.h>

#include "fcgi/guard/access.h"
#include "fcgi/http/deferred.h"
#include "fcgi/http/query.h"
#include "fcgi/http/reply.h"
#include "fcgi/post/admission.h"
#include "fcgi/post/post.h"
#include "fcgi/uplink/publishes.h"
#include "lib/text.h"

/* `deferred->note` is the publisher's own id, if there is one. */
static void on_stored(void *arg, const struct stored *stored)
{
	struct deferred *deferred = arg;
	struct replies *replies = deferred->replies;
	struct buf text = {0};
	struct fault fault;

	if (stored->away) {
		reply_away(replies, deferred_done(deferred),
			"the hub did not answer; it may or may not have been "
			"stored");
		return;
	}
	fault = fault_of_stored(stored, &text);
	if (fault.status != 0) {
		fault_reply(replies, deferred_done(deferred), &fault);
	} else {
		buf_add_span(&text, buf_span(&deferred->note));
		if (text.len == 0)
			buf_printf(&text, "#%" PRIu64, stored->last);
		reply(replies, deferred_done(deferred),
			&(struct answer){.status = 200,
				.type = "text/plain; charset=utf-8",
				.body = buf_span(&text)});
	}
	buf_release(&text);
}

void mercure_publish(
	void *room, struct request *request, const struct target *target)
{
	struct post *post = room;
	struct publisher publisher;
	struct fault fault = admission_ask_token(post, request, &publisher);
	struct span body = buf_span(&request->body);
	struct buf topic = {0}, data = {0};
	struct deferred *deferred;

	(void)target;
	query_value(&topic, body, "topic");
	query_value(&data, body, "data");
	if (fault.status == 0 && text_channel_fault(buf_span(&topic)) != NULL)
		fault = fault_bad(
			"bad_topic", text_channel_fault(buf_span(&topic)));
	if (fault.status == 0)
		fault = admission_on(
			&publisher, buf_span(&topic), span(NULL, 0));
	if (fault.status != 0) {
		fault_reply(post->replies, request, &fault);
	} else {
		struct item item = {.data = buf_span(&data)};
		struct publication publication = {.channel = buf_span(&topic),
			.items = &item,
			.count = 1};

		deferred = deferred_new(post->deferrals, request);
		deferred->call = publishes_add(
			post->publishes, &publication, on_stored, deferred);
	}
	publisher_release(&publisher);
	buf_release(&topic);
	buf_release(&data);
}
