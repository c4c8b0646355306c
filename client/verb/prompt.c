/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/verb/prompt.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/http/interrupt.h"
#include "client/option/colour.h"
#include "client/show/look.h"
#include "client/verb/input.h"

bool prompt_possible(void)
{
	return isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
}

static void ask(const char *label)
{
	struct buf text = {0};

	look_add(
		&text, colour_wanted(STDERR_FILENO), LOOK_BOLD, span_of(label));
	buf_add_char(&text, ' ');
	fwrite(text.at, 1, text.len, stderr);
	buf_release(&text);
}

bool prompt_line(const char *label, struct buf *input, struct buf *line,
	enum exit_status *exit_status)
{
	const char *stop = NULL;
	size_t len;

	ask(label);
	while ((stop = input->len == 0
			       ? NULL
			       : memchr(input->at, '\n', input->len)) == NULL)
		if (!input_read(input, exit_status))
			break;
	if (interrupt_caught() || (stop == NULL && input->len == 0)) {
		fputc('\n', stderr); /* the shell's prompt begins a line */
		return false;
	}
	len = stop == NULL ? input->len : (size_t)(stop - input->at);
	buf_clear(line);
	buf_add(line, input->at, len);
	buf_drop(input, len + (stop != NULL));
	return true;
}
