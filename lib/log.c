/* SPDX-License-Identifier: MIT */
/*
 * A line is one write(2), so that lines of several processes do not mix.
 */
#include <config.h>

#include "lib/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1000, ERRNO_NONE = -1 };

static struct {
	const char *program;
	bool to_syslog;
	bool to_journal;
	bool debug;
	bool faults_only;
} conf = {"tidings", false, false, false, false};

/* systemd names there what it made our standard error. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];
	struct stat at;

	if (stream == NULL || fstat(STDERR_FILENO, &at) < 0)
		return false;
	snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)at.st_dev,
		(uintmax_t)at.st_ino);
	return strcmp(stream, ours) == 0;
}

void log_open(const char *program, bool to_syslog, bool debug)
{
	conf.program = program;
	conf.to_syslog = to_syslog;
	conf.to_journal = is_journal();
	conf.debug = debug;
	if (to_syslog)
		openlog(program, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

/* A line in the making; what does not fit is left out. */
struct line {
	char text[LINE_MAX_BYTES + 1]; /* and the line's end */
	size_t len;
};

static void add(struct line *line, const char *text)
{
	static const char hex[] = "0123456789abcdef";

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= ' ' && c <= '~') {
			if (line->len + 1 > LINE_MAX_BYTES)
				return;
			line->text[line->len++] = *text;
			continue;
		}
		if (line->len + 4 > LINE_MAX_BYTES)
			return;
		line->text[line->len++] = '\\';
		line->text[line->len++] = 'x';
		line->text[line->len++] = hex[c >> 4];
		line->text[line->len++] = hex[c & 15];
	}
}

static void put(const struct line *line)
{
	size_t done = 0;

	while (done < line->len) {
		ssize_t n = write(
			STDERR_FILENO, line->text + done, line->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return; /* nowhere to report it */
		done += (size_t)n;
	}
}

static void say(int priority, int error, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

static void say(int priority, int error, const char *format, va_list args)
{
	int kept = errno;
	char text[LINE_MAX_BYTES + 1];
	struct line line = {.len = 0};

	vsnprintf(text, sizeof(text), format, args);
	if (!conf.to_syslog) {
		char head[64];

		/* The journal knows who writes, and takes the priority so. */
		if (conf.to_journal)
			snprintf(head, sizeof(head), "<%d>", priority);
		else
			snprintf(head, sizeof(head), "%s[%ld]: ", conf.program,
				(long)getpid());
		add(&line, head);
	}
	add(&line, text);
	if (error != ERRNO_NONE) {
		add(&line, ": ");
		add(&line, strerror(error));
	}
	if (conf.to_syslog) {
		syslog(priority, "%.*s", (int)line.len, line.text);
	} else {
		line.text[line.len++] = '\n';
		put(&line);
	}
	errno = kept;
}

void log_faults_only(void)
{
	conf.faults_only = true;
}

void log_debug(const char *format, ...)
{
	va_list args;

	if (!conf.debug)
		return;
	va_start(args, format);
	say(LOG_DEBUG, ERRNO_NONE, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	if (conf.faults_only)
		return;
	va_start(args, format);
	say(LOG_INFO, ERRNO_NONE, format, args);
	va_end(args);
}

void log_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_WARNING, errno, format, args);
	va_end(args);
}

void log_warnx(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_WARNING, ERRNO_NONE, format, args);
	va_end(args);
}

void log_fatal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_ERR, errno, format, args);
	va_end(args);
	exit(1);
}

void log_fatalx(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(LOG_ERR, ERRNO_NONE, format, args);
	va_end(args);
	exit(1);
}
