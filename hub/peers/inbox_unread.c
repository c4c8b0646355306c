/* SPDX-License-Identifier: MIT */
/*
 * inbox_unread - which inboxes are not read, and why (inbox.h)
 */
#include "config.h"

#include <string.h>

#include "hub/lines.h"
#include "hub/peers/inbox.h"
#include "lib/log.h"

static const char nobody[] = "nobody reads it: is tidings-inbox running?";

void inbox_excuse(struct inboxes *inboxes, struct inbox *inbox, struct span why)
{
	inboxes->changed |= inbox->read || !span_is(why, inbox->why.at);
	inbox->read = false;
	buf_clear(&inbox->why);
	buf_add(&inbox->why, why.at,
		why.len < WIRE_REASON_MAX ? why.len : WIRE_REASON_MAX);
	buf_add_char(&inbox->why, '\0');
}

void inbox_miss(struct inboxes *inboxes, struct inbox *inbox)
{
	inbox_excuse(inboxes, inbox, span_of(nobody));
}

void inboxes_put_unread(const struct inboxes *inboxes, struct buf *out)
{
	uint16_t count = 0;

	for (size_t i = 0; i < inboxes->count; i++)
		count += !inboxes->all[i].read;
	wire_put_u16(out, count);
	for (size_t i = 0; i < inboxes->count; i++) {
		const struct inbox *inbox = &inboxes->all[i];

		if (inbox->read)
			continue;
		wire_put_str8(out, span_of(inbox->config->name));
		wire_put_str16(out, span_of(inbox->config->path));
		wire_put_str16(out, span_of(inbox->why.at));
	}
}

/* ---- the log */

static bool is_silent(const struct inbox *inbox)
{
	return !inbox->read && strcmp(inbox->why.at, nobody) == 0;
}

void inboxes_watch(struct inboxes *inboxes, uint64_t now_us)
{
	for (size_t i = 0; i < inboxes->count; i++) {
		struct inbox *inbox = &inboxes->all[i];
		const struct config_inbox *config = inbox->config;

		switch (inbox_watch_look(
			&inbox->watch, is_silent(inbox), inbox->read, now_us)) {
		case UNREAD:
			log_warnx(LINE_INBOX_UNREAD, config->name, config->path,
				nobody);
			break;
		case READ_AGAIN:
			log_info(LINE_INBOX_READ_AGAIN, config->name,
				config->path);
			break;
		case NO_NEWS:
			break;
		}
	}
}
