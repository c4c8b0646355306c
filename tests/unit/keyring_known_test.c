/* SPDX-License-Identifier: MIT */
/* keyring: which tokens it remembers, and for how long */
#include <config.h>

#include "tests/unit/keyring_room.h"

static void test_a_known_token_ends_at_its_time(void **state)
{
	static const char payload[] = "{\"exp\":1700000001}";
	struct token_room room;
	struct rights *first, *again;

	(void)state;
	room_open(&room, span_of(secret_text), HS256);
	first = verify(&room, payload);
	again = verify(&room, payload);
	assert_non_null(first);
	assert_ptr_equal(first, again);
	rights_release(first);
	rights_release(again);
	assert_null(
		verify_with(&room, HEADER, span_of(payload), NOW_MS + 1000));
	assert_null(
		verify_with(&room, HEADER, span_of(payload), NOW_MS + 1000));
	room_close(&room);
}

/* Is the first one known when so many others have come, with so many selectors
 * each? */
static bool is_known_after(int others, int selectors)
{
	struct token_room room;
	struct rights *first, *later;
	struct buf payload = {0};
	bool known;

	room_open(&room, span_of(secret_text), HS256);
	first = verify(&room, "{}");
	for (int i = 0; i < others; i++) {
		buf_clear(&payload);
		buf_printf(&payload,
			"{\"n\":%d,\"mercure\":{\"publish\":[\"a\"", i);
		for (int j = 1; j < selectors; j++)
			buf_printf(&payload, ",\"%d\"", j);
		buf_printf(&payload, "]}}");
		buf_add_char(&payload, '\0');
		assert_true(is_good(&room, payload.at));
	}
	later = verify(&room, "{}");
	assert_non_null(later);
	assert_true(rights_equal(first, later));
	known = first == later;
	rights_release(first);
	rights_release(later);
	buf_release(&payload);
	room_close(&room);
	return known;
}

static void test_as_many_tokens_are_known_as_there_is_room_for(void **state)
{
	(void)state;
	assert_true(is_known_after(10000, 1));
	assert_false(is_known_after(16384, 1));
	assert_true(is_known_after(120, 500));
	assert_false(is_known_after(140, 500));
}

static enum token_word recall(
	struct token_room *room, const struct buf *token, uint64_t now_ms)
{
	struct rights *rights;
	enum token_word word =
		keyring_recall(room->keyring, buf_span(token), now_ms, &rights);

	assert_int_equal(word == TOKEN_GOOD, rights != NULL);
	rights_release(rights);
	return word;
}

static void test_a_bad_token_is_known_for_a_second_and_no_longer(void **state)
{
	struct token_room room;
	struct buf token = {0};

	(void)state;
	room_open(&room, span_of(secret_text), HS256);
	add_hs256(&token, HEADER, span_of("{\"nbf\":1700000011}"));
	assert_int_equal(recall(&room, &token, NOW_MS), TOKEN_NEW);
	assert_null(keyring_verify(room.keyring, buf_span(&token), NOW_MS));
	assert_int_equal(recall(&room, &token, NOW_MS), TOKEN_BAD);
	assert_int_equal(recall(&room, &token, NOW_MS + 999), TOKEN_BAD);
	assert_int_equal(recall(&room, &token, NOW_MS + 1000), TOKEN_NEW);
	assert_int_equal(recall(&room, &token, NOW_MS - 1), TOKEN_NEW);
	rights_release(
		keyring_verify(room.keyring, buf_span(&token), NOW_MS + 1000));
	assert_int_equal(recall(&room, &token, NOW_MS + 1000), TOKEN_GOOD);
	buf_release(&token);
	room_close(&room);
}

static void test_what_was_bad_is_looked_at_again_with_new_keys(void **state)
{
	struct token_room room;
	struct buf token = {0};

	(void)state;
	room_open(&room, span_of("another secret of some thirty bytes"), HS256);
	add_hs256(&token, HEADER, span_of("{}"));
	assert_null(keyring_verify(room.keyring, buf_span(&token), NOW_MS));
	assert_int_equal(recall(&room, &token, NOW_MS), TOKEN_BAD);
	room_write(&room, span_of(secret_text));
	keyring_look(room.keyring);
	assert_int_equal(recall(&room, &token, NOW_MS), TOKEN_NEW);
	buf_release(&token);
	room_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_known_token_ends_at_its_time),
		cmocka_unit_test(
			test_as_many_tokens_are_known_as_there_is_room_for),
		cmocka_unit_test(
			test_a_bad_token_is_known_for_a_second_and_no_longer),
		cmocka_unit_test(
			test_what_was_bad_is_looked_at_again_with_new_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
