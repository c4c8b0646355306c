/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/pass.h"

#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#include "fcgi/guard/access.h"
#include "fcgi/guard/grant.h"
#include "fcgi/guard/proof.h"
#include "fcgi/guard/ticket.h"
#include "fcgi/http/reply.h"
#include "fcgi/post/fault.h"
#include "lib/clock.h"
#include "lib/event/scope.h"
#include "lib/json/document.h"
#include "lib/json/json.h"
#include "lib/text.h"

enum {
	TICKET_MOST = 8192, /* bytes */
	COOKIE_MOST = 4000, /* a browser takes no cookie of more than 4 KiB */
	CHANNELS_MOST = 1000,
};

/* What is asked for. */
struct wish {
	struct grant *grant;
	struct grant_parts parts; /* whose channels' names it holds */
	struct grant_list items;
	uint64_t age_ms;
};

static void wish_release(struct wish *wish)
{
	grant_drop(wish->grant);
	grant_parts_release(&wish->parts);
	free(wish->items.items);
}

/* ---- what is asked for */

static struct fault read_age(
	const struct pass *pass, struct wish *wish, const struct document *body)
{
	const struct member *age = document_member(body, "age");
	struct buf text = {0};
	bool good;

	if (age == NULL)
		return fault_none();
	if (json_is_string(age->value))
		json_decode(&text, age->value);
	good = text_to_duration(buf_span(&text), &wish->age_ms) &&
	       wish->age_ms > 0 && wish->age_ms <= pass->ticket_age_ms;
	buf_release(&text);
	return good ? fault_none()
		    : fault_bad("bad_age",
			      "age is a duration such as \"30s\" or \"2m\", no "
			      "longer than ticket_age");
}

static struct fault add_channel(struct wish *wish, struct span quoted)
{
	struct buf text = {0};
	const char *fault;
	struct span name;

	json_decode(&text, quoted);
	fault = text_topic_fault(buf_span(&text));
	if (fault == NULL) {
		name = span_of(grant_parts_keep(
			&wish->parts, mem_text(buf_span(&text))));
		grant_list_add(&wish->items, name, true);
	}
	buf_release(&text);
	if (fault != NULL)
		return fault_bad("bad_channel", fault);
	if (wish->items.count > CHANNELS_MOST)
		return fault_bad(
			"bad_channel", "a ticket names at most 1,000 channels");
	return grant_subscribes(wish->grant, name)
		       ? fault_none()
		       : fault_new(403, "not_granted",
				 "nothing was shown that grants this channel, "
				 "so no ticket can");
}

static void add_all(struct wish *wish)
{
	struct scope_item item;

	for (size_t i = 0; scope_item(wish->grant->subscribe, i, &item); i++)
		grant_list_add(&wish->items, item.text, item.exact);
}

static struct fault read_channels(
	struct wish *wish, const struct document *body)
{
	const struct member *channels = document_member(body, "channels");
	struct fault fault = fault_none();
	struct span list, name;

	if (channels == NULL) {
		add_all(wish);
		return fault;
	}
	list = channels->value;
	if (!json_is_strings(list))
		return fault_bad(
			"bad_type", "channels must be a list of texts");
	while (fault.status == 0 && json_next_string(&list, &name))
		fault = add_channel(wish, name);
	if (fault.status == 0 && wish->items.count == 0)
		fault = fault_bad("bad_channel", "channels names none");
	return fault;
}

static struct fault read_body(
	const struct pass *pass, struct wish *wish, struct span text)
{
	struct document body;
	struct json_fault json;
	struct fault fault;

	if (text.len == 0) {
		add_all(wish);
		return fault_none();
	}
	if (!document_read(&body, text, &json))
		return fault_bad("bad_json", json.why);
	fault = read_age(pass, wish, &body);
	if (fault.status == 0)
		fault = read_channels(wish, &body);
	document_release(&body);
	return fault;
}

static struct fault admit(const struct pass *pass,
	const struct request *request, struct wish *wish)
{
	enum access_word word;
	const struct refusal *refusal;

	if (pass->ticket_age_ms == 0)
		return fault_new(404, "not_found",
			"there are no tickets here (ticket_age)");
	if (!tickets_are_known(pass->tickets))
		return fault_new(503, "hub_away",
			"there are no tickets before the hub has come");
	word = access_may_delegate(pass->access, request, &wish->grant);
	if (word != ACCESS_YES) {
		refusal = refusal_of(word);
		return (struct fault){refusal->status, refusal->code,
			refusal->sentence, refusal->headers};
	}
	if (request->too_long)
		return fault_new(413, "body_too_long",
			"the body is longer than max_body");
	return read_body(pass, wish, buf_span(&request->body));
}

/* ---- the ticket */

static struct fault write_ticket(const struct pass *pass,
	const struct wish *wish, size_t most, uint64_t until_ms,
	struct buf *out)
{
	const struct ticket ticket = {
		.items = wish->items.items,
		.count = wish->items.count,
		.until_ms = until_ms,
		.subject = grant_subject(wish->grant),
		.payload = grant_payload(wish->grant),
		.key = grant_key(wish->grant),
	};

	if (!ticket_write(pass->tickets, out, &ticket))
		return fault_new(503, "no_tickets",
			"libcrypto cannot be opened, as the log says");
	if (out->len > most)
		return fault_bad("ticket_too_long",
			"a ticket of all that would be too long: name fewer "
			"channels, or have less payload in the token");
	return fault_none();
}

/* False if it was refused, which takes the request. */
static bool make(const struct pass *pass, struct request *request, size_t most,
	struct buf *ticket, uint64_t *until_ms)
{
	struct wish wish = {.age_ms = pass->ticket_age_ms};
	struct fault fault = admit(pass, request, &wish);

	if (fault.status == 0) {
		*until_ms = clock_date_ms(pass->clock) + wish.age_ms;
		if (*until_ms > grant_until(wish.grant))
			*until_ms = grant_until(wish.grant);
		fault = write_ticket(pass, &wish, most, *until_ms, ticket);
	}
	wish_release(&wish);
	if (fault.status == 0)
		return true;
	if (fault.status == 503)
		fault.headers = REPLY_RETRY;
	reply_error_with(pass->replies, request, fault.headers, fault.status,
		fault.code, fault.sentence);
	return false;
}

void pass_ticket(
	void *room, struct request *request, const struct target *target)
{
	const struct pass *pass = room;
	struct buf ticket = {0}, text = {0};
	struct json_object *object;
	uint64_t until_ms;

	(void)target;
	if (make(pass, request, TICKET_MOST, &ticket, &until_ms)) {
		object = json_new();
		json_add_text(object, "ticket", buf_span(&ticket));
		clock_rfc3339(&text, until_ms / 1000 * 1000);
		json_add_text(object, "expires", buf_span(&text));
		buf_clear(&text);
		json_end(object, &text);
		reply_json(pass->replies, request, 200, buf_span(&text));
	}
	buf_release(&ticket);
	buf_release(&text);
}

void pass_session(
	void *room, struct request *request, const struct target *target)
{
	const struct pass *pass = room;
	struct buf ticket = {0};
	uint64_t until_ms;

	(void)target;
	if (make(pass, request, COOKIE_MOST, &ticket, &until_ms)) {
		buf_printf(&request->headers,
			"Set-Cookie: " PROOF_SESSION_COOKIE
			"=%.*s; HttpOnly; SameSite=Strict; Path=/; "
			"Max-Age=%" PRIu64 "%s\r\n",
			(int)ticket.len, ticket.at,
			(until_ms - clock_date_ms(pass->clock) + 999) / 1000,
			strcasecmp(request->scheme, "https") == 0 ? "; Secure"
								  : "");
		reply(pass->replies, request, &(struct answer){.status = 204});
	}
	buf_release(&ticket);
}

void pass_end(void *room, struct request *request, const struct target *target)
{
	const struct pass *pass = room;

	(void)target;
	reply(pass->replies, request,
		&(struct answer){.status = 204, .headers = REFUSAL_NO_SESSION});
}
