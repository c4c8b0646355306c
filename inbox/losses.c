/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "inbox/losses.h"

#include "inbox/lines.h"
#include "lib/db/outbox_triggers.h"
#include "lib/log.h"

static void describe(const struct outbox_faults *faults, struct buf *out)
{
	for (size_t i = 0; i < faults->count; i++)
		buf_printf(out, "%s: %s\n", faults->items[i].table,
			faults->items[i].wrong);
	buf_printf(out, "%zu", faults->more);
}

static void say(const struct outbox_faults *faults, const char *inbox)
{
	for (size_t i = 0; i < faults->count; i++)
		log_warnx(LINE_TABLE_FAULT, inbox, faults->items[i].table,
			faults->items[i].wrong, faults->items[i].command);
	if (faults->more > 0)
		log_warnx(LINE_MORE_TABLES, inbox, faults->more);
}

/* The same losses are not said again when something else has changed. */
static bool is_news(struct losses *losses, const struct outbox_faults *faults)
{
	struct buf now = {0};
	bool news;

	describe(faults, &now);
	news = !span_equal(buf_span(&now), buf_span(&losses->known));
	buf_release(&losses->known);
	losses->known = now;
	return news;
}

void losses_look(struct losses *losses, struct db *db, uint64_t schema,
	const char *inbox)
{
	struct outbox_faults faults = {0};

	if (schema == losses->schema ||
		outbox_triggers_look(db, &faults) != DB_DONE)
		return;
	losses->schema = schema;
	losses->count = (uint32_t)(faults.count + faults.more);
	if (is_news(losses, &faults))
		say(&faults, inbox);
	outbox_faults_release(&faults);
}

void losses_release(struct losses *losses)
{
	buf_release(&losses->known);
}
