/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CONFIG_SETTING_H
#define TIDINGS_LIB_CONFIG_SETTING_H
/*
 * setting - the table of the keys of tidings.conf
 *
 * setting.c has one line for each key of each section: its name, its default,
 * how its text becomes a value, its range, and where the value goes.  The
 * reader of the file (config_file.c), the defaults and the test of
 * conf/tidings.conf all use it.
 *
 * To add a key: HACKING.md says where.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

struct setting;

/* Puts what `text` says into `target`.  False if the text does not fit; `fault`
 * then has a sentence. */
typedef bool setting_parse(const struct setting *setting, const char *text,
	void *target, struct buf *fault);

struct setting {
	const char *name;
	const char *text; /* the default; NULL = must be given, or inherited */
	setting_parse *parse;
	size_t field; /* where in the target */
	size_t size;  /* of the field, where it varies */
	size_t count; /* lists: where their count is; 0 = no list */
	uint64_t min, max;
	const char *words[2]; /* choices: the word for false, for true */
};

enum setting_kind {
	SETTING_LOG,
	SETTING_HUB,
	SETTING_RESPONDER,
	SETTING_SHARED,
	SETTING_CHANNEL,
	SETTING_INBOX,
	SETTING_KEYS,
	SETTING_ACCESS,
	SETTING_KINDS
};

/* A section; its target is struct config, or if it is `named`
 * struct config_channel, config_inbox, config_keys or config_access. */
struct setting_section {
	const char *name;
	bool named;
	const struct setting *settings;
	size_t count;
};

extern const struct setting_section setting_sections[SETTING_KINDS];

enum { SETTING_MOST = 40 }; /* settings of one section, at most */

/* Puts the section's defaults into `target`. */
void setting_defaults(const struct setting_section *section, void *target);
/* Empties a list, before its first line adds to it. */
void setting_clear(const struct setting *setting, void *target);

#endif
