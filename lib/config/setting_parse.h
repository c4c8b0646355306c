/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_CONFIG_SETTING_PARSE_H
#define TIDINGS_LIB_CONFIG_SETTING_PARSE_H
/*
 * setting_parse - the text of a key becomes a field of its section's struct
 */
#include <stdbool.h>

#include "lib/config/setting.h"

/* Each stores what `text` says in the setting's field of `target`.  False if
 * the text does not fit; `fault` then says why, beginning with the key. */
setting_parse parse_number, parse_size, parse_time; /* from min to max */
setting_parse parse_time_or_none;		    /* or 0 */
setting_parse parse_choice;			    /* one of two words */
setting_parse parse_text;			    /* any, but empty */
setting_parse parse_short_text;			    /* of 1 to max bytes */
setting_parse parse_path; /* of at most max bytes, 0 = any */
setting_parse parse_path_or_none;
setting_parse parse_base;   /* empty, or the path of a URL: /tidings */
setting_parse parse_mode;   /* 0660 */
setting_parse parse_cookie; /* empty, or the name of one */
setting_parse parse_group;  /* name or number; empty = (gid_t)-1 */
/* Lists: the items are added to those that are there. */
setting_parse parse_users, parse_prefixes, parse_origins, parse_hosts;
setting_parse parse_servers;	/* unix:PATH, ADDRESS:PORT */
setting_parse parse_algorithms; /* of tokens (lib/crypto/algorithm.h) */
setting_parse parse_grants;	/* publish, subscribe */
setting_parse parse_bearers;	/* users, user:, token:, address: */
/* Selectors (lib/event/selector.h), between which a comma may stand if it does
 * not stand in braces; in the second %u is the name of a user. */
setting_parse parse_selectors, parse_user_selectors;
setting_parse parse_own_users; /* the default only if there is such a user */

#endif
