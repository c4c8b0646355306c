/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/http/media.h"

#include <string.h>
#include <strings.h>

#include "lib/span.h"

/* What stands before the next `stop`, without space around it; *text goes on
 * after it. */
static struct span cut(struct span *text, char stop)
{
	const char *end =
		text->len == 0 ? NULL : memchr(text->at, stop, text->len);
	size_t len = end == NULL ? text->len : (size_t)(end - text->at);
	struct span piece = span(text->at, len);
	size_t gone = end == NULL ? len : len + 1;

	*text = span(text->at + gone, text->len - gone);
	while (piece.len > 0 && strchr(" \t", piece.at[0]) != NULL)
		piece = span(piece.at + 1, piece.len - 1);
	while (piece.len > 0 && strchr(" \t", piece.at[piece.len - 1]) != NULL)
		piece.len--;
	return piece;
}

static bool same(struct span text, const char *word)
{
	return text.len == strlen(word) &&
	       strncasecmp(text.at, word, text.len) == 0;
}

/* "0.75" in thousandths; what is no number is as good as none: all. */
static unsigned thousandths(struct span text)
{
	unsigned value = 0, scale = 1000;

	if (text.len == 0 || text.at[0] != '0')
		return 1000;
	for (size_t i = 2; i < text.len && i < 5; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			break;
		scale /= 10;
		value += (unsigned)(text.at[i] - '0') * scale;
	}
	return value;
}

static unsigned quality_of(
	struct span range, const char *type, const char *version)
{
	unsigned quality = 1000;

	if (!same(cut(&range, ';'), type))
		return 0;
	while (range.len > 0) {
		struct span value = cut(&range, ';');
		struct span name = cut(&value, '=');

		if (same(name, "q"))
			quality = thousandths(value);
		else if (version != NULL && same(name, "version") &&
			 !same(value, version))
			return 0;
	}
	return quality;
}

unsigned media_quality(
	const char *accept, const char *type, const char *version)
{
	struct span rest = span_of(accept);
	unsigned best = 0;

	while (rest.len > 0) {
		unsigned quality = quality_of(cut(&rest, ','), type, version);

		if (quality > best)
			best = quality;
	}
	return best;
}

enum { UNSAID = -1 };

/* What it says of a coding by its name. */
static int coding_quality(const char *accept, const char *coding)
{
	struct span rest = span_of(accept);
	int quality = UNSAID;

	while (rest.len > 0) {
		struct span range = cut(&rest, ',');
		struct span name = range;

		if (same(cut(&name, ';'), coding))
			quality = (int)quality_of(range, coding, NULL);
	}
	return quality;
}

bool media_takes_gzip(const char *accept_encoding)
{
	static const char *const names[] = {"gzip", "x-gzip", "*"};
	int quality = UNSAID;

	for (size_t i = 0; i < 3 && quality == UNSAID; i++)
		quality = coding_quality(accept_encoding, names[i]);
	return quality > 0 && coding_quality(accept_encoding, "identity") <= 0;
}

bool media_is(const char *content_type, const char *type)
{
	return same(span(content_type, strcspn(content_type, "; \t")), type);
}
