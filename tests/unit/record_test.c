/* SPDX-License-Identifier: MIT */
/* record: FastCGI framing */
#include <config.h>

#include <stdlib.h>

#include "fcgi/http/record.h"
#include "tests/unit/unit.h"

static void test_content_gets_a_head(void **state)
{
	static const char want[] = "\x01\x06\x12\x34\x00\x03\x00\x00"
				   "abc";
	struct buf out = {0};

	(void)state;
	record_stdout(&out, 0x1234, span_of("abc"));
	assert_int_equal(out.len, 11);
	assert_memory_equal(out.at, want, 11);
	buf_release(&out);
}

static void test_empty_content_would_end_the_stream_and_is_left_out(
	void **state)
{
	struct buf out = {0};

	(void)state;
	record_stdout(&out, 1, span(NULL, 0));
	assert_int_equal(out.len, 0);
	buf_release(&out);
}

static const size_t lengths[] = {1, RECORD_BODY - 1, RECORD_BODY,
	RECORD_BODY + 1, 3 * RECORD_BODY, 500000};

static void test_long_content_spans_records_and_comes_back_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		char *content = mem_new(lengths[i]);
		struct buf out = {0};
		struct buf back = {0};

		for (size_t k = 0; k < lengths[i]; k++)
			content[k] = (char)(k * 7);
		record_stdout(&out, 1, span(content, lengths[i]));
		for (size_t at = 0; at < out.len;) {
			const uint8_t *head = (const uint8_t *)out.at + at;
			size_t len = (size_t)(head[4] << 8 | head[5]);

			assert_int_equal(head[1], 6);
			assert_true(len > 0 && len <= RECORD_BODY);
			buf_add(&back, out.at + at + RECORD_HEAD, len);
			at += RECORD_HEAD + len;
		}
		assert_int_equal(back.len, lengths[i]);
		assert_memory_equal(back.at, content, lengths[i]);
		free(content);
		buf_release(&out);
		buf_release(&back);
	}
}

static void test_the_end_is_an_empty_record_and_a_complete_request(void **state)
{
	static const char want[RECORD_END] = "\x01\x06\x00\x01\x00\x00\x00\x00"
					     "\x01\x03\x00\x01\x00\x08";
	struct buf out = {0};

	(void)state;
	record_end(&out, 1);
	assert_int_equal(out.len, RECORD_END);
	assert_memory_equal(out.at, want, RECORD_END);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_content_gets_a_head),
		cmocka_unit_test(
			test_empty_content_would_end_the_stream_and_is_left_out),
		cmocka_unit_test(
			test_long_content_spans_records_and_comes_back_whole),
		cmocka_unit_test(
			test_the_end_is_an_empty_record_and_a_complete_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
