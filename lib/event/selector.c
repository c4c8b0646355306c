/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/event/selector.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "lib/buf.h"
#include "lib/event/template.h"
#include "lib/text.h"

/* Ints for the states that a match may be in at once.  It takes longer with
 * their square. */
enum { WORKSPACE = 500 };

/* A template with few variables is never too large to be compiled: each takes
 * some 150 bytes then, and each other character two. */
enum { FEW = 32, VARIABLE = 200, CHARACTER = 4 };

struct selector {
	enum selector_kind kind;
	pcre2_code *code; /* of a template; NULL = not yet */
	size_t prefix_len, len, size;
	char text[];
};

static const char not_a_template[] = "a pattern with a '{' is a URI template "
				     "(RFC 6570), as in builds/{name}";

enum selector_kind selector_kind(struct span text)
{
	if (span_is(text, "*"))
		return SELECTOR_EVERY;
	return text.len > 0 && memchr(text.at, '{', text.len) != NULL
		       ? SELECTOR_TEMPLATE
		       : SELECTOR_EXACT;
}

/* At most. */
static size_t variables(struct span template)
{
	size_t count = 0;

	for (size_t i = 0; i < template.len; i++)
		count += template.at[i] == '{' || template.at[i] == ',';
	return count;
}

static pcre2_code *compile_regex(struct buf *regex)
{
	const uint32_t options = PCRE2_ANCHORED | PCRE2_NEVER_BACKSLASH_C |
				 PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
	PCRE2_SIZE place;
	int fault;

	buf_add(regex, "\\z", 2);
	return pcre2_compile((PCRE2_SPTR)regex->at, regex->len, options, &fault,
		&place, NULL);
}

static pcre2_code *compile(struct span text)
{
	pcre2_code *code = NULL;
	struct buf regex = {0};

	if (template_regex(text, &regex))
		code = compile_regex(&regex);
	buf_release(&regex);
	return code;
}

/* False if it is no template, or one that is larger than can be.  *code is
 * NULL, or what had to be compiled to know. */
static bool is_template(struct span text, pcre2_code **code)
{
	struct buf regex = {0};
	bool is = template_regex(text, &regex);

	*code = NULL;
	if (is && variables(text) > FEW) {
		*code = compile_regex(&regex);
		is = *code != NULL;
	}
	buf_release(&regex);
	return is;
}

const char *selector_text_fault(struct span text)
{
	if (text.len == 0 || text.len > SELECTOR_MAX)
		return "a pattern has 1 to 1,000 bytes";
	if (!text_is_utf8(text, NULL))
		return "a pattern is UTF-8";
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == '\x7f')
			return "a pattern has no control characters";
	return NULL;
}

const char *selector_fault(struct span text)
{
	const char *fault = selector_text_fault(text);
	pcre2_code *code;

	if (fault != NULL || selector_kind(text) == SELECTOR_EVERY)
		return fault;
	if (selector_kind(text) == SELECTOR_EXACT)
		return text_topic_fault(text);
	if (!is_template(text, &code))
		return not_a_template;
	pcre2_code_free(code);
	return NULL;
}

bool selector_is(uint8_t kind, struct span text)
{
	if (kind == SELECTOR_EXACT)
		return text_topic_fault(text) == NULL;
	return kind == (uint8_t)selector_kind(text) &&
	       selector_fault(text) == NULL;
}

static struct selector *new_of_kind(enum selector_kind kind, struct span text)
{
	struct selector *selector = mem_new(sizeof(*selector) + text.len);

	assert(text.len > 0 && text.len <= SELECTOR_MAX);
	selector->kind = kind;
	selector->len = text.len;
	selector->size = sizeof(*selector) + text.len;
	memcpy(selector->text, text.at, text.len);
	if (kind == SELECTOR_EXACT)
		selector->prefix_len = text.len;
	return selector;
}

/* Takes `code`, which may be NULL. */
static struct selector *new_template(struct span text, pcre2_code *code)
{
	struct selector *selector = new_of_kind(SELECTOR_TEMPLATE, text);
	const char *brace = memchr(text.at, '{', text.len);

	selector->prefix_len = (size_t)(brace - text.at);
	selector->code = code;
	selector->size += CHARACTER * text.len + VARIABLE * variables(text);
	return selector;
}

struct selector *selector_try(struct span text)
{
	enum selector_kind kind = selector_kind(text);
	pcre2_code *code;

	if (selector_text_fault(text) != NULL ||
		(kind == SELECTOR_EXACT && text_topic_fault(text) != NULL))
		return NULL;
	if (kind != SELECTOR_TEMPLATE)
		return new_of_kind(kind, text);
	return is_template(text, &code) ? new_template(text, code) : NULL;
}

struct selector *selector_new(struct span text)
{
	struct selector *selector = selector_try(text);

	if (selector == NULL)
		abort();
	return selector;
}

struct selector *selector_exact(struct span name)
{
	return new_of_kind(SELECTOR_EXACT, name);
}

void selector_free(struct selector *selector)
{
	if (selector == NULL)
		return;
	pcre2_code_free(selector->code);
	free(selector);
}

/* A lack of workspace is no match. */
static bool template_matches(struct selector *selector, struct span name)
{
	static int workspace[WORKSPACE];
	static pcre2_match_data *found;

	if (found == NULL)
		found = pcre2_match_data_create(1, NULL);
	if (selector->code == NULL)
		selector->code = compile(selector_text(selector));
	if (found == NULL || selector->code == NULL)
		abort();
	return pcre2_dfa_match(selector->code, (PCRE2_SPTR)name.at, name.len, 0,
		       PCRE2_DFA_SHORTEST, found, NULL, workspace,
		       WORKSPACE) >= 0;
}

bool selector_matches(struct selector *selector, struct span name)
{
	if (selector->kind == SELECTOR_EVERY)
		return true;
	if (name.len == selector->len &&
		memcmp(name.at, selector->text, name.len) == 0)
		return true;
	return selector->kind == SELECTOR_TEMPLATE &&
	       name.len >= selector->prefix_len &&
	       memcmp(name.at, selector->text, selector->prefix_len) == 0 &&
	       template_matches(selector, name);
}

enum selector_kind selector_kind_of(const struct selector *selector)
{
	return selector->kind;
}

struct span selector_text(const struct selector *selector)
{
	return span(selector->text, selector->len);
}

size_t selector_size(const struct selector *selector)
{
	return selector->size;
}

struct span selector_prefix(const struct selector *selector)
{
	return span(selector->text, selector->prefix_len);
}

int selector_order(enum selector_kind kind_a, struct span a,
	enum selector_kind kind_b, struct span b)
{
	int order = (int)kind_a - (int)kind_b;

	if (order == 0)
		order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
	if (order != 0 || a.len == b.len)
		return order;
	return a.len < b.len ? -1 : 1;
}
