/* SPDX-License-Identifier: MIT */
/* digest: the same content or another */
#include <config.h>

#include <stdlib.h>

#include "lib/buf.h"
#include "lib/digest.h"
#include "tests/unit/unit.h"

static bool same(struct digest a, struct digest b)
{
	return a.high == b.high && a.low == b.low;
}

static void test_the_same_content_has_the_same_digest(void **state)
{
	char *copy = mem_text(span_of("data"));

	(void)state;
	assert_true(same(digest_of(span_of("type"), span_of("data")),
		digest_of(span_of("type"), span_of(copy))));
	assert_true(same(digest_of(span(NULL, 0), span(NULL, 0)),
		digest_of(span("", 0), span("", 0))));
	free(copy);
}

static void test_no_two_of_these_contents_have_the_same_digest(void **state)
{
	static const char *const pairs[][2] = {{"", ""}, {"a", ""}, {"", "a"},
		{"a", "b"}, {"ab", ""}, {"", "ab"}, {"b", "a"}, {"a", "bc"},
		{"ab", "c"}, {"message", "x"}, {"", "x"}};

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++)
		for (size_t j = 0; j < i; j++)
			assert_false(same(digest_of(span_of(pairs[i][0]),
						  span_of(pairs[i][1])),
				digest_of(span_of(pairs[j][0]),
					span_of(pairs[j][1]))));
}

/* It is stored in databases, so it may not change with a release. */
static void test_the_digest_is_xxh3_of_length_type_and_data(void **state)
{
	/* printf '\4\0\0\0\0\0\0\0typedata' | xxhsum -H2 */
	struct digest digest = digest_of(span_of("type"), span_of("data"));

	(void)state;
	assert_true(digest.high == 0xa31dcb18d4ec649d);
	assert_true(digest.low == 0x9217f5f43e1721c2);
}

static void test_one_changed_bit_of_a_long_text_is_seen(void **state)
{
	struct buf data = {0};
	struct digest before;

	(void)state;
	memset(buf_reserve(&data, 65536), 'x', 65536);
	data.len = 65536;
	before = digest_of(span(NULL, 0), buf_span(&data));
	data.at[65535] ^= 1;
	assert_false(same(before, digest_of(span(NULL, 0), buf_span(&data))));
	buf_release(&data);
}

static void test_where_one_span_ends_counts_for_the_sum(void **state)
{
	uint64_t whole = digest_add(0, span_of("ab"));

	(void)state;
	assert_true(whole == digest_add(0, span_of("ab")));
	assert_true(
		whole != digest_add(digest_add(0, span_of("a")), span_of("b")));
	assert_true(whole != digest_add(whole, span(NULL, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same_content_has_the_same_digest),
		cmocka_unit_test(
			test_no_two_of_these_contents_have_the_same_digest),
		cmocka_unit_test(
			test_the_digest_is_xxh3_of_length_type_and_data),
		cmocka_unit_test(test_one_changed_bit_of_a_long_text_is_seen),
		cmocka_unit_test(test_where_one_span_ends_counts_for_the_sum),
	};

	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
