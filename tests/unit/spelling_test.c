/* SPDX-License-Identifier: MIT */
/* spelling: which word was a parameter meant to be? */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "fcgi/http/query.h"
#include "fcgi/http/spelling.h"
#include "tests/unit/unit.h"

static const struct spelling_word words[] = {
	{"pattern", "bad_pattern", query_listed},
	{"event", "bad_event", query_named},
	{"lastEventId", "bad_query", query_is_last_id},
	{"keepalive", "bad_keepalive", query_named},
	{"also", "bad_channel", query_listed},
	{"id", "bad_id", query_named},
	{"lines", "bad_lines", query_named},
};

static const struct {
	const char *key;
	const char *code; /* NULL = somebody else's, or right */
} keys[] = {
	{"pattern", NULL},
	{"pattern[]", NULL},
	{"pattern[3]", NULL},
	{"patern", "bad_pattern"},
	{"Pattern", "bad_pattern"},
	{"patterns[]", "bad_pattern"},
	{"pattern[x]", "bad_pattern"},
	{"patt%65rn", NULL},
	{"p%61tern", "bad_pattern"},
	{"patron", NULL},
	{"event", NULL},
	{"events", "bad_event"},
	{"event[]", "bad_event"},
	{"evnt", "bad_event"},
	{"eventId", NULL},
	{"eleven", NULL},
	{"lastEventId", NULL},
	{"last_event_id", NULL},
	{"Last-EventID", NULL},
	{"lastEventIds", "bad_query"},
	{"lastEvenId", "bad_query"},
	{"lastId", NULL},
	{"keep-alive", "bad_keepalive"},
	{"keepAlive", "bad_keepalive"},
	{"also", NULL},
	{"also[1]", NULL},
	{"Also", "bad_channel"},
	{"alsos", "bad_channel"},
	{"allso", "bad_channel"},
	{"also[x]", "bad_channel"},
	{"alto", NULL},
	{"als", NULL},
	{"id", NULL},
	{"ID", "bad_id"},
	{"ids", "bad_id"},
	{"i", NULL},
	{"is", NULL},
	{"uid", NULL},
	{"lines", NULL},
	{"line", "bad_lines"},
	{"Lines", "bad_lines"},
	{"lien", NULL},
	{"", NULL},
	{"s", NULL},
	{"_", NULL},
	{"[]", NULL},
	{"%zz", NULL},
	{"datastar", NULL},
};

static void test_what_is_nearly_a_word_is_told_from_what_is_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		const struct pair pair = {.name = span_of(keys[i].key)};
		struct misspelt fault = {""};
		const char *code =
			spelling_fault(&fault, words, COUNT(words), &pair);

		CHECK(keys[i].key,
			keys[i].code == NULL
				? code == NULL
				: code != NULL &&
					  strcmp(code, keys[i].code) == 0);
	}
}

static void test_the_word_that_was_meant_is_named(void **state)
{
	const struct pair pair = {.name = span_of("p%61tern%5B%5D")};
	struct misspelt fault = {""};

	(void)state;
	assert_non_null(spelling_fault(&fault, words, COUNT(words), &pair));
	assert_string_equal(fault.sentence,
		"\"patern[]\" means nothing here; is \"pattern\" meant?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_what_is_nearly_a_word_is_told_from_what_is_not),
		cmocka_unit_test(test_the_word_that_was_meant_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
