/*
 * check - does an installation do what it should, seen from outside?
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "client/interrupt.h"
#include "client/option.h"
#include "client/print.h"
#include "client/safe.h"
#include "client/trial_room.h"
#include "client/verbs.h"
#include "lib/json.h"

/* ---- without a stream */

static bool try_health(struct trial *trial)
{
	struct json_object *health = trial_ask(trial, "/health");
	const struct http_answer *answer = &trial->answer;
	struct span status = {0}, reason = {0};
	bool good;

	snprintf(trial->server, sizeof(trial->server), "%s",
		answer->server.len > 1 ? answer->server.at : "");
	good = json_text(health, "status", &status) && span_is(status, "ok");
	json_text(health, "reason", &reason);
	if (reason.len > 0)
		trial_wrong(trial,
			"is tidings-hub running, and its disk not full?",
			"%.*s", (int)reason.len, reason.at);
	else if (answer->status == 0)
		trial_wrong(trial, "is the web server running there? (--url)",
			"%s", answer->sentence.at);
	else if (answer->status >= 500)
		trial_wrong(trial,
			trial_hint(trial, answer->status == 500
						  ? TRIAL_NO_HANDLER
						  : TRIAL_BACKEND),
			"status %ld, from the web server", answer->status);
	else if (!good)
		trial_wrong(trial, trial_hint(trial, TRIAL_ROUTE),
			"status %ld, and the answer is not from Tidings",
			answer->status);
	json_free(health);
	return good && trial_fine(trial, "%.1f ms", answer->seconds * 1e3);
}

static bool try_cors(struct trial *trial)
{
	static const char *const foreign[] = {
		"Origin: https://elsewhere.example",
		"Access-Control-Request-Method: POST", NULL};
	struct http_request request = {.method = "OPTIONS",
		.path = "/api/broadcast",
		.headers = foreign,
		.deadline_ms = trial->patience_ms};
	const struct http_answer *answer = &trial->answer;

	http_perform(trial->http, &request, &trial->answer);
	if (answer->status != 204)
		return trial_wrong(trial,
			"the web server answers OPTIONS itself, or "
			"refuses it: pass it to tidings.fcgi",
			"a preflight got status %ld", answer->status);
	return trial_fine(trial, "pages of other origins %s publish (origins)",
		answer->origin.len > 1 ? "may" : "may not");
}

/* ---- the list */

struct trial_row {
	const char *name;
	bool (*run)(struct trial *trial); /* false = failed; says why in note */
};

static const struct trial_row checks[] = {
	{"health", try_health},
	{"main stream", trial_main},
	{"metrics", trial_metrics},
	{"custom channel", trial_custom},
	{"broadcast", trial_api},
	{"resume after a cut", trial_resume},
	{"events leave at once", trial_buffering},
	{"cross-origin rules", try_cors},
	{"leaving is noticed", trial_leaving},
	{0},
};

/* ---- the verb */

static enum outcome print_verdict(
	struct trial *trial, const struct trial_row *row, bool good)
{
	enum outcome outcome;
	struct buf out = {0};

	buf_printf(&out, "%-4s %-21s ", good ? "ok" : "FAIL", row->name);
	safe_add(&out, buf_span(&trial->note));
	buf_add_char(&out, '\n');
	if (!good && trial->hint != NULL)
		buf_printf(&out, "     -> %s\n", trial->hint);
	outcome = print_bytes(buf_span(&out));
	buf_release(&out);
	return outcome == OUT_OK && !good ? OUT_FAILED : outcome;
}

/* 'y' run, 's' skip, 'q' end. */
static char ask_user(const struct trial_row *row)
{
	char line[64];

	printf("%s?  [Enter] try it, s skip, q end: ", row->name);
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return 'q';
	return line[0] == 'n' || line[0] == 's' ? 's'
	       : line[0] == 'q'			? 'q'
						: 'y';
}

/* Is it among those that were asked for?  Health always is: without it nothing
 * else can be explained. */
static bool is_wanted(const struct trial_row *row)
{
	if (argument_count() == 0 || row == checks)
		return true;
	for (size_t i = 0; i < argument_count(); i++)
		if (strncmp(row->name, argument(i), strlen(argument(i))) == 0)
			return true;
	return false;
}

static enum outcome check_names(void)
{
	for (size_t i = 0; i < argument_count(); i++) {
		const struct trial_row *row = checks;

		while (row->name != NULL && strncmp(row->name, argument(i),
						    strlen(argument(i))) != 0)
			row++;
		if (row->name == NULL)
			return fail(OUT_USAGE, "check: unknown check \"%s\"",
				argument(i));
	}
	return OUT_OK;
}

static enum outcome run_all(struct trial *trial)
{
	enum outcome outcome = OUT_OK;
	const struct trial_row *row = checks;

	for (; row->name != NULL && !interrupt_caught(); row++) {
		enum outcome printed;
		bool good;
		char wish;

		if (!is_wanted(row))
			continue;
		wish = option_switch("auto") ? 'y' : ask_user(row);
		if (wish == 'q')
			break;
		if (wish == 's')
			continue;
		trial->hint = NULL;
		good = row->run(trial);
		printed = print_verdict(trial, row, good);
		if (printed == OUT_FILE)
			return printed;
		if (printed != OUT_OK)
			outcome = printed;
		/* without a server nothing else can be said */
		if (!good && row == checks && trial->answer.status == 0)
			break;
	}
	return interrupt_caught() ? OUT_FAILED : outcome;
}

static enum outcome run_check(void)
{
	struct trial trial;
	enum outcome outcome = check_names();

	if (outcome != OUT_OK)
		return outcome;
	if (!trial_open(&trial))
		return OUT_USAGE;
	if (option_switch("auto"))
		interrupt_catch();
	outcome = run_all(&trial);
	trial_close(&trial);
	return outcome;
}

static const struct option_row rows[] = {
	{"auto", 'a', SWITCH, NULL, NULL, "run all of them, and ask nothing"},
	{"wait", 'w', DURATION, "TIME", "5s",
		"how long an event may take before it counts as held back"},
	{0},
};

const struct verb verb_check = {
	.name = "check",
	.arguments = "[NAME...]",
	.summary = "try an installation through its web server",
	.more = "Names begin as those that it prints do.  Status 0 only if "
		"nothing failed.",
	.rows = rows,
	.most = -1,
	.run = run_check,
};
