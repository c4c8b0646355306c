/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/post/form.h"

#include <inttypes.h>
#include <stdio.h>

#include "fcgi/http/query.h"
#include "fcgi/post/update.h"
#include "lib/event/traits.h"
#include "lib/event_size.h"
#include "lib/text.h"

enum {
	OWN_ID = 16,		 /* bytes of an id that event_size.h knows of */
	RETRY_LINE = 7 + 10 + 1, /* "retry: ", the digits, its end */
};

void form_release(struct form *form)
{
	topic_list_release(&form->topics);
	buf_release(&form->data);
	buf_release(&form->id);
	buf_release(&form->type);
	buf_release(&form->traits);
	buf_release(&form->key);
}

/* ---- its fields */

static struct fault bad_percent(void)
{
	return fault_bad(
		"bad_form", "a '%' must be followed by two hexadecimal digits");
}

static struct fault add_topic(struct form *form, const struct pair *pair)
{
	struct buf *names = &form->topics.names;
	size_t opened = topic_list_open(&form->topics);
	const char *sentence;

	if (!query_decode_value(names, pair->value))
		return bad_percent();
	sentence = update_topic_fault(
		span(names->at + opened + 2, names->len - opened - 2));
	if (sentence == NULL)
		sentence = topic_list_close(&form->topics, opened);
	if (sentence == NULL)
		return fault_none();
	if (sentence == topic_list_too_long)
		return fault_new(413, "too_many_channels", sentence);
	return fault_bad("bad_topic", sentence);
}

static struct fault read_retry(struct form *form, struct span value)
{
	struct buf text = {0};
	bool good =
		query_decode_value(&text, value) &&
		(text.len == 0 || update_retry(buf_span(&text), &form->retry));

	form->has_retry = good && text.len > 0;
	buf_release(&text);
	return good ? fault_none()
		    : fault_bad("bad_retry",
			      "retry is a number of milliseconds, at most "
			      "4,294,967,295");
}

/* Which of them have been there. */
struct seen {
	bool data, id, type, retry;
};

/* Is the field of that name, and the first one? */
static bool is_first(const struct pair *pair, const char *name, bool *seen)
{
	bool first = !*seen && query_named(pair, name);

	*seen = *seen || first;
	return first;
}

static struct fault decode(struct buf *text, struct span value)
{
	return query_decode_value(text, value) ? fault_none() : bad_percent();
}

static struct fault read_field(
	struct form *form, const struct pair *pair, struct seen *seen)
{
	if (query_listed(pair, "topic"))
		return add_topic(form, pair);
	if (is_first(pair, "data", &seen->data))
		return decode(&form->data, pair->value);
	if (is_first(pair, "id", &seen->id))
		return decode(&form->id, pair->value);
	if (is_first(pair, "type", &seen->type))
		return decode(&form->type, pair->value);
	if (is_first(pair, "retry", &seen->retry))
		return read_retry(form, pair->value);
	form->is_private = form->is_private || query_named(pair, "private");
	return fault_none();
}

static struct fault read_fields(struct form *form, struct span body)
{
	struct fault fault = fault_none();
	struct seen seen = {0};
	struct pair pair;

	while (fault.status == 0 && query_next(&body, &pair))
		fault = read_field(form, &pair, &seen);
	if (fault.status == 0 && form->topics.count == 0)
		fault = fault_bad("bad_topic",
			"the form has no field topic: what is published "
			"needs one");
	return fault;
}

/* ---- whether they will do */

/* What its lines have beyond those that event_size.h knows of. */
static size_t further_bytes(const struct form *form)
{
	size_t bytes = form->has_retry ? RETRY_LINE : 0;

	return form->id.len > OWN_ID ? bytes + form->id.len - OWN_ID
				     : bytes + 1;
}

static struct fault check_data(struct form *form, size_t max_event)
{
	char sentence[EVENT_SIZE_SENTENCE];
	size_t at;

	if (!text_is_utf8(buf_span(&form->data), &at)) {
		snprintf(form->sentence, sizeof(form->sentence),
			"data is no UTF-8 (at its byte %zu)", at);
		return fault_bad("not_utf8", form->sentence);
	}
	if (event_size_fault(sentence, buf_span(&form->type),
		    buf_span(&form->data),
		    max_event - further_bytes(form)) == NULL)
		return fault_none();
	snprintf(form->sentence, sizeof(form->sentence), "%s", sentence);
	return fault_new(413, "event_too_long", form->sentence);
}

/* "message" is what a browser calls an event without a type: one content. */
static struct fault check_texts(struct form *form)
{
	const char *sentence = update_id_fault(buf_span(&form->id));

	if (sentence != NULL)
		return fault_bad("bad_id", sentence);
	sentence = update_type_fault(buf_span(&form->type));
	if (sentence != NULL)
		return fault_bad("bad_event", sentence);
	if (span_is(buf_span(&form->type), "message"))
		buf_clear(&form->type);
	return fault_none();
}

static struct fault check_room(const struct form *form)
{
	const struct topic_list *topics = &form->topics;

	if (traits_have_room(
		    topics->count, topics->names.len, 1, form->data.len))
		return fault_none();
	return fault_new(413, "too_much",
		"what one request publishes on several channels has at most 1 "
		"MiB, counted on each");
}

/* ---- what is made of them */

static void put_traits(struct form *form)
{
	if (form->id.len > 0)
		trait_add(&form->traits, TRAIT_LABEL, buf_span(&form->id));
	topic_list_put(&form->topics, &form->traits);
	if (form->has_retry)
		trait_add_retry(&form->traits, form->retry);
	if (form->is_private)
		trait_add(&form->traits, TRAIT_PRIVATE, span("", 0));
}

/* Its content is a part of it: another event may have the same id. */
static void put_key(struct form *form)
{
	struct digest *digest = &form->digest;

	if (form->id.len == 0)
		return;
	*digest = digest_with(
		digest_of(buf_span(&form->type), buf_span(&form->data)),
		buf_span(&form->traits));
	buf_printf(&form->key, "%016" PRIx64 "%016" PRIx64, digest->high,
		digest->low);
}

struct fault form_read(struct form *form, struct span body, size_t max_event)
{
	struct fault fault = read_fields(form, body);

	if (fault.status == 0)
		fault = check_texts(form);
	if (fault.status == 0)
		fault = check_data(form, max_event);
	if (fault.status == 0)
		fault = check_room(form);
	if (fault.status != 0)
		return fault;
	put_traits(form);
	put_key(form);
	return fault;
}

struct span form_channel(const struct form *form)
{
	struct span names = buf_span(&form->topics.names);

	return trait_next_topic(&names);
}

struct span form_traits(const struct form *form)
{
	return buf_span(&form->traits);
}
