/* SPDX-License-Identifier: MIT */
/*
 * tidings - one command for people and scripts: tidings VERB ...
 */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/exit_status.h"
#include "client/option/colour.h"
#include "client/option/help.h"
#include "client/option/option.h"
#include "client/option/option_before.h"
#include "client/verbs.h"

static enum exit_status run_verb(const struct verb *verb, int argc, char **argv)
{
	enum exit_status exit_status;
	bool help;

	exit_status = option_read(verbs, verb, argc, argv, &help);
	if (exit_status == EXIT_OK && !help && colour_wanted(STDERR_FILENO))
		be_coloured();
	if (help)
		help_verb(verb, option_given("color")
					? colour_wanted(STDOUT_FILENO)
					: colour_usual(STDOUT_FILENO));
	else if (exit_status == EXIT_OK)
		exit_status = verb->run();
	option_release();
	return exit_status;
}

/* A descriptor that is closed would become a socket's, and events be printed
 * into that.  What is there instead cannot be read or written either. */
static void hold_standard(void)
{
	static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", modes[fd]);
}

/* What the words ask for; the first is the verb. */
static enum exit_status run_words(char **words)
{
	const struct verb *verb;
	int count = 0;

	if (words[0] == NULL)
		return fail(EXIT_USAGE,
			"expected a verb behind the flags; `tidings --help` "
			"lists them");
	if (strcmp(words[0], "help") == 0)
		return help_all(verbs, words[1], colour_usual(STDOUT_FILENO));
	verb = verb_named(verbs, words[0]);
	if (verb == NULL)
		return option_unknown_verb(verbs, words[0]);
	while (words[count] != NULL)
		count++;
	return run_verb(verb, count, words);
}

int main(int argc, char **argv)
{
	struct before before;
	enum exit_status exit_status;

	hold_standard();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* ignored, nobody could be waited for */
	exit_status = option_before(verbs, argc, argv, &before);
	if (exit_status == EXIT_OK && (before.help || argc < 2))
		exit_status = help_all(verbs, argc < 2 ? NULL : before.verb[0],
			colour_usual(STDOUT_FILENO));
	else if (exit_status == EXIT_OK && before.version)
		puts(PACKAGE_STRING);
	else if (exit_status == EXIT_OK)
		exit_status = run_words(before.verb);
	if ((fflush(stdout) != 0 || ferror(stdout)) && exit_status == EXIT_OK)
		exit_status = fail_errno(EXIT_FILE, "standard output");
	return (int)exit_status;
}
