/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/post/mercure.h"

#include <inttypes.h>

#include "fcgi/guard/access.h"
#include "fcgi/http/deferred.h"
#include "fcgi/http/media.h"
#include "fcgi/http/reply.h"
#include "fcgi/post/admission.h"
#include "fcgi/post/form.h"
#include "fcgi/post/post.h"
#include "fcgi/uplink/publishes.h"

/* `deferred->note` is the publisher's own id, if there is one. */
static void on_stored(void *arg, const struct stored *stored)
{
	struct deferred *deferred = arg;
	struct replies *replies = deferred->replies;
	struct buf id = {0};

	if (fault_refuses(deferred, stored))
		return;
	buf_add_span(&id, buf_span(&deferred->note));
	if (id.len == 0)
		buf_printf(&id, "#%" PRIu64, stored->last);
	reply(replies, deferred_done(deferred),
		&(struct answer){.status = 200,
			.type = "text/plain; charset=utf-8",
			.body = buf_span(&id)});
	buf_release(&id);
}

static struct fault read(struct form *form, const struct post *post,
	const struct request *request, const struct publisher *publisher)
{
	struct fault fault;

	if (!media_is(
		    request->content_type, "application/x-www-form-urlencoded"))
		return fault_new(415, "not_a_form",
			"the Content-Type must be "
			"application/x-www-form-urlencoded");
	fault = form_read(form, buf_span(&request->body), post->max_event);
	if (fault.status != 0)
		return fault;
	return admission_on(publisher, form_channel(form), form_traits(form));
}

static void send_form(
	struct post *post, struct request *request, const struct form *form)
{
	struct deferred *deferred = deferred_new(post->deferrals, request);
	const struct item item = {.key = buf_span(&form->key),
		.digest = form->digest,
		.data = buf_span(&form->data)};
	const struct publication publication = {
		.channel = form_channel(form),
		.type = buf_span(&form->type),
		.traits = form_traits(form),
		.is_brief = true,
		.items = &item,
		.count = 1,
	};

	buf_add_span(&deferred->note, buf_span(&form->id));
	deferred->call = publishes_add(
		post->publishes, &publication, on_stored, deferred);
	/* The uplink has its own copy; who waits needs none. */
	buf_release(&request->body);
}

void mercure_publish(
	void *room, struct request *request, const struct target *target)
{
	struct post *post = room;
	struct publisher publisher;
	struct form form = {0};
	struct fault fault = admission_ask_token(post, request, &publisher);

	(void)target;
	if (fault.status == 0)
		fault = read(&form, post, request, &publisher);
	if (fault.status == 0)
		send_form(post, request, &form);
	else
		fault_reply(post->replies, request, &fault);
	publisher_release(&publisher);
	form_release(&form);
}
