/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fcgi/history/history_query.h"

#include "fcgi/http/query.h"
#include "lib/buf.h"
#include "lib/text.h"

static const struct spelling_word words[] = {
	{"after", "bad_query", query_named},
	{"since", "bad_since", query_named},
	{"limit", "bad_query", query_named},
	{"wait", "bad_query", query_named},
	{"authorized", "bad_query", query_named},
	{"ticket", "bad_query", query_named},
};

static bool is_bad(
	struct history_fault *fault, const char *code, const char *sentence)
{
	fault->code = code;
	fault->sentence = sentence;
	return false;
}

static bool check_words(struct span query, struct history_fault *fault)
{
	struct pair pair;

	while (query_next(&query, &pair)) {
		const char *code = spelling_fault(&fault->misspelt, words,
			sizeof(words) / sizeof(words[0]), &pair);

		if (code != NULL)
			return is_bad(fault, code, fault->misspelt.sentence);
	}
	return true;
}

static bool read_since(struct history_query *wanted, struct span query,
	uint64_t now, struct history_fault *fault)
{
	struct buf text = {0};
	const char *sentence = "?since needs a value";

	if (query_value(&text, query, "since"))
		sentence = since_read(&wanted->since, buf_span(&text), now);
	if (sentence == NULL && wanted->since.last)
		sentence = "since=last is for streams";
	buf_release(&text);
	wanted->lasting = wanted->since.from != WIRE_SINCE;
	return sentence == NULL || is_bad(fault, "bad_since", sentence);
}

static bool read_begin(struct history_query *wanted, struct span query,
	uint64_t now, struct history_fault *fault)
{
	struct pair after, since;
	bool has_after = query_find(query, "after", &after);

	wanted->since = (struct since){.from = WIRE_ALL};
	wanted->lasting = true;
	if (query_find(query, "since", &since))
		return has_after ? is_bad(fault, "bad_query",
					   "?after= and ?since= both say where "
					   "to begin")
				 : read_since(wanted, query, now, fault);
	if (!has_after)
		return true;
	wanted->since.from = WIRE_AFTER;
	return text_to_u64(after.value, &wanted->since.value) ||
	       is_bad(fault, "bad_query",
		       "?after= is an id, as the next of the page before");
}

static bool read_limit(struct history_query *wanted, struct span query,
	struct history_fault *fault)
{
	uint64_t limit = HISTORY_LIMIT;
	struct pair pair;
	bool good = !query_find(query, "limit", &pair) ||
		    text_to_u64(pair.value, &limit);

	if (!good || limit < 1 || limit > HISTORY_LIMIT_MAX)
		return is_bad(fault, "bad_query",
			"?limit= is a number from 1 to 1000");
	wanted->limit = (uint16_t)limit;
	return true;
}

static bool read_wait(struct history_query *wanted, struct span query,
	struct history_fault *fault)
{
	struct pair pair;

	wanted->wait_ms = 0;
	if (!query_find(query, "wait", &pair))
		return true;
	return (text_to_duration(pair.value, &wanted->wait_ms) &&
		       wanted->wait_ms <= HISTORY_WAIT_MAX_MS) ||
	       is_bad(fault, "bad_query",
		       "?wait= is a duration from 0s to 60s");
}

bool history_query_read(struct history_query *wanted, struct span query,
	uint64_t now, struct history_fault *fault)
{
	return check_words(query, fault) &&
	       read_begin(wanted, query, now, fault) &&
	       read_limit(wanted, query, fault) &&
	       read_wait(wanted, query, fault);
}
