/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/metrics.h"

#include "fcgi/http/deferred.h"
#include "fcgi/http/media.h"
#include "fcgi/http/reply.h"
#include "fcgi/http/request.h"
#include "fcgi/uplink/questions.h"

static const char *const types[] = {
	[WIRE_PROMETHEUS] = "text/plain; version=0.0.4; charset=utf-8",
	[WIRE_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; "
			     "charset=utf-8",
};

/* False if it is to be a stream. */
static bool choose(const char *accept, enum wire_format *format)
{
	unsigned plain = media_quality(accept, "text/plain", "0.0.4");
	unsigned open =
		media_quality(accept, "application/openmetrics-text", "1.0.0");

	if (media_quality(accept, "text/event-stream", NULL) > 0)
		return false;
	*format = open >= plain ? WIRE_OPENMETRICS : WIRE_PROMETHEUS;
	return open + plain > 0;
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
	deferred = deferred_new(metrics->deferrals, request);
	deferred->kind = format;
	deferred->call = questions_metrics(
		metrics->questions, format, on_metrics_text, deferred);
}
