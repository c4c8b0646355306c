/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/run/template.h"

#include <stdio.h>
#include <string.h>

#include "client/option/near.h"

enum { TEMPLATE_MOST = 64 << 10 }; /* bytes */

static const char *const names[TEMPLATE_NAMES] = {
	[TEMPLATE_EVENT] = "event",
	[TEMPLATE_TASK] = "task",
	[TEMPLATE_MESSAGE] = "message",
	[TEMPLATE_PERCENT] = "percent",
	[TEMPLATE_OUTPUT] = "output",
	[TEMPLATE_STATUS] = "status",
	[TEMPLATE_SECONDS] = "seconds",
	[TEMPLATE_TIMESTAMP] = "timestamp",
};

/* The word in braces that `text` begins with; empty if there is none. */
static struct span word_at(struct span text)
{
	size_t len = 1;

	if (text.len == 0 || text.at[0] != '{')
		return span(NULL, 0);
	while (len < text.len && text.at[len] >= 'a' && text.at[len] <= 'z')
		len++;
	if (len == text.len || text.at[len] != '}')
		return span(NULL, 0);
	return span(text.at + 1, len - 1);
}

static int name_of(struct span word)
{
	for (int i = 0; i < TEMPLATE_NAMES; i++)
		if (span_is(word, names[i]))
			return i;
	return TEMPLATE_NAMES;
}

static void add_text(struct buf *out, struct span text)
{
	static const char *const written[] = {['&'] = "&amp;",
		['<'] = "&lt;",
		['>'] = "&gt;",
		['"'] = "&quot;",
		['\''] = "&#39;"};

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		const char *as = c <= '>' ? written[c] : NULL;

		if (as != NULL)
			buf_add_span(out, span_of(as));
		else
			buf_add_char(out, (char)c);
	}
}

void template_fill(struct buf *out, struct span text,
	const struct span values[TEMPLATE_NAMES])
{
	for (size_t i = 0; i < text.len; i++) {
		struct span word = word_at(span(text.at + i, text.len - i));
		int name = word.len > 0 ? name_of(word) : TEMPLATE_NAMES;

		if (name == TEMPLATE_NAMES) {
			buf_add_char(out, text.at[i]);
			continue;
		}
		add_text(out, values[name]);
		i += word.len + 1;
	}
}

/* What a word in braces that is no name may be meant to be; NULL if all is
 * well.
 */
static const char *template_fault(struct span text, char *word, size_t size)
{
	for (size_t i = 0; i < text.len; i++) {
		struct span found = word_at(span(text.at + i, text.len - i));
		struct near near = {.word = word};

		if (found.len == 0 || name_of(found) != TEMPLATE_NAMES)
			continue;
		snprintf(word, size, "%.*s", (int)found.len, found.at);
		for (int name = 0; name < TEMPLATE_NAMES; name++)
			near_offer(&near, names[name]);
		if (near.found != NULL)
			return near.found;
	}
	return NULL;
}

static enum exit_status read_file(struct buf *html, const char *path)
{
	FILE *file = fopen(path, "re");
	size_t got = 1;

	if (file == NULL)
		return fail_errno(EXIT_FILE, "%s", path);
	while (got > 0 && html->len <= TEMPLATE_MOST) {
		got = fread(buf_reserve(html, TEMPLATE_MOST), 1, TEMPLATE_MOST,
			file);
		html->len += got;
	}
	got = (size_t)ferror(file);
	fclose(file);
	return got == 0 ? EXIT_OK : fail_errno(EXIT_FILE, "%s", path);
}

enum exit_status template_take(struct buf *html, const char *text)
{
	const char *meant;
	enum exit_status exit_status = EXIT_OK;
	char word[32];

	if (text == NULL)
		return EXIT_OK;
	if (text[0] == '@')
		exit_status = read_file(html, text + 1);
	else
		buf_add_span(html, span_of(text));
	if (exit_status != EXIT_OK)
		return exit_status;
	if (html->len == 0 || html->len > TEMPLATE_MOST)
		return fail(EXIT_USAGE,
			"--html: a template has from 1 to %d bytes",
			TEMPLATE_MOST);
	meant = template_fault(buf_span(html), word, sizeof(word));
	return meant == NULL
		       ? EXIT_OK
		       : fail(EXIT_USAGE,
				 "--html: unknown name {%s}; did you mean "
				 "{%s}?",
				 word, meant);
}
