/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/db/outbox_fault.h"

#include <stdbool.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/text.h"

enum { NAME_MAX_BYTES = 255 }; /* of a table that is named in a line */

static const char no_trigger[] =
	"its triggers are gone, as when a migration makes a table anew: what "
	"changes in it is not published";

static void add_wrong(
	struct buf *out, enum outbox_loss_kind kind, struct span other)
{
	switch (kind) {
	case OUTBOX_WHOLE:
		break;
	case OUTBOX_RENAMED:
		buf_printf(out,
			"it was renamed to %.*s, and its events have the old "
			"name",
			(int)other.len, other.at);
		break;
	case OUTBOX_NO_TABLE:
		buf_add_span(out, span_of("there is no such table any more"));
		break;
	case OUTBOX_NO_TRIGGER:
		buf_add_span(out, span_of(no_trigger));
		break;
	case OUTBOX_ELSEWHERE:
		buf_printf(out,
			"its triggers are on the table %.*s now: what changes "
			"in it is not published",
			(int)other.len, other.at);
		break;
	case OUTBOX_OTHER_COLUMNS:
		buf_add_span(out,
			span_of("its columns are not those that its triggers "
				"know"));
		break;
	case OUTBOX_OTHER_TRIGGER:
		buf_add_span(out,
			span_of("its triggers are not those that were made"));
		break;
	}
}

/* A word for a shell. */
static void add_word(struct buf *out, struct span word)
{
	buf_add_char(out, '\'');
	for (size_t i = 0; i < word.len; i++)
		if (word.at[i] == '\'')
			buf_add_span(out, span_of("'\\''"));
		else
			buf_add_char(out, word.at[i]);
	buf_add_char(out, '\'');
}

static bool is_plain(struct span word)
{
	for (size_t i = 0; i < word.len; i++) {
		char c = word.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') ||
			    (c != '\0' && strchr("_./:@+,-", c) != NULL)))
			return false;
	}
	return word.len > 0;
}

static void add_flag(struct buf *out, const char *flag, struct span word)
{
	buf_printf(out, "%s%s ", out->len > 0 ? " " : "", flag);
	(is_plain(word) ? buf_add_span : add_word)(out, word);
}

static void add_command(struct buf *out, const char *path,
	enum outbox_loss_kind kind, struct span table, struct span channel,
	struct span other)
{
	struct span on = kind == OUTBOX_RENAMED ? other : table;

	add_flag(out, "tidings inbox init", span_of(path));
	if (kind == OUTBOX_RENAMED || kind == OUTBOX_NO_TABLE)
		add_flag(out, "--off", table);
	if (kind == OUTBOX_NO_TABLE)
		return;
	add_flag(out, "--on", on);
	if (!span_equal(on, channel))
		add_flag(out, "--channel", channel);
}

/* A placeholder for a name that is none for people; they know which of their
 * tables has such a one. */
static struct span named(struct span name)
{
	bool fit = name.len > 0 && name.len <= NAME_MAX_BYTES &&
		   text_is_utf8(name, NULL);

	for (size_t i = 0; fit && i < name.len; i++)
		fit = (unsigned char)name.at[i] >= ' ' && name.at[i] != 0x7f;
	return fit ? name : span_of("TABLE");
}

static char *take(struct buf *text)
{
	char *taken = mem_text(buf_span(text));

	buf_release(text);
	return taken;
}

void outbox_fault_word(
	struct outbox_fault *fault, const struct outbox_loss *loss)
{
	struct span table = named(loss->table), other = named(loss->other),
		    channel = text_channel_fault(loss->channel) == NULL
				      ? loss->channel
				      : table;
	struct buf wrong = {0}, command = {0};

	add_wrong(&wrong, loss->kind, other);
	add_command(&command, loss->path, loss->kind, table, channel, other);
	*fault = (struct outbox_fault){.table = mem_text(table),
		.wrong = take(&wrong),
		.command = take(&command)};
}

void outbox_faults_release(struct outbox_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++) {
		free(faults->items[i].table);
		free(faults->items[i].wrong);
		free(faults->items[i].command);
	}
	*faults = (struct outbox_faults){0};
}
