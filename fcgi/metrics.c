#include <config.h>

#include "fcgi/metrics.h"

#include "fcgi/answers.h"
#include "fcgi/asker.h"
#include "fcgi/media.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"

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

static void on_metered(void *arg, struct span text)
{
	struct asker *asker = arg;
	struct replies *replies = asker->replies;
	unsigned format = asker->kind;
	struct request *request = asker_done(asker);

	if (text.at == NULL)
		reply_away(
			replies, request, "the hub does not answer just now");
	else
		reply(replies, request,
			&(struct answer){.status = 200,
				.type = types[format],
				.body = text});
}

void metrics_show(void *room, struct request *request, const struct aim *aim)
{
	const struct metrics *metrics = room;
	enum wire_format format = WIRE_PROMETHEUS;
	struct asker *asker;

	buf_printf(&request->headers, "Vary: Accept\r\n");
	if (!choose(request->accept, &format)) {
		metrics->listen(metrics->listen_room, request, aim);
		return;
	}
	asker = asker_new(metrics->askers, request);
	asker->kind = format;
	asker->pending =
		answers_metrics(metrics->answers, format, on_metered, asker);
}
