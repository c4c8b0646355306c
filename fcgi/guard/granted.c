/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/granted.h"

#include "fcgi/guard/rights.h"
#include "lib/buf.h"
#include "lib/event/selector.h"
#include "lib/json/json.h"

struct granting {
	struct rights *rights;
	size_t names, patterns;
	struct buf text; /* of the entry that is read */
};

/* ---- one entry */

/* Of a name or a pattern, or of a name only.  A name may be longer than any
 * channel's, and then grants nothing. */
static struct selector *select(struct span text, bool pattern)
{
	struct selector *selector =
		pattern || span_is(text, "*") ? selector_try(text) : NULL;

	return selector != NULL ? selector : selector_exact(text);
}

static const char *add(struct granting *granting, unsigned rights, bool pattern)
{
	const struct span text = buf_span(&granting->text);
	const char *fault = selector_text_fault(text);

	for (unsigned i = 0; fault == NULL && i < 2; i++) {
		struct selector *selector;

		if ((rights & 1u << i) == 0)
			continue;
		selector = select(text, pattern);
		if (selector_kind_of(selector) == SELECTOR_TEMPLATE)
			granting->patterns++;
		else
			granting->names++;
		rights_add(granting->rights, (enum right)i, selector);
	}
	if (granting->names > GRANTED_NAMES)
		return "it grants more than 1,000 names";
	if (granting->patterns > GRANTED_PATTERNS)
		return "it grants more than 100 patterns";
	return fault;
}

static void take_payload(struct rights *rights, const struct document *from)
{
	const struct member *member = document_member(from, "payload");
	struct buf text = {0};

	if (member == NULL || rights->payload != NULL)
		return;
	json_minify(&text, member->value);
	rights->payload = mem_text(buf_span(&text));
	buf_release(&text);
}

/* ---- mercure */

/* null says as little as no list. */
static const char *add_list(struct granting *granting,
	const struct document *claim, const char *name, enum right right)
{
	const struct member *member = document_member(claim, name);
	const char *fault = NULL;
	struct span list, entry;

	if (member == NULL || span_is(member->value, "null"))
		return NULL;
	if (!json_is_strings(member->value))
		return "publish or subscribe is no list of texts";
	list = member->value;
	while (fault == NULL && json_next_string(&list, &entry)) {
		buf_clear(&granting->text);
		json_decode(&granting->text, entry);
		fault = add(granting, 1u << right, true);
	}
	return fault;
}

static const char *read_claim(
	struct granting *granting, const struct document *claim)
{
	const char *fault = add_list(granting, claim, "publish", RIGHT_PUBLISH);

	if (fault == NULL)
		fault = add_list(granting, claim, "subscribe", RIGHT_SUBSCRIBE);
	take_payload(granting->rights, claim);
	return fault;
}

const char *granted_mercure(
	const struct document *claims, struct rights *rights)
{
	const struct member *member =
		document_member(claims, "https://mercure.rocks/");
	struct granting granting = {.rights = rights};
	struct document claim;
	struct json_fault json;
	const char *fault;

	if (member == NULL)
		member = document_member(claims, "mercure");
	if (member == NULL)
		return NULL;
	if (!document_read(&claim, member->value, &json))
		return "its claim mercure is no object";
	fault = read_claim(&granting, &claim);
	document_release(&claim);
	buf_release(&granting.text);
	return fault;
}

/* ---- oauth */

/* Which rights the actions are; unknown ones are none. */
static const char *read_actions(const struct document *detail, unsigned *rights)
{
	const struct member *member = document_member(detail, "actions");
	struct span list, action;

	*rights = 0;
	if (member == NULL || !json_is_strings(member->value))
		return "a detail's actions are no list of texts";
	list = member->value;
	while (json_next_string(&list, &action)) {
		if (json_says(action, "publish"))
			*rights |= 1u << RIGHT_PUBLISH;
		if (json_says(action, "subscribe"))
			*rights |= 1u << RIGHT_SUBSCRIBE;
	}
	return NULL;
}

/* A kind of match that we do not know would grant something else than it says.
 */
static const char *read_type(const struct document *topic, bool *template)
{
	const struct member *type = document_member(topic, "match_type");

	*template = type != NULL && json_says(type->value, "uritemplate");
	if (type == NULL || *template || json_says(type->value, "exact"))
		return NULL;
	return "a topic's match_type is neither exact nor uritemplate";
}

static const char *read_topic(struct granting *granting,
	const struct document *topic, unsigned rights)
{
	const struct member *match = document_member(topic, "match");
	bool template;
	const char *fault = read_type(topic, &template);

	if (fault != NULL)
		return fault;
	if (match == NULL || !json_is_string(match->value))
		return "a topic's match is no text";
	buf_clear(&granting->text);
	json_decode(&granting->text, match->value);
	if (template && selector_fault(buf_span(&granting->text)) != NULL)
		return "a topic's match is no URI template";
	return add(granting, rights, template);
}

static const char *read_topics(struct granting *granting,
	const struct document *detail, unsigned rights)
{
	const struct member *member = document_member(detail, "topics");
	const char *fault = NULL;
	struct span list, item;

	if (member == NULL || !json_is_list(member->value))
		return "a detail's topics are no list";
	list = member->value;
	while (fault == NULL && json_next(&list, &item)) {
		struct document topic;
		struct json_fault json;

		if (!document_read(&topic, item, &json))
			return "a topic is no object";
		fault = read_topic(granting, &topic, rights);
		document_release(&topic);
	}
	return fault;
}

static const char *read_detail(
	struct granting *granting, const struct document *detail)
{
	static const char ours[] = "https://mercure.rocks/authorization-detail";
	const struct member *type = document_member(detail, "type");
	const char *fault;
	unsigned rights;

	if (type == NULL || !json_is_string(type->value))
		return "a detail has no type";
	if (!json_says(type->value, ours))
		return NULL;
	fault = read_actions(detail, &rights);
	if (fault == NULL)
		fault = read_topics(granting, detail, rights);
	if (fault == NULL && (rights & 1u << RIGHT_SUBSCRIBE) != 0)
		take_payload(granting->rights, detail);
	return fault;
}

static const char *read_details(struct granting *granting, struct span list)
{
	const char *fault = NULL;
	size_t count = 0;
	struct span item;

	while (fault == NULL && json_next(&list, &item)) {
		struct document detail;
		struct json_fault json;

		if (++count > GRANTED_DETAILS)
			return "it has more than 100 authorization_details";
		if (!document_read(&detail, item, &json))
			return "a detail is no object";
		fault = read_detail(granting, &detail);
		document_release(&detail);
	}
	return fault;
}

const char *granted_oauth(const struct document *claims, struct rights *rights)
{
	const struct member *member =
		document_member(claims, "authorization_details");
	struct granting granting = {.rights = rights};
	const char *fault;

	if (member == NULL)
		return NULL;
	if (!json_is_list(member->value))
		return "its authorization_details are no list";
	fault = read_details(&granting, member->value);
	buf_release(&granting.text);
	return fault;
}
