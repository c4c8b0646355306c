/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/http/channel_key.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fcgi/http/query.h"
#include "lib/buf.h"
#include "lib/escape.h"

static const char KEY[] = "channel";

enum { SHOWN = 32 }; /* bytes of a key in a sentence */

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

static bool is_near(struct span text)
{
	struct span word = span_of(KEY);

	if (text.len > 0 && same(text.at[text.len - 1], 's'))
		text = without_last(text);
	return is_one_edit(text, word) || is_doubled(text, word);
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

static void misspelt(struct channel_key_fault *fault, struct span name)
{
	struct buf key = {0};

	escape_add(&key, shown(name));
	snprintf(fault->sentence, sizeof(fault->sentence),
		"\"%.*s\" means nothing here; is \"%s\" meant?", (int)key.len,
		key.at, KEY);
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

static bool is_channel(
	struct span name, bool lists, struct channel_key_fault *fault)
{
	struct span stem = without_brackets(name);

	fault->sentence[0] = '\0';
	if (span_is(name, KEY) || (lists && query_is_element(name, KEY)))
		return true;
	if (is_near(stem))
		misspelt(fault, name);
	return false;
}

bool channel_key_in_object(struct span name, struct channel_key_fault *fault)
{
	return is_channel(name, false, fault);
}

bool channel_key_in_query(
	const struct pair *pair, struct channel_key_fault *fault)
{
	struct span name = pair->name;
	struct buf decoded = {0};
	bool is;

	if (name.len > 0 && memchr(name.at, '%', name.len) != NULL &&
		query_decode_value(&decoded, name))
		name = buf_span(&decoded);
	is = is_channel(name, true, fault);
	buf_release(&decoded);
	return is;
}
