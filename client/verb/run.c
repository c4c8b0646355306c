/* SPDX-License-Identifier: MIT */
/*
 * run - any program's progress, published while it runs
 *
 * Each line of output is an event `progress`; `start` comes before the first,
 * `end` and `close` after the last.  What a carriage return ends is the state
 * of a progress bar: the newest takes the place of the one before it.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "client/option/option.h"
#include "client/run/child.h"
#include "client/run/percent.h"
#include "client/run/progress.h"
#include "client/run/template.h"
#include "client/verbs.h"
#include "lib/clock.h"
#include "lib/json/json.h"
#include "lib/text.h"

enum {
	LINE_MOST = 4096
}; /* bytes of a line, and of the command's, that
	are published */

struct run {
	struct progress *progress;
	const char *task;
	struct buf line[2]; /* of output and of error, not ended yet */
	uint64_t began;	    /* monotonic us */
	struct buf html;    /* the template, or empty */
	double percent;	    /* the last one that was named */
	char status[16], seconds[32]; /* once it has ended */
};

/* ---- events */

static struct json_object *event_new(const struct run *run)
{
	struct json_object *object = json_new();

	json_add_text(object, "task", span_of(run->task));
	return object;
}

/* Events are sent as lines, of which none is empty. */
static void end_line_of(struct buf *data)
{
	for (size_t i = 0; i < data->len; i++)
		if (data->at[i] == '\n' || data->at[i] == '\r')
			data->at[i] = ' ';
	buf_add_span(data, span_of(data->len == 0 ? " \n" : "\n"));
}

/* For pages that put HTML in its place; a bar keeps its length on lines that
 * name none. */
static void add_html(struct buf *out, const struct run *run, const char *type,
	struct json_object *object, struct span now)
{
	struct span message = {0}, output = {0};
	char percent[32];

	json_text(object, "message", &message);
	json_text(object, "output", &output);
	snprintf(percent, sizeof(percent), "%g", run->percent);
	template_fill(out, buf_span(&run->html),
		(const struct span[TEMPLATE_NAMES]){
			[TEMPLATE_EVENT] = span_of(type),
			[TEMPLATE_TASK] = span_of(run->task),
			[TEMPLATE_MESSAGE] = message,
			[TEMPLATE_PERCENT] = span_of(percent),
			[TEMPLATE_OUTPUT] = output,
			[TEMPLATE_STATUS] = span_of(run->status),
			[TEMPLATE_SECONDS] = span_of(run->seconds),
			[TEMPLATE_TIMESTAMP] = now});
	end_line_of(out);
}

static void publish(struct run *run, const char *type,
	struct json_object *object, bool replaces)
{
	struct buf now = {0}, data = {0};

	clock_rfc3339(&now, clock_wall_ms());
	if (run->html.len > 0) {
		add_html(&data, run, type, object, buf_span(&now));
		json_free(object);
	} else {
		json_add_text(object, "timestamp", buf_span(&now));
		json_end(object, &data);
	}
	progress_add(run->progress, type, buf_span(&data), replaces);
	buf_release(&now);
	buf_release(&data);
}

static void tell_start(struct run *run, char *const *command)
{
	struct json_object *object = event_new(run);
	struct buf words = {0};

	for (size_t i = 0; command[i] != NULL; i++)
		buf_printf(&words, "%s%s", i == 0 ? "" : " ", command[i]);
	if (words.len > LINE_MOST)
		words.len = LINE_MOST;
	json_add_text(object, "message", buf_span(&words));
	publish(run, "start", object, false);
	buf_release(&words);
}

static void tell_progress(
	struct run *run, struct span line, bool error, bool replaces)
{
	struct json_object *object;
	struct buf text = {0};
	double percent;

	percent_strip(&text, line);
	if (text.len > 0) {
		object = event_new(run);
		percent = percent_in(buf_span(&text));
		if (percent >= 0) {
			json_add_decimal(object, "percent", percent);
			run->percent = percent;
		}
		json_add_text(object, "message", buf_span(&text));
		if (error)
			json_add_text(object, "output", span_of("stderr"));
		publish(run, "progress", object, replaces);
	}
	buf_release(&text);
}

static void tell_end(struct run *run, const char *how, int status)
{
	struct json_object *object = event_new(run);
	double seconds = (double)(clock_mono_us() - run->began) / 1e6;

	json_add_text(object, "message", span_of(how));
	json_add_number(object, "status", (uint64_t)status);
	json_add_decimal(object, "seconds", seconds);
	snprintf(run->status, sizeof(run->status), "%d", status);
	snprintf(run->seconds, sizeof(run->seconds), "%.1f", seconds);
	if (status == 0)
		run->percent = 100;
	publish(run, "end", object, false);
	object = event_new(run);
	if (run->html.len >
		0) /* the page that shows this, too, shows the same */
		json_add_text(object, "message", span_of(how));
	publish(run, "close", object, false);
}

static void tell_child_end(struct run *run, const struct child *child)
{
	char how[64];

	if (WIFSIGNALED(child->status))
		snprintf(how, sizeof(how), "ended by signal %d",
			WTERMSIG(child->status));
	else
		snprintf(how, sizeof(how), "ended with status %d",
			child_exit_status(child));
	tell_end(run, how, child_exit_status(child));
}

/* ---- output becomes lines */

static void end_line(struct run *run, bool error, bool replaces)
{
	struct buf *line = &run->line[error];

	tell_progress(run, buf_span(line), error, replaces);
	buf_clear(line);
}

static void on_output(void *arg, struct span bytes, bool error)
{
	struct run *run = arg;
	struct buf *line = &run->line[error];

	for (size_t i = 0; i < bytes.len; i++) {
		char c = bytes.at[i];

		if (c == '\n')
			end_line(run, error, false);
		else if (c == '\r' && line->len > 0 &&
			 !(i + 1 < bytes.len && bytes.at[i + 1] == '\n'))
			end_line(run, error, true);
		else if (c != '\r' && line->len < LINE_MOST)
			buf_add_char(line, c);
	}
}

/* ---- the verb */

static enum exit_status run_run(void)
{
	char **command = arguments_from(1);
	struct run run = {.task = option_text("task")};
	struct child child = {.output = on_output, .arg = &run};
	const char *fault = text_channel_fault(span_of(argument(0)));
	enum exit_status exit_status;
	int status;

	if (fault != NULL)
		return fail(
			EXIT_USAGE, "channel \"%s\": %s", argument(0), fault);
	if (command[0] == NULL)
		return fail(EXIT_USAGE,
			"run: expected a command (tidings run --help)");
	exit_status = template_take(&run.html, option_text("html"));
	if (exit_status != EXIT_OK) {
		buf_release(&run.html);
		return exit_status;
	}
	run.progress = progress_new(argument(0));
	if (run.progress == NULL)
		return EXIT_USAGE;
	if (run.task == NULL)
		run.task = command[0];
	run.began = clock_mono_us();
	tell_start(&run, command);
	if (!child_start(&child, command, &status)) {
		tell_end(&run, "could not be started", status);
		progress_end(run.progress, option_ms("linger"));
		buf_release(&run.html);
		return (enum exit_status)status;
	}
	child_wait(&child);
	for (int i = 0; i < 2; i++) {
		end_line(&run, i == 1, false);
		buf_release(&run.line[i]);
	}
	tell_child_end(&run, &child);
	buf_release(&run.html);
	progress_end(run.progress, option_ms("linger"));
	child_follow(&child);
	return EXIT_FAILED; /* not reached */
}

static const struct option_row rows[] = {
	{"task", 't', TEXT, "NAME", NULL,
		"what to call it instead of the command's name"},
	{"html", '\0', TEXT, "TEMPLATE", NULL,
		"publish HTML: {message}, {percent} ...; @FILE has it"},
	{"linger", '\0', DURATION, "TIME", "2s",
		"how long its end may wait to be published"},
	{0},
};

const struct verb verb_run = {
	.name = "run",
	.arguments = "CHANNEL [--] COMMAND...",
	.summary = "run a command, and publish its progress",
	.more = "Its output, input, signals and exit status are as without "
		"this.  Each line\n"
		"becomes an event `progress`, with a percent where it names "
		"one.  A server that\n"
		"is away never keeps the command waiting.",
	.examples =
		"tidings run backup -- rsync -a --info=progress2 /home /mnt\n"
		"tidings run --task nightly builds -- make check\n"
		"tidings run --html '<meter max=100 value={percent}>' jobs "
		"./convert",
	.group = "Publish and listen",
	.rows = rows,
	.least = 1,
	.most = -1,
	.after = true,
	.run = run_run,
};
