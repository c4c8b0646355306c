/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/stream/report.h"

#include "fcgi/stream/topic.h"
#include "lib/buf.h"
#include "lib/wire.h"

void report_init(struct report *report, struct topics *topics)
{
	report->topics = topics;
	report->hub = 1;
	list_init(&report->changed);
	list_init(&report->told);
}

/* What the hub thinks. */
static uint32_t told(const struct report *report, const struct topic *topic)
{
	return topic->told_hub == report->hub ? topic->told : 0;
}

void report_note(struct report *report, struct topic *topic)
{
	uint32_t thinks = told(report, topic);

	list_remove(&topic->report);
	if (topic->subscribers != thinks)
		list_append(&report->changed, &topic->report);
	else if (thinks > 0)
		list_append(&report->told, &topic->report);
	else
		topic_tidy(report->topics, topic);
}

void report_hub_left(struct report *report)
{
	struct node old;

	report->hub++;
	list_init(&old);
	list_move(&old, &report->changed);
	/* Of those that the old hub was to be told of, some are nobody's. */
	while (!list_empty(&old))
		report_note(report, list_entry(old.next, struct topic, report));
	list_move(&report->changed, &report->told);
}

static void put_channel(
	struct report *report, struct topic *topic, struct buf *out)
{
	wire_put_str16(out, topic_name(topic));
	wire_put_u32(out, topic->subscribers);
	topic->told = topic->subscribers;
	topic->told_hub = report->hub;
	report_note(report, topic);
}

bool report_put(struct report *report, struct buf *out)
{
	size_t begun = out->len, end;
	uint32_t count = 0;

	if (list_empty(&report->changed))
		return false;
	wire_put_u32(out, 0); /* count, once known */
	for (; !list_empty(&report->changed) && out->len - begun < REPORT_FRAME;
		count++)
		put_channel(report,
			list_entry(report->changed.next, struct topic, report),
			out);
	end = out->len;
	out->len = begun;
	wire_put_u32(out, count);
	out->len = end;
	return true;
}
