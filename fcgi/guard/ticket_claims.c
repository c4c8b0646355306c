/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/guard/ticket_claims.h"

#include <inttypes.h>

#include "fcgi/guard/rights.h"
#include "fcgi/guard/ticket.h"
#include "lib/event/scope.h"
#include "lib/event/selector.h"
#include "lib/json/document.h"
#include "lib/json/json.h"
#include "lib/text.h"

/* ---- out */

/* A text that is no selector's matches nothing: that of a very long login. */
static bool is_said(const struct scope_item *item, bool exact)
{
	return item->exact == exact && selector_text_fault(item->text) == NULL;
}

static void write_list(struct buf *out, const struct ticket *ticket, bool exact)
{
	const char *comma = "";

	for (size_t i = 0; i < ticket->count; i++) {
		if (!is_said(&ticket->items[i], exact))
			continue;
		buf_printf(out, "%s", comma);
		json_quote(out, ticket->items[i].text);
		comma = ",";
	}
}

/* A name that is no text cannot be said. */
static void write_text(struct buf *out, const char *name, struct span text)
{
	if (text.len == 0 || !text_is_utf8(text, NULL))
		return;
	buf_printf(out, ",\"%s\":", name);
	json_quote(out, text);
}

void ticket_claims_write(
	struct buf *out, const struct ticket *ticket, struct span mark)
{
	buf_printf(out, "{\"exp\":%" PRIu64 ",\"names\":[",
		ticket->until_ms / 1000);
	write_list(out, ticket, true);
	buf_printf(out, "],\"patterns\":[");
	write_list(out, ticket, false);
	buf_add_char(out, ']');
	write_text(out, "sub", span_of(ticket->subject));
	if (ticket->payload != NULL)
		buf_printf(out, ",\"payload\":%s", ticket->payload);
	write_text(out, "key", mark);
	buf_add_char(out, '}');
}

/* ---- in */

/* NULL if it is none. */
static struct selector *read_selector(struct span text, bool exact)
{
	if (selector_text_fault(text) != NULL)
		return NULL;
	return exact ? selector_exact(text) : selector_try(text);
}

static bool read_list(
	struct rights *rights, const struct document *claims, bool exact)
{
	const struct member *member =
		document_member(claims, exact ? "names" : "patterns");
	struct buf text = {0};
	struct selector *selector;
	struct span list, entry;
	bool good = member != NULL && json_is_strings(member->value);

	list = good ? member->value : span(NULL, 0);
	while (good && json_next_string(&list, &entry)) {
		buf_clear(&text);
		json_decode(&text, entry);
		selector = read_selector(buf_span(&text), exact);
		good = selector != NULL;
		if (good)
			rights_add(rights, RIGHT_SUBSCRIBE, selector);
	}
	buf_release(&text);
	return good;
}

/* Appends the text of that name; false if it is none. */
static bool read_text(
	struct buf *out, const struct document *claims, const char *name)
{
	const struct member *member = document_member(claims, name);

	if (member == NULL)
		return true;
	if (!json_is_string(member->value))
		return false;
	json_decode(out, member->value);
	return true;
}

static bool read_subject(struct rights *rights, const struct document *claims)
{
	struct buf text = {0};
	bool good = read_text(&text, claims, "sub");

	if (text.len > 0)
		rights->subject = mem_text(buf_span(&text));
	buf_release(&text);
	return good;
}

static void take_payload(struct rights *rights, const struct document *claims)
{
	const struct member *member = document_member(claims, "payload");
	struct buf text = {0};

	if (member == NULL)
		return;
	json_minify(&text, member->value);
	rights->payload = mem_text(buf_span(&text));
	buf_release(&text);
}

static const char *read_claims(struct rights *rights,
	const struct document *claims, uint64_t now_ms, struct buf *mark)
{
	const struct member *end = document_member(claims, "exp");
	uint64_t seconds;

	if (end == NULL || !text_to_u64(end->value, &seconds) ||
		seconds > UINT64_MAX / 1000)
		return "its exp is no time";
	rights->until_ms = seconds * 1000;
	if (rights->until_ms <= now_ms)
		return "it has expired";
	if (!read_list(rights, claims, true) ||
		!read_list(rights, claims, false))
		return "it does not say what may be read";
	if (!read_subject(rights, claims) || !read_text(mark, claims, "key"))
		return "its sub or key is no text";
	take_payload(rights, claims);
	rights_sort(rights);
	return NULL;
}

const char *ticket_claims_read(struct span payload, uint64_t now_ms,
	struct rights **rights, struct buf *mark)
{
	struct document claims;
	struct json_fault json;
	const char *fault;

	if (!document_read(&claims, payload, &json))
		return "it says nothing in JSON";
	*rights = rights_new();
	fault = read_claims(*rights, &claims, now_ms, mark);
	document_release(&claims);
	if (fault != NULL)
		rights_release(*rights);
	return fault;
}
