/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/http/query.h"

#include <string.h>
#include <strings.h>

#include "fcgi/http/request.h"

/* Takes what is before the first `mark` off `rest`, and the mark. */
static bool take(struct span *rest, char mark, struct span *part)
{
	const char *at = NULL;

	if (rest->len > 0)
		at = memchr(rest->at, mark, rest->len);
	if (at == NULL) {
		*part = *rest;
		*rest = span(rest->at, 0);
		return false;
	}
	*part = span(rest->at, (size_t)(at - rest->at));
	*rest = span(at + 1, rest->len - part->len - 1);
	return true;
}

/* "http://host/path" -> "/path". */
static struct span without_origin(struct span uri)
{
	struct span rest = uri, part;

	if (uri.len > 0 && uri.at[0] == '/')
		return uri;
	if (!take(&rest, ':', &part) || rest.len < 2 ||
		memcmp(rest.at, "//", 2) != 0)
		return span(uri.at, 0);
	rest = span(rest.at + 2, rest.len - 2);
	if (!take(&rest, '/', &part))
		return span(uri.at, 0);
	return span(rest.at - 1, rest.len + 1);
}

struct url query_url(struct span uri)
{
	struct url url;
	struct span fragment;

	take(&uri, '#', &fragment);
	url.query = fragment;
	take(&url.query, '?', &url.path);
	url.path = without_origin(url.path);
	return url;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte that two digits at `at` stand for. */
static bool hex(struct span text, size_t at, char *byte)
{
	int high, low;

	if (text.len < at + 2)
		return false;
	high = digit(text.at[at]);
	low = digit(text.at[at + 1]);
	if (high < 0 || low < 0)
		return false;
	*byte = (char)(high << 4 | low);
	return true;
}

/* Takes one character, "%74" or "t", off `text`. */
static bool take_plain(struct span *text, char *c)
{
	size_t len = 1;

	if (text->len == 0)
		return false;
	*c = text->at[0];
	if (*c == '%') {
		if (!hex(*text, 1, c))
			return false;
		len = 3;
	}
	*text = span(text->at + len, text->len - len);
	return true;
}

bool query_below(struct span path, const char *base, struct span *rest)
{
	for (; *base != '\0'; base++) {
		bool coded = path.len > 0 && path.at[0] == '%';
		char c;

		/* an encoded slash divides nothing */
		if (!take_plain(&path, &c) || c != *base || (coded && c == '/'))
			return false;
	}
	if (path.len > 0 && path.at[0] != '/')
		return false;
	*rest = path;
	return true;
}

bool query_next(struct span *query, struct pair *pair)
{
	do {
		if (query->len == 0)
			return false;
		take(query, '&', &pair->value);
	} while (pair->value.len == 0);
	pair->has_value = take(&pair->value, '=', &pair->name);
	return true;
}

static bool decode(struct buf *out, struct span text, bool plus_is_space)
{
	char *to = buf_reserve(out, text.len);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (c == '%') {
			if (!hex(text, i + 1, &c))
				return false;
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		to[len++] = c;
	}
	out->len += len;
	return true;
}

bool query_decode(struct buf *out, struct span text)
{
	return decode(out, text, false);
}

bool query_decode_value(struct buf *out, struct span text)
{
	return decode(out, text, true);
}

static bool is_name(struct span text, const char *name)
{
	return span_is(text, name);
}

static bool is_name_or_element(struct span text, const char *name)
{
	return span_is(text, name) || query_is_element(text, name);
}

struct span query_name(struct buf *decoded, const struct pair *pair)
{
	if (pair->name.len == 0 ||
		memchr(pair->name.at, '%', pair->name.len) == NULL ||
		!query_decode_value(decoded, pair->name))
		return pair->name;
	return buf_span(decoded);
}

/* Does `is` hold for the pair's name, decoded? */
static bool holds(const struct pair *pair,
	bool (*is)(struct span text, const char *name), const char *name)
{
	struct buf decoded = {0};
	bool yes = is(query_name(&decoded, pair), name);

	buf_release(&decoded);
	return yes;
}

bool query_named(const struct pair *pair, const char *name)
{
	return holds(pair, is_name, name);
}

bool query_listed(const struct pair *pair, const char *name)
{
	return holds(pair, is_name_or_element, name);
}

bool query_is_element(struct span text, const char *name)
{
	size_t stem = strlen(name);

	if (text.len < stem + 2 || !span_is(span(text.at, stem), name) ||
		text.at[stem] != '[' || text.at[text.len - 1] != ']')
		return false;
	for (size_t i = stem + 1; i + 1 < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return true;
}

bool query_find(struct span query, const char *name, struct pair *pair)
{
	while (query_next(&query, pair))
		if (query_named(pair, name))
			return true;
	return false;
}

bool query_flag(struct span query, const char *name)
{
	struct pair pair;

	return query_find(query, name, &pair) && span_is(pair.value, "1");
}

/* ---- what a browser says of where it was */

bool query_value(struct buf *value, struct span query, const char *name)
{
	struct pair pair;

	buf_clear(value);
	if (!query_find(query, name, &pair))
		return false;
	if (!query_decode_value(value, pair.value))
		buf_add_span(value, pair.value);
	return value->len > 0;
}

/* "Last-Event-ID", "lasteventid": whatever its case, '-' and '_'. */
static bool is_last_id(struct span name)
{
	const char *next = "lasteventid";

	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] != '-' && name.at[i] != '_' &&
			(*next == '\0' ||
				strncasecmp(next++, name.at + i, 1) != 0))
			return false;
	return *next == '\0';
}

bool query_is_last_id(const struct pair *pair, const char *name)
{
	return is_last_id(pair->name) || query_named(pair, name);
}

static bool last_id_otherwise(struct buf *id, struct span query)
{
	struct pair pair;

	buf_clear(id);
	while (id->len == 0 && query_next(&query, &pair))
		if (is_last_id(pair.name) &&
			!query_decode_value(id, pair.value))
			buf_add_span(id, pair.value);
	return id->len > 0;
}

bool query_has_last_id(struct span query)
{
	struct pair pair;

	while (query_next(&query, &pair))
		if (is_last_id(pair.name))
			return true;
	return false;
}

bool query_last_id(
	struct buf *id, const struct request *request, struct span query)
{
	if (request->last_event_id[0] != '\0') {
		buf_add_span(id, span_of(request->last_event_id));
		return true;
	}
	return query_value(id, query, "lastEventId") ||
	       query_value(id, query, "last_event_id") ||
	       query_value(id, query, "lastEventID") ||
	       last_id_otherwise(id, query);
}
