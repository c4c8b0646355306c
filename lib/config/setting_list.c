/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/config/setting_list.h"

#include <stdlib.h>
#include <string.h>

void *setting_field(const struct setting *setting, void *target)
{
	return (char *)target + setting->field;
}

size_t *setting_count(const struct setting *setting, void *target)
{
	return (size_t *)(void *)((char *)target + setting->count);
}

void setting_add_text(
	const struct setting *setting, const char *item, void *target)
{
	char ***texts = setting_field(setting, target);
	size_t *count = setting_count(setting, target);

	*texts = mem_resize(*texts, (*count + 1) * sizeof(**texts));
	(*texts)[(*count)++] = mem_text(span_of(item));
}

static size_t item_len(const char *text)
{
	bool braces = false;
	size_t len;

	for (len = 0; text[len] != '\0' && strchr(" \t", text[len]) == NULL;
		len++) {
		if (text[len] == ',' && !braces)
			break;
		if (text[len] == '{' || text[len] == '}')
			braces = text[len] == '{';
	}
	return len;
}

bool setting_add_each(const struct setting *setting, const char *text,
	void *target, struct buf *fault, setting_add *add)
{
	for (;;) {
		size_t len;
		char *item;
		bool ok;

		text += strspn(text, " \t,");
		/* inih leaves a comment in a line that goes on. */
		if (*text == '\0' || *text == ';')
			return true;
		len = item_len(text);
		item = mem_text(span(text, len));
		ok = add(setting, item, target, fault);
		free(item);
		if (!ok)
			return false;
		text += len;
	}
}
