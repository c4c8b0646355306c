/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/event/topic_list.h"

#include <stdbool.h>

#include "lib/event/traits.h"
#include "lib/json/json.h"
#include "lib/text.h"
#include "lib/wire.h"

const char topic_list_too_long[] =
	"an event is on at most 100 channels, whose names have at most 8 KiB "
	"together";

void topic_list_begin(struct topic_list *list, struct span channel)
{
	*list = (struct topic_list){.count = 1};
	wire_put_str16(&list->names, channel);
}

void topic_list_release(struct topic_list *list)
{
	buf_release(&list->names);
}

size_t topic_list_open(struct topic_list *list)
{
	size_t opened = list->names.len;

	wire_put_u16(&list->names, 0); /* its length, once it is known */
	return opened;
}

static bool is_listed(struct span names, struct span name)
{
	while (names.len > 0)
		if (span_equal(trait_next_topic(&names), name))
			return true;
	return false;
}

const char *topic_list_close(struct topic_list *list, size_t opened)
{
	struct buf *names = &list->names;
	size_t len = names->len - opened - 2;
	struct span name = span(names->at + opened + 2, len);
	const char *fault = text_topic_fault(name);

	if (fault != NULL)
		return fault;
	if (is_listed(span(names->at, opened), name)) {
		names->len = opened;
		return NULL;
	}
	list->count++;
	if (list->count > TRAIT_TOPICS_MAX ||
		names->len > TRAIT_TOPICS_BYTES + 2u * list->count)
		return topic_list_too_long;
	names->at[opened] = (char)(len & 0xff);
	names->at[opened + 1] = (char)(len >> 8);
	return NULL;
}

const char *topic_list_add_json(struct topic_list *list, struct span strings)
{
	const char *fault = NULL;
	struct span string;

	while (fault == NULL && json_next_string(&strings, &string)) {
		size_t opened = topic_list_open(list);

		json_decode(&list->names, string);
		fault = topic_list_close(list, opened);
	}
	return fault;
}

void topic_list_put(const struct topic_list *list, struct buf *traits)
{
	if (list->count > 1)
		trait_add_topics(traits, buf_span(&list->names), list->count);
}
