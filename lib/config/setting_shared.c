/* SPDX-License-Identifier: MIT */
/*
 * setting_shared - the keys of [shared]
 */
#include <config.h>

#include "lib/config/setting_parse.h"

#include <stdlib.h>
#include <string.h>

#include "lib/config/setting_list.h"
#include "lib/config/value.h"
#include "lib/text.h"

static bool add_server(const struct setting *setting, const char *item,
	void *target, struct buf *fault)
{
	if (!value_is_server(item)) {
		buf_printf(fault,
			"%s: \"%s\" is neither unix: and a path nor an address "
			"and a port such as 10.1.2.3:6379 or [::1]:6379 (no "
			"names)",
			setting->name, item);
		return false;
	}
	setting_add_text(setting, item, target);
	return true;
}

bool parse_servers(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	return setting_add_each(setting, text, target, fault, add_server);
}

bool parse_short_text(const struct setting *setting, const char *text,
	void *target, struct buf *fault)
{
	char **field = setting_field(setting, target);
	size_t len = strlen(text);

	if (len > setting->max || text_channel_fault(span_of(text)) != NULL) {
		buf_printf(fault,
			"%s: a text of 1 to %llu bytes without control "
			"characters is wanted",
			setting->name, (unsigned long long)setting->max);
		return false;
	}
	free(*field);
	*field = mem_text(span_of(text));
	return true;
}
