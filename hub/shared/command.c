/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "hub/shared/command.h"

#include <inttypes.h>
#include <stdio.h>

void command_begin(struct buf *out, size_t words)
{
	buf_printf(out, "*%zu\r\n", words);
}

void command_word(struct buf *out, struct span word)
{
	buf_printf(out, "$%zu\r\n", word.len);
	buf_add_span(out, word);
	buf_add(out, "\r\n", 2);
}

void command_number(struct buf *out, uint64_t number)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, number);

	command_word(out, span(digits, (size_t)len));
}

void command_key(struct buf *out, const char *prefix, const char *name)
{
	struct buf key = {0};

	buf_printf(&key, "%s:%s", prefix, name);
	command_word(out, buf_span(&key));
	buf_release(&key);
}

void command_text(struct buf *out, const char *text)
{
	size_t words = 1;

	for (const char *at = text; *at != '\0'; at++)
		words += *at == ' ';
	command_begin(out, words);
	for (; words > 0; words--) {
		size_t len = strcspn(text, " ");

		command_word(out, span(text, len));
		text += len + 1;
	}
}
