/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/verb/input.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "client/http/interrupt.h"

enum { PIECE = 64 << 10 }; /* bytes of one read */

bool input_read(struct buf *input, enum exit_status *exit_status)
{
	struct pollfd fds[2] = {
		{STDIN_FILENO, POLLIN, 0}, {interrupt_fd(), POLLIN, 0}};
	char *at = buf_reserve(input, PIECE);
	ssize_t got;

	poll(fds, 2, -1);
	if (interrupt_caught())
		return false;
	got = read(STDIN_FILENO, at, PIECE);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (got < 0)
		*exit_status = fail_errno(EXIT_FILE, "standard input");
	if (got > 0)
		input->len += (size_t)got;
	return got > 0;
}

bool input_is_ready(void)
{
	struct pollfd more = {STDIN_FILENO, POLLIN, 0};

	return poll(&more, 1, 0) != 0;
}
