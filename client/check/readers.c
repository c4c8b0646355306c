/* SPDX-License-Identifier: MIT */
/*
 * readers - are inboxes read, and by whom?
 *
 * /health names those that are not read, with the reason; /metrics says how
 * each reader is kept in, and how many published rows its inbox may still hold.
 * What the web server keeps to itself is not looked at.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "client/check/tools_room.h"
#include "client/show/unread.h"
#include "lib/json/json.h"

enum { STOCK_MAX = 100000 };

static const char not_read[] = "each reason, and what to do: "
			       "docs/troubleshooting.md, Inboxes that are "
			       "not read";
static const char not_confined[] =
	"the log lines of tidings-inbox say why: a kernel without Landlock, or "
	"a "
	"service that forbids its calls (systemd: SystemCallFilter=)";
static const char not_removed[] =
	"consume = yes in tidings.conf, an application that removes them "
	"itself, "
	"or one that holds a transaction open all the time: see "
	"docs/sqlite-inbox.md";

/* ---- the note: a line for each inbox */

static void begin_line(struct check *check, const char *hint)
{
	if (check->note.len > 0)
		buf_add_char(&check->note, '\n');
	check->hint = hint;
}

static bool add_unread(struct check *check)
{
	struct json_object *health = check_ask(check, "/health");
	struct json_object *list = unread_list(health);
	size_t count = json_length(list);
	struct unread unread;

	for (size_t i = 0; i < count; i++) {
		begin_line(check, not_read);
		if (unread_read(json_item(list, i), &unread))
			unread_add(&check->note, &unread);
	}
	json_free(health);
	return count > 0;
}

/* ---- figures: NAME{inbox="..."} NUMBER */

/* The label, as it was before it was escaped; NULL if `line` is another figure.
 */
static const char *read_label(
	const char *line, const char *name, struct buf *label)
{
	size_t len = strlen(name);

	buf_clear(label);
	if (strncmp(line, name, len) != 0)
		return NULL;
	for (line += len; *line != '\0' && *line != '"'; line++) {
		if (*line == '\\' && line[1] != '\0')
			line++;
		buf_add_char(label, *line);
	}
	return strncmp(line, "\"} ", 3) == 0 ? line + 3 : NULL;
}

/* Hands each inbox's figure to `each`; how many there are. */
static size_t read_figures(struct check *check, const char *name,
	void (*each)(struct check *check, struct span inbox, double value))
{
	static const char *const headers[] = {"Accept: text/plain", NULL};
	const struct http_request request = {.path = "/metrics",
		.headers = headers,
		.deadline_ms = check->patience_ms};
	char *text, *rest, *line;
	struct buf label = {0};
	size_t count = 0;

	http_perform(check->http, &request, &check->answer);
	rest = text = mem_text(buf_span(&check->answer.body));
	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *value = read_label(line, name, &label);

		count += value != NULL;
		if (value != NULL)
			each(check, buf_span(&label), strtod(value, NULL));
	}
	free(text);
	buf_release(&label);
	return count;
}

static void judge_confined(
	struct check *check, struct span inbox, double confined)
{
	if (confined != 0)
		return;
	begin_line(check, not_confined);
	buf_printf(&check->note,
		"%.*s: is read without Landlock: only owner and mode keep its "
		"reader from other files",
		(int)inbox.len, inbox.at);
}

static void judge_stock(struct check *check, struct span inbox, double rows)
{
	if (!(rows > STOCK_MAX))
		return;
	begin_line(check, not_removed);
	buf_printf(&check->note,
		"%.*s: up to %.0f published rows are still in it",
		(int)inbox.len, inbox.at, rows);
}

/* ---- the checks */

bool check_readers(struct check *check)
{
	buf_clear(&check->note);
	return !add_unread(check) && check_fine(check, "all inboxes are read");
}

/* The packages have what it needs. */
bool check_confinement(struct check *check)
{
	size_t count;

	buf_clear(&check->note);
	count = read_figures(
		check, "tidings_inbox_confined{inbox=\"", judge_confined);
	if (check->note.len == 0)
		return check_fine(check, "readers of inboxes: %zu", count);
	check->warns = !check_is_packaged();
	return check->warns;
}

bool check_stock(struct check *check)
{
	size_t count;

	buf_clear(&check->note);
	count = read_figures(
		check, "tidings_inbox_stock_rows{inbox=\"", judge_stock);
	check->warns = check->note.len > 0;
	return check->warns ||
	       check_fine(check, "inboxes: %zu, none has over %d", count,
		       STOCK_MAX);
}
