/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_HTTP_SPELLING_H
#define TIDINGS_FCGI_HTTP_SPELLING_H
/*
 * spelling - which word was a parameter meant to be?
 *
 * Whoever writes `chanel` would hear, or be heard by, other people than meant,
 * and with `patern` he hears nobody; nothing would say so.  Misspelt is: one
 * letter too many, too few or wrong, two that have changed places, or the wrong
 * ones doubled; whatever the case, with or without an s at the end, and with
 * brackets that mean nothing.  Words of four letters are like too many others:
 * of these only the case, an s, and doubled letters.  Every other key is
 * somebody else's.  Pure.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/span.h"

struct pair;

struct misspelt {
	char sentence[200]; /* "" = there is none; all of it can be shown */
};

/* True also of the word itself. */
bool spelling_is_near(struct span name, const char *word);
void spelling_say(struct misspelt *fault, struct span name, const char *word);

/* A parameter that means something. */
struct spelling_word {
	const char *word;
	const char *code; /* of the error */
	bool (*is)(const struct pair *pair, const char *word); /* is it that? */
};

/* The code if the parameter is near a word and is not that: then the fault says
 * which. NULL otherwise. */
const char *spelling_fault(struct misspelt *fault,
	const struct spelling_word *words, size_t count,
	const struct pair *pair);

#endif
