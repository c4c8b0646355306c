/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/post/also.h"

#include "fcgi/http/query.h"
#include "fcgi/http/spelling.h"
#include "lib/event/topic_list.h"
#include "lib/event/traits.h"
#include "lib/json/json.h"

static struct fault fault_of(const char *sentence)
{
	if (sentence == NULL)
		return fault_none();
	if (sentence == topic_list_too_long)
		return fault_new(413, "too_many_channels", sentence);
	return fault_bad("bad_channel", sentence);
}

/* Makes the submission's traits of it, unless something was wrong. */
static struct fault finish(struct topic_list *list,
	struct submission *submission, struct fault fault)
{
	struct buf *traits = &submission->texts[SUBMISSION_TRAITS];

	if (fault.status == 0)
		topic_list_put(list, traits);
	submission->traits = buf_span(traits);
	topic_list_release(list);
	return fault;
}

static struct fault add_queried(struct topic_list *list, struct span value)
{
	size_t opened = topic_list_open(list);

	if (!query_decode_value(&list->names, value))
		return fault_bad("bad_query",
			"a '%' must be followed by two hexadecimal digits");
	return fault_of(topic_list_close(list, opened));
}

struct fault also_queried(struct submission *submission, struct span query)
{
	struct fault fault = fault_none();
	struct topic_list list;
	struct pair pair;

	topic_list_begin(&list, submission->channel);
	while (fault.status == 0 && query_next(&query, &pair))
		if (query_listed(&pair, "also"))
			fault = add_queried(&list, pair.value);
	return finish(&list, submission, fault);
}

static bool is_near_also(const struct pair *pair)
{
	struct buf decoded = {0};
	bool is = spelling_is_near(query_name(&decoded, pair), "also");

	buf_release(&decoded);
	return is;
}

struct fault also_not_queried(struct span query)
{
	struct pair pair;

	while (query_next(&query, &pair))
		if (is_near_also(&pair))
			return fault_bad("bad_channel",
				"?also= goes with /realtime/; in "
				"/api/broadcast it is \"also\" in the JSON");
	return fault_none();
}

struct fault also_member(
	struct submission *submission, struct span value, bool *taken)
{
	struct topic_list list;
	const char *sentence;

	*taken = json_is_strings(value);
	if (!*taken)
		return fault_none();
	topic_list_begin(&list, submission->channel);
	sentence = topic_list_add_json(&list, value);
	return finish(&list, submission, fault_of(sentence));
}

struct fault also_check_room(const struct submission *submission)
{
	struct trait_topics topics;
	size_t bytes = 0;

	if (!trait_topics(submission->traits, &topics))
		return fault_none();
	for (uint32_t i = 0; i < submission->count; i++)
		bytes += submission->items[i].data.len;
	if (traits_have_room(
		    topics.count, topics.names.len, submission->count, bytes))
		return fault_none();
	return fault_new(413, "too_much",
		"what one request publishes on several channels has at most 1 "
		"MiB, counted on each");
}
