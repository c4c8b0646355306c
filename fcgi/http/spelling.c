/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/http/spelling.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fcgi/http/query.h"
#include "lib/buf.h"
#include "lib/escape.h"

enum {
	SHOWN = 32, /* bytes of a key in a sentence */
	SHORT = 4,  /* letters of a word of which others are one edit away */
};

static struct span without_last(struct span text)
{
	return span(text.at, text.len - 1);
}

static size_t letters(struct span text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		if (((unsigned char)text.at[i] & 0xc0) != 0x80)
			count++;
	return count;
}

static bool same(char left, char right)
{
	return strncasecmp(&left, &right, 1) == 0;
}

/* Whatever is equal at both ends is left out: what remains is the edit. */
static bool is_one_edit(struct span text, struct span word)
{
	while (text.len > 0 && word.len > 0 && same(*text.at, *word.at)) {
		text = span(text.at + 1, text.len - 1);
		word = span(word.at + 1, word.len - 1);
	}
	while (text.len > 0 && word.len > 0 &&
		same(text.at[text.len - 1], word.at[word.len - 1])) {
		text = without_last(text);
		word = without_last(word);
	}
	if (text.len == 2 && word.len == 2)
		return same(text.at[0], word.at[1]) &&
		       same(text.at[1], word.at[0]);
	return letters(text) <= 1 && word.len <= 1;
}

/* Takes the next letter off, however often it stands there. */
static char take_letter(struct span *text)
{
	char letter = *text->at;

	while (text->len > 0 && same(*text->at, letter))
		*text = span(text->at + 1, text->len - 1);
	return letter;
}

/* "chanell": the same, but for which letters are double. */
static bool is_doubled(struct span text, struct span word)
{
	while (text.len > 0 && word.len > 0)
		if (!same(take_letter(&text), take_letter(&word)))
			return false;
	return text.len == word.len;
}

/* Whole letters of it, and what a client wrote between them to be seen. */
static struct span shown(struct span name)
{
	size_t len = name.len > SHOWN ? SHOWN : name.len;

	while (len > 0 && len < name.len &&
		((unsigned char)name.at[len] & 0xc0) == 0x80)
		len--;
	return span(name.at, len);
}

void spelling_say(struct misspelt *fault, struct span name, const char *word)
{
	struct buf key = {0};

	escape_add(&key, shown(name));
	snprintf(fault->sentence, sizeof(fault->sentence),
		"\"%.*s\" means nothing here; is \"%s\" meant?", (int)key.len,
		key.at, word);
	buf_release(&key);
}

/* "channel[0]" -> "channel"; anything in the brackets will do. */
static struct span without_brackets(struct span name)
{
	const char *open = NULL;

	if (name.len > 0 && name.at[name.len - 1] == ']')
		open = memchr(name.at, '[', name.len);
	return open == NULL ? name : span(name.at, (size_t)(open - name.at));
}

static bool is_near(struct span text, struct span word)
{
	if (text.len > 0 && same(text.at[text.len - 1], 's'))
		text = without_last(text);
	return (word.len > SHORT && is_one_edit(text, word)) ||
	       is_doubled(text, word);
}

bool spelling_is_near(struct span name, const char *word)
{
	return is_near(without_brackets(name), span_of(word));
}

const char *spelling_fault(struct misspelt *fault,
	const struct spelling_word *words, size_t count,
	const struct pair *pair)
{
	struct buf decoded = {0};
	struct span name = query_name(&decoded, pair);
	const char *code = NULL;

	for (size_t i = 0; i < count && code == NULL; i++)
		if (spelling_is_near(name, words[i].word) &&
			!words[i].is(pair, words[i].word)) {
			spelling_say(fault, name, words[i].word);
			code = words[i].code;
		}
	buf_release(&decoded);
	return code;
}
