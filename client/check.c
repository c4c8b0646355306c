/*
 * check - does an installation do what it should, seen from outside?
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "client/interrupt.h"
#include "client/print.h"
#include "client/safe.h"
#include "client/trial.h"
#include "client/verbs.h"

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
	if (argument_count() == 0 || row == trial_rows)
		return true;
	for (size_t i = 0; i < argument_count(); i++)
		if (strncmp(row->name, argument(i), strlen(argument(i))) == 0)
			return true;
	return false;
}

static enum outcome check_names(void)
{
	for (size_t i = 0; i < argument_count(); i++) {
		const struct trial_row *row = trial_rows;

		while (row->name != NULL && strncmp(row->name, argument(i),
						    strlen(argument(i))) != 0)
			row++;
		if (row->name == NULL)
			return fail(OUT_USAGE,
				"check: there is no check \"%s\"", argument(i));
	}
	return OUT_OK;
}

static enum outcome run_all(struct trial *trial)
{
	enum outcome outcome = OUT_OK;
	const struct trial_row *row = trial_rows;

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
		if (!good && row == trial_rows && trial->answer.status == 0)
			break;
	}
	return interrupt_caught() ? OUT_FAILED : outcome;
}

static enum outcome run_check(const struct verb *verb)
{
	struct trial trial;
	enum outcome outcome = check_names();

	(void)verb;
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
