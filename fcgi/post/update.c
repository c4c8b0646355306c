/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/post/update.h"

#include <string.h>
#include <strings.h>

#include "fcgi/http/query.h"
#include "lib/buf.h"
#include "lib/text.h"
#include "lib/unseen.h"

/* Where the hub is, and what a relative topic is taken to begin with. */
#define HUB_PATH   "/.well-known/mercure"
#define HUB_FOLDER "/.well-known/"

static const char unseen[] =
	"topic, id and type have no characters that nobody sees";

/* ---- where a topic points to, as browsers resolve it */

static bool is_slash(char c)
{
	return c == '/' || c == '\\';
}

static bool begins_with_slash(struct span text)
{
	return text.len > 0 && is_slash(text.at[0]);
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct span after(struct span text, size_t len)
{
	return span(text.at + len, text.len - len);
}

static struct span trimmed(struct span text)
{
	while (text.len > 0 && text.at[0] == ' ')
		text = after(text, 1);
	while (text.len > 0 && text.at[text.len - 1] == ' ')
		text.len--;
	return text;
}

/* Bytes of the scheme and its colon; 0 if there is none. */
static size_t scheme_len(struct span text)
{
	size_t len = 0;

	while (len < text.len &&
		(is_alpha(text.at[len]) ||
			(len > 0 && (is_digit(text.at[len]) ||
					    strchr("+-.", text.at[len])))))
		len++;
	return len > 0 && len < text.len && text.at[len] == ':' ? len + 1 : 0;
}

static bool is_web(struct span scheme)
{
	return (scheme.len == 5 && strncasecmp(scheme.at, "http:", 5) == 0) ||
	       (scheme.len == 6 && strncasecmp(scheme.at, "https:", 6) == 0);
}

/* Takes the host off a text that begins with two slashes. */
static struct span without_host(struct span text)
{
	text = after(text, 2);
	while (text.len > 0 && !is_slash(text.at[0]) && text.at[0] != '?' &&
		text.at[0] != '#')
		text = after(text, 1);
	return text;
}

static struct span path_of(struct span text)
{
	size_t len = 0;

	while (len < text.len && text.at[len] != '?' && text.at[len] != '#')
		len++;
	return span(text.at, len);
}

/* Appends the path with one kind of slash, decoded where that changes nothing
 * but its spelling. */
static void put_plain(struct buf *out, struct span path)
{
	while (path.len > 0) {
		struct buf one = {0};
		size_t len = 1;
		char c = path.at[0];

		if (c == '%' && path.len >= 3 &&
			query_decode(&one, span(path.at, 3)) &&
			(is_alpha(one.at[0]) || is_digit(one.at[0]) ||
				(one.at[0] != '\0' &&
					strchr("-._~", one.at[0])))) {
			c = one.at[0];
			len = 3;
		}
		buf_release(&one);
		buf_add_char(out, is_slash(c) ? '/' : c);
		path = after(path, len);
	}
}

/* Takes the last segment off a path. */
static void go_up(struct buf *path)
{
	while (path->len > 0 && path->at[path->len - 1] != '/')
		path->len--;
	if (path->len > 0)
		path->len--;
}

/* Appends an absolute path without its dot segments (RFC 3986 section 5.2.4).
 */
static void put_resolved(struct buf *out, struct span path)
{
	while (path.len > 0) {
		const char *end =
			path.len > 1 ? memchr(path.at + 1, '/', path.len - 1)
				     : NULL;
		size_t len = end == NULL ? path.len : (size_t)(end - path.at);
		struct span segment = span(path.at, len);

		if (span_is(segment, "/.."))
			go_up(out);
		else if (!span_is(segment, "/."))
			buf_add_span(out, segment);
		path = after(path, len);
	}
}

static bool is_below_hub(struct span path)
{
	static const char hub[] = HUB_PATH;
	const size_t len = sizeof(hub) - 1;

	return path.len >= len && memcmp(path.at, hub, len) == 0 &&
	       (path.len == len || path.at[len] == '/');
}

/* Appends the absolute path that a topic has if it is taken for a reference,
 * read on the hub's own page; nothing if it has none. */
static void put_path(struct buf *out, struct span topic)
{
	struct span text = trimmed(topic), path;
	size_t scheme = scheme_len(text);
	bool web = is_web(span(text.at, scheme));

	text = after(text, scheme);
	if (text.len >= 2 && is_slash(text.at[0]) && is_slash(text.at[1]))
		text = without_host(text);
	else if (scheme > 0 && !web && !begins_with_slash(text))
		return;
	else if (!begins_with_slash(text))
		buf_add_span(out, span_of(path_of(text).len == 0 ? HUB_PATH
								 : HUB_FOLDER));
	path = path_of(text);
	put_plain(out, path);
}

/* As it is written, by which listeners' selectors match it, or by where it
 * points to. */
static bool is_reserved(struct span topic)
{
	struct buf path = {0}, resolved = {0};
	bool reserved;

	if (is_below_hub(path_of(topic)))
		return true;
	put_path(&path, topic);
	put_resolved(&resolved, buf_span(&path));
	reserved = is_below_hub(buf_span(&resolved));
	buf_release(&path);
	buf_release(&resolved);
	return reserved;
}

/* ---- each of them */

const char *update_topic_fault(struct span topic)
{
	if (topic.len == 0 || topic.len > TOPIC_MAX)
		return "a topic has 1 to 1,000 bytes";
	if (text_topic_fault(topic) != NULL)
		return "a topic is UTF-8 without control characters";
	if (unseen_in(topic))
		return unseen;
	if (span_is(topic, "*"))
		return "the topic * stands for all topics: nothing is "
		       "published on it";
	return is_reserved(topic) ? "what is at or below /.well-known/mercure "
				    "is published by the hub itself"
				  : NULL;
}

const char *update_id_fault(struct span id)
{
	const char *fault = text_key_fault(id);

	if (fault != NULL)
		return fault;
	if (unseen_in(id))
		return unseen;
	if (trimmed(id).len < id.len)
		return "an id neither begins nor ends with a space: browsers "
		       "would come back without it";
	if (id.len > 0 && id.at[0] == '#')
		return "an id that begins with # is one of the hub's own";
	return span_is(id, "earliest")
		       ? "the id earliest stands for all that is held"
		       : NULL;
}

const char *update_type_fault(struct span type)
{
	const char *fault = text_type_fault(type);

	if (fault != NULL)
		return fault;
	if (unseen_in(type))
		return unseen;
	return span_is(type, "mercure") ? "the type mercure is the hub's own"
					: NULL;
}

bool update_retry(struct span text, uint32_t *ms)
{
	uint64_t value;

	if (!text_to_u64(text, &value) || value > UINT32_MAX)
		return false;
	*ms = (uint32_t)value;
	return true;
}
