/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/post/delete.h"

#include "fcgi/guard/access.h"
#include "fcgi/guard/grant.h"
#include "fcgi/http/deferred.h"
#include "fcgi/http/reply.h"
#include "fcgi/post/admission.h"
#include "fcgi/post/post.h"
#include "fcgi/post/unheard.h"
#include "fcgi/uplink/publishes.h"
#include "lib/json/json.h"
#include "lib/text.h"

/* ---- the answer */

/* Of a whole channel the id is the place that this has in the order: what comes
 * after it is new. */
static void answer(struct deferred *deferred)
{
	struct replies *replies = deferred->replies;
	struct json_object *object = json_new();
	struct buf body = {0};

	json_add_text(object, "status", span_of("deleted"));
	json_add_id(object, "id", deferred->after);
	json_add_text(object, "channel", buf_span(&deferred->note));
	json_end(object, &body);
	reply_json(replies, deferred_done(deferred), 200, buf_span(&body));
	buf_release(&body);
}

static void on_stored(void *arg, const struct stored *stored)
{
	struct deferred *deferred = arg;
	const struct post *post = deferred->room;

	if (fault_refuses(deferred, stored))
		return;
	deferred->call = NULL;
	if (deferred->after == 0)
		deferred->after = stored->last;
	unheard_wait(post->unheard, deferred, stored->last, answer);
}

/* ---- the question */

static void ask(struct post *post, struct request *request,
	const struct publisher *publisher, const struct target *target,
	uint64_t id)
{
	struct deferred *deferred = deferred_new(post->deferrals, request);
	const struct deletion deletion = {
		.channel = target->channel,
		.id = id,
		.anywhere = publisher->anywhere,
		.scope = publisher->grant == NULL ? NULL
						  : publisher->grant->publish,
	};

	buf_add_span(&deferred->note, target->channel);
	deferred->after = id;
	deferred->room = post;
	deferred->call = publishes_delete(
		post->publishes, &deletion, on_stored, deferred);
}

/* `id`: 0 = all of the channel. */
static void delete_what(struct post *post, struct request *request,
	const struct target *target, uint64_t id)
{
	struct publisher publisher;
	struct fault fault = admission_ask_bare(post, request, &publisher);

	if (fault.status == 0)
		fault = admission_on(
			&publisher, target->channel, span(NULL, 0));
	if (fault.status == 0)
		ask(post, request, &publisher, target, id);
	else
		fault_reply(post->replies, request, &fault);
	publisher_release(&publisher);
}

void delete_event(
	void *room, struct request *request, const struct target *target)
{
	struct post *post = room;
	uint64_t id;

	if (text_to_u64(target->event, &id) && id > 0 && id <= WIRE_ID_MAX)
		delete_what(post, request, target, id);
	else
		reply_error(post->replies, request, 400, "bad_id",
			"an event is named by the id that it is shown with, a "
			"number");
}

void delete_channel(
	void *room, struct request *request, const struct target *target)
{
	delete_what(room, request, target, 0);
}
