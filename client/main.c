/* SPDX-License-Identifier: MIT */
/*
 * tidings - one command for people and scripts: tidings VERB ...
 */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "client/exit_status.h"
#include "client/option/help.h"
#include "client/option/option.h"
#include "client/verbs.h"

static enum exit_status run_verb(const struct verb *verb, int argc, char **argv)
{
	enum exit_status exit_status;
	bool help;

	exit_status = option_read(verbs, verb, argc, argv, &help);
	if (help)
		help_verb(verb);
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

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "--help";
	const struct verb *verb = verb_named(verbs, word);
	enum exit_status exit_status = EXIT_OK;

	hold_standard();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* ignored, nobody could be waited for */
	if (verb != NULL)
		exit_status = run_verb(verb, argc - 1, argv + 1);
	else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
		 strcmp(word, "help") == 0)
		exit_status = help_all(verbs, argc > 2 ? argv[2] : NULL);
	else if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		puts(PACKAGE_STRING);
	else
		exit_status = fail(EXIT_USAGE,
			"unknown verb \"%s\"; `tidings --help` lists them",
			word);
	if ((fflush(stdout) != 0 || ferror(stdout)) && exit_status == EXIT_OK)
		exit_status = fail_errno(EXIT_FILE, "standard output");
	return (int)exit_status;
}
