/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/option/near.h"

#include <string.h>

enum {
	LONGEST = 32,  /* letters of a word that is looked at */
	SHORT = 4,     /* letters of a word of which more than one slip makes
			  another word */
	BEGINNING = 3, /* letters that are enough of a word */
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Slips from one to the other: the last three rows of the well-known table. */
static size_t slips(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][LONGEST + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = least(above[j], row[j - 1]) + 1;
			row[j] = least(
				row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				a[i - 2] == b[j - 1])
				row[j] = least(
					row[j], rows[(i + 1) % 3][j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

static size_t distance_of(const char *word, const char *known)
{
	size_t len = strlen(word), known_len = strlen(known);
	size_t both = least(len, known_len);

	if (len > LONGEST || known_len > LONGEST)
		return LONGEST;
	if (both >= BEGINNING && strncmp(word, known, both) == 0)
		return 1;
	return slips(word, len, known, known_len);
}

void near_offer(struct near *near, const char *known)
{
	size_t distance = distance_of(near->word, known);
	size_t most = strlen(known) > SHORT ? 2 : 1;

	if (distance > most || distance >= strlen(near->word))
		return;
	if (near->found != NULL && distance >= near->distance)
		return;
	near->found = known;
	near->distance = distance;
}

const char *near_verb(const char *word)
{
	static const char *const names[][2] = {{"listen", "sub"},
		{"follow", "tail"}, {"send", "pub"}, {"emit", "pub"},
		{"post", "pub"}, {"list", "channels"}, {"ls", "channels"},
		{"who", "channels"}, {"log", "history"}, {"events", "history"},
		{"test", "check"}, {"doctor", "check"}, {"stats", "status"},
		{"top", "status"}, {"ui", "menu"}, {"init", "inbox"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(word, names[i][0]) == 0)
			return names[i][1];
	return NULL;
}
