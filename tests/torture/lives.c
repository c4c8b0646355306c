/* SPDX-License-Identifier: MIT */
#include "lives.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void lives_read(struct lives *lives, bool keep)
{
	struct life *life = lives->all;
	char door[8];

	while (scanf("%" SCNu32 " %7s %" SCNu64 " %511s", &life->chair, door,
		       &life->last_id, life->target) == 4) {
		if (life->chair >= LIVES_CHAIRS)
			errx(2, "no chair %u", life->chair);
		life->door = door[0] == 'w' ? FRAMING_HTTP : FRAMING_FCGI;
		life->late_ms = -1;
		life->books.keep = keep;
		if (life->chair >= lives->chairs)
			lives->chairs = life->chair + 1;
		if (++lives->count == LIVES_MAX)
			errx(2, "too many lives");
		life++;
	}
	if (getchar() != '.' || getchar() != '\n')
		errx(2, "the plan ends without a dot");
}

struct life *lives_next(
	struct lives *lives, uint32_t chair, const struct life *after)
{
	uint32_t i = after == NULL ? 0 : (uint32_t)(after - lives->all) + 1;

	for (; i < lives->count; i++)
		if (lives->all[i].chair == chair)
			return &lives->all[i];
	return NULL;
}

void lives_print(const struct lives *lives)
{
	for (uint32_t i = 0; i < lives->count; i++) {
		const struct life *life = &lives->all[i];
		const struct books *books = &life->books;

		printf("%s[%" PRIu64 ", %" PRIu64 ", %u, %u, %u, %" PRId64 "]",
			i == 0 ? "[" : ", ", books->start, books->count,
			books->resets, books->disorder, books->breaks,
			life->late_ms);
	}
	printf("]");
}

void lives_write(const struct lives *lives, const char *path)
{
	FILE *file = fopen(path, "w");

	if (file == NULL)
		err(2, "%s", path);
	for (uint32_t i = 0; i < lives->count; i++)
		books_write(&lives->all[i].books, file);
	if (fclose(file) != 0)
		err(2, "%s", path);
}

void lives_release(struct lives *lives)
{
	for (uint32_t i = 0; i < lives->count; i++)
		books_release(&lives->all[i].books);
}
