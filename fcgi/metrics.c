/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/metrics.h"

#include "fcgi/guard/access.h"
#include "fcgi/guard/grant.h"
#include "fcgi/http/deferred.h"
#include "fcgi/http/media.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "fcgi/uplink/questions.h"

static const char *const types[] = {
	[WIRE_PROMETHEUS] = "text/plain; version=0.0.4; charset=utf-8",
	[WIRE_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; "
			     "charset=utf-8",
	[WIRE_SAMPLES] = "application/json",
};

/* False if it is to be a stream. */
static bool choose(const char *accept, enum wire_format *format)
{
	unsigned plain = media_quality(accept, "text/plain", "0.0.4");
	unsigned open =
		media_quality(accept, "application/openmetrics-text", "1.0.0");
	unsigned json = media_quality(accept, "application/json", NULL);
	unsigned text = open >= plain ? open : plain;

	if (media_quality(accept, "text/event-stream", NULL) > 0)
		return false;
	*format = open >= plain ? WIRE_OPENMETRICS : WIRE_PROMETHEUS;
	if (json > text)
		*format = WIRE_SAMPLES;
	return text + json > 0;
}

static void on_metrics_text(void *arg, struct span text)
{
	struct deferred *deferred = arg;
	struct replies *replies = deferred->replies;
	unsigned format = deferred->kind;
	struct request *request = deferred_done(deferred);

	if (text.at == NULL)
		reply_away(
			replies, request, "the hub does not answer just now");
	else
		reply(replies, request,
			&(struct answer){.status = 200,
				.type = types[format],
				.body = text});
}

/* Samples are what channel metrics has said, so they are for who may hear that.
 * False if it has been refused. */
static bool may_look_back(const struct metrics *metrics,
	struct request *request, struct span channel)
{
	struct grant *grant;
	enum access_word word =
		access_may_listen(metrics->access, request, &grant);

	if (word == ACCESS_YES)
		word = access_may_read(metrics->access, grant, channel);
	grant_drop(grant);
	if (word != ACCESS_YES)
		refusal_reply(metrics->replies, request, word);
	return word == ACCESS_YES;
}

void metrics_show(
	void *room, struct request *request, const struct target *target)
{
	const struct metrics *metrics = room;
	enum wire_format format = WIRE_PROMETHEUS;
	struct deferred *deferred;

	buf_printf(&request->headers, "Vary: Accept\r\n");
	if (!choose(request->accept, &format)) {
		metrics->listen(metrics->listen_room, request, target);
		return;
	}
	if (format == WIRE_SAMPLES &&
		!may_look_back(metrics, request, target->channel))
		return;
	deferred = deferred_new(metrics->deferrals, request);
	deferred->kind = format;
	deferred->call = questions_metrics(
		metrics->questions, format, on_metrics_text, deferred);
}
