#include <config.h>

#include "fcgi/report.h"

#include "fcgi/channel.h"
#include "lib/buf.h"
#include "lib/wire.h"

void report_init(struct report *report, struct channels *channels)
{
	report->channels = channels;
	report->hub = 1;
	list_init(&report->changed);
	list_init(&report->told);
}

/* What the hub thinks. */
static uint32_t told(const struct report *report, const struct channel *channel)
{
	return channel->told_hub == report->hub ? channel->told : 0;
}

void report_note(struct report *report, struct channel *channel)
{
	uint32_t thinks = told(report, channel);

	list_remove(&channel->report);
	if (channel->subscribers != thinks)
		list_append(&report->changed, &channel->report);
	else if (thinks > 0)
		list_append(&report->told, &channel->report);
	else
		channel_tidy(report->channels, channel);
}

void report_hub_left(struct report *report)
{
	struct node old;

	report->hub++;
	list_init(&old);
	list_move(&old, &report->changed);
	/* Of those that the old hub was to be told of, some are nobody's. */
	while (!list_empty(&old))
		report_note(
			report, list_entry(old.next, struct channel, report));
	list_move(&report->changed, &report->told);
}

static void put_channel(
	struct report *report, struct channel *channel, struct buf *out)
{
	wire_put_str8(out, channel_name(channel));
	wire_put_u32(out, channel->subscribers);
	channel->told = channel->subscribers;
	channel->told_hub = report->hub;
	report_note(report, channel);
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
			list_entry(
				report->changed.next, struct channel, report),
			out);
	end = out->len;
	out->len = begun;
	wire_put_u32(out, count);
	out->len = end;
	return true;
}
