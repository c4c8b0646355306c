/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CONFIG_SETTING_LIST_H
#define TIDINGS_LIB_CONFIG_SETTING_LIST_H
/*
 * setting_list - the items of a key that is a list, and where they go
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/config/setting.h"

/* The setting's field of `target`; and that with its count, if it is a list. */
void *setting_field(const struct setting *setting, void *target);
size_t *setting_count(const struct setting *setting, void *target);

/* One item; false if it does not fit, and `fault` then says why. */
typedef bool setting_add(const struct setting *setting, const char *item,
	void *target, struct buf *fault);

/* Adds each item of `text`.  Spaces and commas are between them, but a comma in
 * braces is part of one. */
bool setting_add_each(const struct setting *setting, const char *text,
	void *target, struct buf *fault, setting_add *add);

/* Adds a copy to a list of texts. */
void setting_add_text(
	const struct setting *setting, const char *item, void *target);

#endif
