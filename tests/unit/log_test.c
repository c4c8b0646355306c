/* SPDX-License-Identifier: MIT */
/* log: what a line looks like */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/log.h"
#include "tests/unit/unit.h"

/* What `say` writes to standard error, in a process of its own, without the
 * program's name and pid; `status` is how that process ended. */
static char *said_by(void (*say)(void), int *status)
{
	struct buf said = {0};
	char *text;
	int ends[2];
	pid_t pid;
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		log_open("prog", false, false);
		say();
		_exit(0);
	}
	close(ends[1]);
	while ((n = read(ends[0], buf_reserve(&said, 4096), 4096)) > 0)
		said.len += (size_t)n;
	close(ends[0]);
	assert_int_equal(waitpid(pid, status, 0), pid);
	if (said.len > 0) {
		char head[32];
		int len =
			snprintf(head, sizeof(head), "prog[%ld]: ", (long)pid);

		assert_true(said.len > (size_t)len);
		assert_memory_equal(said.at, head, (size_t)len);
		buf_drop(&said, (size_t)len);
	}
	text = mem_text(buf_span(&said));
	buf_release(&said);
	return text;
}

static void say_plain(void)
{
	log_info("hub: opened %s", "log.db");
}

static void say_control(void)
{
	log_info("hub: \n\x1b[31m \x7f %s", "\xc3\xa4");
}

static void say_warn(void)
{
	errno = ENOENT;
	log_warn("sock: cannot open %s", "/x");
}

static void say_debug(void)
{
	log_debug("not at this level");
}

static void say_debug_too(void)
{
	log_open("prog", false, true);
	log_debug("now it is");
}

static void say_errno(void)
{
	errno = EBADF;
	log_info("a");
	if (errno == EBADF)
		log_info("kept");
}

static const struct {
	const char *name;
	void (*say)(void);
	const char *said;
} cases[] = {
	{"a line ends", say_plain, "hub: opened log.db\n"},
	{"what is not printable is escaped", say_control,
		"hub: \\x0a\\x1b[31m \\x7f \\xc3\\xa4\n"},
	{"a warning adds errno's text", say_warn,
		"sock: cannot open /x: No such file or directory\n"},
	{"debug lines are left out", say_debug, ""},
	{"unless they are wanted", say_debug_too, "now it is\n"},
};

static void test_lines_look_like_this(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int status;
		char *said = said_by(cases[i].say, &status);

		CHECK_TEXT(cases[i].name, span_of(said), cases[i].said);
		CHECK(cases[i].name, status == 0);
		free(said);
	}
}

static void test_logging_keeps_errno(void **state)
{
	int status;
	char *said = said_by(say_errno, &status);

	(void)state;
	assert_non_null(strstr(said, "kept"));
	free(said);
}

static void say_long(void)
{
	char text[5000];

	memset(text, '\n', sizeof(text));
	text[0] = 'a';
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
}

static void test_a_line_has_at_most_a_thousand_bytes(void **state)
{
	int status;
	char *said = said_by(say_long, &status);
	size_t len = strlen(said);

	(void)state;
	assert_in_range(len, 900, 1001);
	assert_int_equal(said[len - 1], '\n');
	assert_ptr_equal(strchr(said, '\n'), said + len - 1);
	assert_memory_equal(said + len - 5, "\\x0a", 4);
	free(said);
}

static void say_fatal(void)
{
	log_fatalx("config: no");
}

static void test_a_failed_start_says_one_sentence_and_exits_with_1(void **state)
{
	int status;
	char *said = said_by(say_fatal, &status);

	(void)state;
	assert_string_equal(said, "config: no\n");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	free(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_look_like_this),
		cmocka_unit_test(test_logging_keeps_errno),
		cmocka_unit_test(test_a_line_has_at_most_a_thousand_bytes),
		cmocka_unit_test(
			test_a_failed_start_says_one_sentence_and_exits_with_1),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
