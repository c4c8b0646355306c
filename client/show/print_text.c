/* SPDX-License-Identifier: MIT */
/*
 * print_text - text on standard output
 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/show/print.h"
#include "lib/escape.h"

/* `tidings history x | head -1` ends without a word, as others do. */
static void nobody_reads(void)
{
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
}

enum exit_status print_coloured(struct span text)
{
	struct pollfd room = {STDOUT_FILENO, POLLOUT, 0};

	while (text.len > 0) {
		ssize_t wrote = write(STDOUT_FILENO, text.at, text.len);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0 && errno == EAGAIN) {
			poll(&room, 1, -1);
			continue;
		}
		if (wrote < 0 && errno == EPIPE)
			nobody_reads();
		if (wrote < 0)
			return fail_errno(EXIT_FILE, "standard output");
		text = span(text.at + wrote, text.len - (size_t)wrote);
	}
	return EXIT_OK;
}

enum exit_status print_text(struct span text)
{
	enum exit_status exit_status;
	struct buf safe = {0};

	if (isatty(STDOUT_FILENO) == 0)
		return print_coloured(text);
	escape_add_lines(&safe, text);
	exit_status = print_coloured(buf_span(&safe));
	buf_release(&safe);
	return exit_status;
}

size_t print_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}
