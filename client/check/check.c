/* SPDX-License-Identifier: MIT */
/*
 * check - does an installation do what it should, seen from outside?
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "client/check/tools_room.h"
#include "client/check/verdict.h"
#include "client/http/interrupt.h"
#include "client/option/near.h"
#include "client/option/option.h"
#include "client/verbs.h"
#include "lib/clock.h"
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
	const char *group;		  /* neighbours stand together */
};

static const struct check_row checks[] = {
	{"health", try_health, NULL, "Server"},
	{"shared order", check_order, check_has_order, "Server"},
	{"main stream", check_main, NULL, "Events"},
	{"metrics", check_metrics, NULL, "Events"},
	{"custom channel", check_custom, NULL, "Events"},
	{"broadcast", check_api, NULL, "Events"},
	{"resume after a cut", check_resume, NULL, "Events"},
	{"events leave at once", check_buffering, NULL, "Events"},
	{"cross-origin rules", try_cors, NULL, "Access"},
	{"whose address it is", check_addresses, NULL, "Access"},
	{"tokens arrive", check_tokens, NULL, "Access"},
	{"cookie", check_cookie, check_gives_cookie, "Access"},
	{"logins are verified", check_logins, NULL, "Access"},
	{"mercure", check_mercure, check_has_mercure, "Access"},
	{"uploads end", try_uploads, NULL, "Limits"},
	{"leaving is noticed", check_leaving, NULL, "Limits"},
	{"inbox readers", check_readers, NULL, "Inboxes"},
	{"readers confined", check_confinement, NULL, "Inboxes"},
	{"published rows", check_stock, NULL, "Inboxes"},
	{"inboxes", check_inboxes, check_has_config, "Configuration"},
	{"open to everybody", check_open_doors, check_has_config,
		"Configuration"},
	{0},
};

/* ---- the verb */

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

static enum exit_status unknown_check(const char *name)
{
	struct near near = {.word = name};

	for (const struct check_row *row = checks; row->name != NULL; row++)
		near_offer(&near, row->name);
	if (near.found == NULL)
		return fail(EXIT_USAGE,
			"check: unknown check \"%s\"; `tidings check` shows "
			"their names",
			name);
	return fail(EXIT_USAGE, "check: unknown check \"%s\"; did you mean %s?",
		name, near.found);
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
			return unknown_check(argument(i));
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

static enum exit_status run_one(struct check *check,
	const struct check_row *row, struct verdict *verdict, bool *good)
{
	enum exit_status exit_status =
		verdict_begin(verdict, row->group, row->name);

	if (exit_status != EXIT_OK)
		return exit_status;
	check->hint = NULL;
	check->warns = false;
	buf_clear(&check->advice);
	*good = row->run(check);
	return interrupt_caught()
		       ? EXIT_FAILED
		       : verdict_add(verdict, check, row->name, *good);
}

static enum exit_status run_all(struct check *check, struct verdict *verdict)
{
	enum exit_status exit_status = EXIT_OK;
	const struct check_row *row = checks;
	bool away = false;

	for (; row->name != NULL && !interrupt_caught(); row++) {
		enum exit_status one;
		bool good = false;

		/* without a server nothing is to be said but of files */
		if (!is_wanted(row) || (away && row->applies == NULL))
			continue;
		one = run_one(check, row, verdict, &good);
		if (one == EXIT_FILE)
			return one;
		if (one != EXIT_OK)
			exit_status = one;
		away = away ||
		       (!good && row == checks &&
			       (check->answer.status == 0 || check->misplaced));
	}
	return interrupt_caught() ? EXIT_FAILED : exit_status;
}

static enum exit_status run_check(void)
{
	struct check check;
	struct verdict verdict;
	enum exit_status exit_status = check_names();

	if (exit_status != EXIT_OK)
		return exit_status;
	if (!check_open(&check))
		return EXIT_USAGE;
	interrupt_catch();
	exit_status = verdict_open(&verdict, &check);
	if (exit_status == EXIT_OK)
		exit_status = run_all(&check, &verdict);
	if (exit_status != EXIT_FILE &&
		verdict_close(&verdict, interrupt_caught()) != EXIT_OK)
		exit_status = EXIT_FILE;
	check_close(&check);
	return exit_status;
}

static const struct option_row rows[] = {
	{"auto", 'a', SWITCH, NULL, NULL,
		"is what it does anyway: asks nothing"},
	{"wait", 'w', DURATION, "TIME", "5s",
		"an event that takes longer counts as held back"},
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
		"those of\n" SYSCONFDIR "/tidings/tidings.conf, if it is "
		"there.",
	.examples = "tidings --url https://site.example/tidings check\n"
		    "tidings check broadcast resume\n"
		    "tidings check tokens --token TOKEN",
	.group = "Try out",
	.rows = rows,
	.most = -1,
	.run = run_check,
};
