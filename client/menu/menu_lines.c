/* SPDX-License-Identifier: MIT */
/*
 * menu_lines - for people who try it without a screen: each line runs a verb,
 * and shows which
 *
 * A verb runs as a process of its own, so that Ctrl-C ends it and comes back
 * here.
 */
#include <config.h>

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "client/menu/menu.h"
#include "client/option/option.h"
#include "client/show/view.h"

enum { WORDS = 6, LINE_SIZE = 4096 };

/* What stands for an answer of the user's. */
static const char channel[] = "CHANNEL", message[] = "MESSAGE";

static const struct item {
	char key;
	const char *name;
	bool endless;		  /* until Ctrl-C */
	const char *words[WORDS]; /* the verb, its arguments */
} items[] = {
	{'1', "the main stream", true, {"sub", "main"}},
	{'2', "live metrics", true, {"sub", "metrics"}},
	{'3', "a channel, from its beginning", true,
		{"tail", "--since", "all", channel}},
	{'4', "publish an event", false, {"pub", channel, message}},
	{'5', "test the broadcast API", false,
		{"check", "--auto", "broadcast"}},
	{'6', "test the whole installation", false, {"check", "--auto"}},
	{'7', "what is going on", false, {"status", "--watch"}},
	{'8', "the channels there are", false, {"channels"}},
};

enum { ITEMS = sizeof(items) / sizeof(items[0]) };

/* ---- the terminal */

/* The next line without its end; false if it does not fit, or has a NUL byte:
 * the rest of it is no answer. */
static bool take_line(char *line, bool *end)
{
	size_t len = 0;
	bool fits = true;
	int c;

	while ((c = getchar()) != EOF && c != '\n') {
		fits = fits && len < LINE_SIZE - 1 && c != '\0';
		if (fits)
			line[len++] = (char)c;
	}
	line[len] = '\0';
	*end = c == EOF && len == 0;
	return fits;
}

/* A line without its end; false at the end of the input. */
static bool read_line(char *line)
{
	bool end;

	fflush(stdout);
	while (!take_line(line, &end)) {
		printf("a line has at most %d bytes and no NUL; try again: ",
			LINE_SIZE - 1);
		fflush(stdout);
	}
	return !end;
}

static void print_health(void)
{
	struct view view = {.http = http_new()};

	if (view.http == NULL)
		return;
	view_ask_health(&view);
	if (view.known) /* else it begins with the URL by itself */
		printf("Tidings at %s: ", http_url(view.http));
	puts(view.status.at);
	view_release(&view);
	http_free(view.http);
}

static void print_items(void)
{
	putchar('\n');
	print_health();
	for (size_t i = 0; i < ITEMS; i++) {
		printf("  %c  %-31s tidings", items[i].key, items[i].name);
		for (size_t word = 0; items[i].words[word] != NULL; word++)
			printf(" %s", items[i].words[word]);
		putchar('\n');
	}
	puts("  q  end");
}

/* ---- a verb */

/* Its exit status; Ctrl-C is its own until it has ended. */
static int run_words(const char *const *words)
{
	const char *argv[WORDS + 3] = {"tidings"};
	posix_spawnattr_t attributes;
	sigset_t restored;
	int status = 0;
	pid_t pid;

	for (size_t i = 0; words[i] != NULL; i++)
		argv[i + 1] = words[i];
	sigemptyset(&restored);
	sigaddset(&restored, SIGINT);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &restored);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	signal(SIGINT, SIG_IGN);
	if (posix_spawn(&pid, "/proc/self/exe", NULL, &attributes,
		    (char *const *)(void *)argv, environ) != 0)
		status = (int)fail(EXIT_FAILED, "cannot run /proc/self/exe")
			 << 8;
	else
		while (waitpid(pid, &status, 0) < 0)
			continue;
	signal(SIGINT, SIG_DFL);
	posix_spawnattr_destroy(&attributes);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

/* The words, with the user's in place of CHANNEL and MESSAGE; false at the end
 * of the input. */
static bool ask_words(
	const struct item *item, const char **words, char answers[2][LINE_SIZE])
{
	size_t asked = 0;

	for (size_t i = 0; item->words[i] != NULL; i++) {
		bool is_channel = item->words[i] == channel;
		char *answer = answers[is_channel];

		*words++ = item->words[i];
		if (!is_channel && item->words[i] != message)
			continue;
		fputs(is_channel ? "channel [main]: " : "message: ", stdout);
		if (!read_line(answer))
			return false;
		if (is_channel && answer[0] == '\0')
			snprintf(answer, LINE_SIZE, "main");
		if (asked++ == 0) { /* none of them is a flag */
			words[-1] = "--";
			words++;
		}
		words[-1] = answer;
	}
	return true;
}

static bool run_item(const struct item *item)
{
	const char *words[WORDS + 2] = {0};
	char answers[2][LINE_SIZE];
	int status;

	if (!ask_words(item, words, answers))
		return false;
	if (item->endless)
		puts("(press Ctrl-C to return to the menu)");
	fflush(stdout);
	status = run_words(words);
	if (status != 0)
		printf("\n(it ended with status %d)\n", status);
	return true;
}

/* ---- the verb */

static const struct item *item_of(const char *line)
{
	for (size_t i = 0; i < ITEMS; i++)
		if (line[0] == items[i].key && line[1] == '\0')
			return &items[i];
	return NULL;
}

enum exit_status menu_lines(void)
{
	char line[LINE_SIZE] = "";
	const struct item *item;
	bool more = true;

	option_export();
	while (more) {
		print_items();
		fputs("your choice: ", stdout);
		if (!read_line(line) || line[0] == 'q')
			break;
		item = item_of(line);
		if (item != NULL)
			more = run_item(item);
		else if (line[0] != '\0')
			printf("there is no choice %s\n", line);
	}
	putchar('\n');
	return EXIT_OK;
}
