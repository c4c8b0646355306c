/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_OPTION_NEAR_H
#define TIDINGS_CLIENT_OPTION_NEAR_H
/*
 * near - which of the known words was meant?
 *
 * Near is what a slip of the hand makes of a word (a letter too many, too few
 * or wrong, two that have changed places; of long words two of these), and what
 * begins as the word does or goes on where it ends: hist, subscribe.  Pure.
 */
#include <stddef.h>

struct near {
	const char *word;  /* what was written; borrowed */
	const char *found; /* the nearest so far, or NULL; borrowed */
	size_t distance;   /* of that */
};

/* Of two that are as near the first stays. */
void near_offer(struct near *near, const char *known);

/* What a verb is called elsewhere: "listen" -> "sub".  NULL if `word` is none
 * of these. */
const char *near_verb(const char *word);

#endif
