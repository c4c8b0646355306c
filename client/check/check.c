/* SPDX-License-Identifier: MIT */
/*
 * check - does an installation do what it should, seen from outside?
 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/check/tools_room.h"
#include "client/http/interrupt.h"
#include "client/option/option.h"
#include "client/show/print.h"
#include "client/verbs.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/json/json.h"

/* ---- without a stream */

static bool try_health(struct check *check)
{
	struct json_object *health = check_ask(check, "/health");
	const struct http_answer *answer = &check->answer;
	struct span status = {0}, reason = {0};
	bool good;

	snprintf(check->server, sizeof(check->server), "%s",
		answer->server.len > 1 ? answer->server.at : "");
	check->http2 = answer->http2;
	good = json_text(health, "status", &status) && span_is(status, "ok");
	json_text(health, "reason", &reason);
	if (reason.len > 0)
		check_wrong(check,
			"is tidings-hub running, and its disk not full?",
			"%.*s", (int)reason.len, reason.at);
	else if (answer->status == 0)
		check_wrong(check, "is the web server running there? (--url)",
			"%s", answer->sentence.at);
	else if (!good && check_refused(check, answer))
		good = false;
	else if (answer->status >= 500)
		check_wrong(check,
			check_hint(check, answer->status == 500
						  ? CHECK_NO_HANDLER
						  : CHECK_BACKEND),
			"status %ld, from the web server", answer->status);
	else if (!good)
		check_elsewhere(check, answer);
	json_free(health);
	return good && check_fine(check, "%.1f ms", answer->seconds * 1e3);
}

static bool try_cors(struct check *check)
{
	static const char *const foreign[] = {
		"Origin: https://elsewhere.example",
		"Access-Control-Request-Method: POST", NULL};
	struct http_request request = {.method = "OPTIONS",
		.path = "/api/broadcast",
		.headers = foreign,
		.deadline_ms = check->patience_ms};
	const struct http_answer *answer = &check->answer;

	http_perform(check->http, &request, &check->answer);
	if (answer->status != 204)
		return check_wrong(check,
			"the web server answers OPTIONS itself, or "
			"refuses it: pass it to tidings.fcgi",
			"a preflight got status %ld", answer->status);
	return check_fine(check, "pages of other origins %s publish (origins)",
		answer->origin.len > 1 ? "may" : "may not");
}

/* Nothing is sent: who limits uploads answers what is only announced, and who
 * waits for it would take it. */
static bool try_uploads(struct check *check)
{
	const uint64_t began = clock_mono_us();
	const struct http_answer *answer = &check->answer;
	const struct http_request request = {.method = "POST",
		.path = "/api/broadcast",
		.type = "Content-Type: application/json",
		.withheld = (uint64_t)1 << 30,
		.deadline_ms = check->patience_ms};

	http_perform(check->http, &request, &check->answer);
	if (answer->status != 0)
		return check_fine(check,
			"1 GiB is refused before it is sent, status %ld",
			answer->status);
	if (clock_mono_us() - began < check->patience_ms * 1000)
		return check_fine(check, "1 GiB is refused before it is sent");
	return check_wrong(check, check_hint(check, CHECK_UPLOADS),
		"an upload of 1 GiB would be taken: anybody can fill the disk");
}

/* ---- the list */

struct check_row {
	const char *name;
	bool (*run)(struct check *check); /* false = failed; says why in note */
	bool (*applies)(void);		  /* NULL = always */
};

static const struct check_row checks[] = {
	{"health", try_health, NULL},
	{"shared order", check_order, check_has_order},
	{"main stream", check_main, NULL},
	{"metrics", check_metrics, NULL},
	{"custom channel", check_custom, NULL},
	{"broadcast", check_api, NULL},
	{"resume after a cut", check_resume, NULL},
	{"events leave at once", check_buffering, NULL},
	{"cross-origin rules", try_cors, NULL},
	{"whose address it is", check_addresses, NULL},
	{"tokens arrive", check_tokens, NULL},
	{"cookie", check_cookie, check_gives_cookie},
	{"logins are verified", check_logins, NULL},
	{"mercure", check_mercure, check_has_mercure},
	{"uploads end", try_uploads, NULL},
	{"leaving is noticed", check_leaving, NULL},
	{"inbox readers", check_readers, NULL},
	{"readers confined", check_confinement, NULL},
	{"published rows", check_stock, NULL},
	{"inboxes", check_inboxes, check_has_config},
	{"open to everybody", check_open_doors, check_has_config},
	{0},
};

/* ---- the verb */

static void add_advice(struct buf *out, struct span advice)
{
	while (advice.len > 0) {
		const char *stop = memchr(advice.at, '\n', advice.len);
		size_t len = (size_t)(stop - advice.at);

		buf_add_span(out, span_of("     -> "));
		escape_add(out, span(advice.at, len));
		buf_add_char(out, '\n');
		advice = span(stop + 1, advice.len - len - 1);
	}
}

/* One for each line of the note. */
static void add_verdicts(struct buf *out, const struct check *check,
	const struct check_row *row, bool good)
{
	const char *verdict = !good ? "FAIL" : check->warns ? "WARN" : "ok";
	struct span note = buf_span(&check->note);
	const char *stop;

	do {
		stop = note.len == 0 ? NULL : memchr(note.at, '\n', note.len);
		buf_printf(out, "%-4s %-21s ", verdict, row->name);
		escape_add(out,
			stop == NULL ? note
				     : span(note.at, (size_t)(stop - note.at)));
		buf_add_char(out, '\n');
		if (stop != NULL)
			note = span(stop + 1,
				note.len - (size_t)(stop + 1 - note.at));
	} while (stop != NULL);
}

static enum exit_status print_verdict(
	struct check *check, const struct check_row *row, bool good)
{
	enum exit_status exit_status;
	struct buf out = {0};

	add_verdicts(&out, check, row, good);
	if ((!good || check->warns) && check->hint != NULL)
		buf_printf(&out, "     -> %s\n", check->hint);
	add_advice(&out, buf_span(&check->advice));
	exit_status = print_text(buf_span(&out));
	buf_release(&out);
	return exit_status == EXIT_OK && !good ? EXIT_FAILED : exit_status;
}

/* 'y' run, 's' skip, 'q' end; 'n' there is nobody to ask. */
static char ask_user(const struct check_row *row)
{
	char line[64];

	printf("%s?  [Enter] try it, s skip, q end: ", row->name);
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL) {
		putchar('\n');
		return isatty(STDIN_FILENO) ? 'q' : 'n';
	}
	return line[0] == 'n' || line[0] == 's' ? 's'
	       : line[0] == 'q'			? 'q'
						: 'y';
}

static bool applies(const struct check_row *row)
{
	return row->applies == NULL || row->applies();
}

static bool is_named(const struct check_row *row, size_t i)
{
	return strncmp(row->name, argument(i), strlen(argument(i))) == 0;
}

/* Is it among those that were asked for?  Health always is: without it nothing
 * else can be explained. */
static bool is_wanted(const struct check_row *row)
{
	bool wanted = argument_count() == 0 || row == checks;

	for (size_t i = 0; i < argument_count() && !wanted; i++)
		wanted = is_named(row, i);
	return wanted && applies(row);
}

/* Each name must be of one that can be tried. */
static enum exit_status check_names(void)
{
	for (size_t i = 0; i < argument_count(); i++) {
		const struct check_row *row = checks, *known = NULL;

		for (; row->name != NULL; row++) {
			known = is_named(row, i) ? row : known;
			if (known == row && applies(row))
				break;
		}
		if (known == NULL)
			return fail(EXIT_USAGE, "check: unknown check \"%s\"",
				argument(i));
		if (row->name == NULL)
			return fail(EXIT_USAGE, "check: %s needs %s",
				known->name,
				known->applies == check_gives_cookie
					? "--set-cookie LINE"
					: "a tidings.conf that has it: "
					  "--server-config FILE");
	}
	return EXIT_OK;
}

static enum exit_status run_all(struct check *check)
{
	enum exit_status exit_status = EXIT_OK;
	const struct check_row *row = checks;
	bool away = false;

	for (; row->name != NULL && !interrupt_caught(); row++) {
		enum exit_status printed;
		bool good;
		char word;

		/* without a server nothing is to be said but of files */
		if (!is_wanted(row) || (away && row->applies == NULL))
			continue;
		word = option_switch("auto") ? 'y' : ask_user(row);
		if (word == 'n')
			return fail(EXIT_USAGE,
				"check: nobody answers the questions; "
				"--auto asks none");
		if (word == 'q')
			break;
		if (word == 's')
			continue;
		check->hint = NULL;
		check->warns = false;
		buf_clear(&check->advice);
		good = row->run(check);
		printed = print_verdict(check, row, good);
		if (printed == EXIT_FILE)
			return printed;
		if (printed != EXIT_OK)
			exit_status = printed;
		away = away ||
		       (!good && row == checks &&
			       (check->answer.status == 0 || check->misplaced));
	}
	return interrupt_caught() ? EXIT_FAILED : exit_status;
}

static enum exit_status run_check(void)
{
	struct check check;
	enum exit_status exit_status = check_names();

	if (exit_status != EXIT_OK)
		return exit_status;
	if (!check_open(&check))
		return EXIT_USAGE;
	if (option_switch("auto"))
		interrupt_catch();
	exit_status = run_all(&check);
	check_close(&check);
	return exit_status;
}

static const struct option_row rows[] = {
	{"auto", 'a', SWITCH, NULL, NULL, "run all of them, and ask nothing"},
	{"wait", 'w', DURATION, "TIME", "5s",
		"how long an event may take before it counts as held back"},
	{"server-config", '\0', TEXT, "FILE", NULL,
		"the tidings.conf to go by"},
	{"set-cookie", '\0', TEXT, "LINE", NULL,
		"a line Set-Cookie of your application, to be judged"},
	{0},
};

const struct verb verb_check = {
	.name = "check",
	.arguments = "[NAME...]",
	.summary = "try an installation through its web server",
	.more = "Names begin as those that it prints do.  Status 0 only if "
		"nothing failed.\nInboxes, and what is open to everybody, are "
		"those of " SYSCONFDIR "/tidings/tidings.conf, if it is there.",
	.rows = rows,
	.most = -1,
	.run = run_check,
};
