/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/option/option_environment.h"

#include <ctype.h>
#include <stdlib.h>

#include "lib/buf.h"

static void variable_name(
	struct buf *out, const struct verb *verb, const struct option_row *row)
{
	bool common = option_is_common(row);

	buf_clear(out);
	buf_printf(out, "TIDINGS_%s%s%s", common ? "" : verb->name,
		common ? "" : "_", row->name);
	for (size_t i = 0; i < out->len; i++)
		out->at[i] = out->at[i] == '-'
				     ? '_'
				     : (char)toupper((unsigned char)out->at[i]);
	buf_add_char(out, '\0');
}

enum exit_status option_environment(struct option_values *values)
{
	enum exit_status exit_status = EXIT_OK;
	struct buf name = {0};

	for (size_t i = 0; i < values->count && exit_status == EXIT_OK; i++) {
		struct option_value *value = &values->all[i];
		const char *text;

		variable_name(&name, values->verb, value->row);
		text = getenv(name.at);
		if (text != NULL)
			exit_status = option_offer(value, text, name.at);
	}
	buf_release(&name);
	return exit_status;
}

void option_environment_set(const struct option_values *values)
{
	struct buf name = {0};

	for (size_t i = 0; i < values->count; i++) {
		const struct option_value *value = &values->all[i];

		if (!option_is_common(value->row) || value->text == NULL)
			continue;
		variable_name(&name, values->verb, value->row);
		setenv(name.at, value->text, 1);
	}
	buf_release(&name);
}
