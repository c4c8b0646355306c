/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/option/option_value.h"

#include <string.h>

#include "lib/buf.h"
#include "lib/config/value.h"
#include "lib/text.h"

bool option_is_on(const char *text, bool *on)
{
	static const char *const words[2][4] = {
		{"no", "false", "0", "off"}, {"yes", "true", "1", "on"}};

	for (int i = 0; i < 8; i++)
		if (strcmp(words[i / 4][i % 4], text) == 0) {
			*on = i >= 4;
			return true;
		}
	return false;
}

bool option_duration(const char *text, uint64_t *ms)
{
	struct buf with_unit = {0};
	bool good;

	buf_printf(&with_unit, "%s%s", text,
		strspn(text, "0123456789") == strlen(text) ? "s" : "");
	buf_add_char(&with_unit, '\0');
	good = value_amount(with_unit.at, value_times, ms);
	buf_release(&with_unit);
	return good;
}

static bool is_colour(const char *text)
{
	return strcmp(text, "auto") == 0 || strcmp(text, "always") == 0 ||
	       strcmp(text, "never") == 0;
}

const char *option_fault(enum option_kind kind, const char *text)
{
	uint64_t number;
	bool on;

	switch (kind) {
	case SWITCH:
		return option_is_on(text, &on) ? NULL : "yes or no";
	case NUMBER:
		return text_to_u64(span_of(text), &number) ? NULL : "a number";
	case DURATION:
		return option_duration(text, &number)
			       ? NULL
			       : "a duration such as 500ms, 10s, 5m, 2h or 1d";
	case COLOUR:
		return is_colour(text) ? NULL : "auto, always or never";
	case TEXT:
	case LIST:
		break;
	}
	return NULL;
}
