/* SPDX-License-Identifier: MIT */
/* keyring: what a token lets its bearer do */
#include <config.h>

#include "tests/unit/keyring_room.h"

static void test_a_token_says_what_its_bearer_may(void **state)
{
	struct token_room room;
	struct rights *rights;

	(void)state;
	room_open(&room, span_of(secret_text), HS256);
	rights = verify(&room,
		"{\"sub\":\"ann\",\"exp\":1700000001,\"mercure\":{"
		"\"publish\":[\"news\",\"builds/{name}\"],"
		"\"subscribe\":[\"*\"],\"payload\":{\"a\": [1, 2]}}}");
	assert_non_null(rights);
	assert_string_equal(rights->subject, "ann");
	assert_string_equal(rights->payload, "{\"a\":[1,2]}");
	assert_int_equal(rights->until_ms, 1700000001000);
	assert_non_null(rights->key);
	assert_int_equal(rights->publish_count, 2);
	assert_int_equal(rights->subscribe_count, 1);
	assert_true(rights_may(rights, RIGHT_PUBLISH, span_of("news")));
	assert_true(rights_may(rights, RIGHT_PUBLISH, span_of("builds/a")));
	assert_false(rights_may(rights, RIGHT_PUBLISH, span_of("builds/a/b")));
	assert_false(rights_may(rights, RIGHT_PUBLISH, span_of("olds")));
	assert_true(rights_may(rights, RIGHT_SUBSCRIBE, span_of("olds")));
	rights_release(rights);
	room_close(&room);
}

static void test_the_mercure_claim_is_an_object_of_lists_of_texts(void **state)
{
	static const struct claim claims[] = {
		{"{\"mercure\":{}}", true},
		{"{\"mercure\":[]}", false},
		{"{\"mercure\":null}", false},
		{"{\"mercure\":\"publish\"}", false},
		{"{\"mercure\":{\"publish\":\"*\"}}", false},
		{"{\"mercure\":{\"publish\":null}}", true},
		{"{\"mercure\":{\"publish\":[]}}", true},
		{"{\"mercure\":{\"publish\":{}}}", false},
		{"{\"mercure\":{\"publish\":[1]}}", false},
		{"{\"mercure\":{\"publish\":[\"a\",null]}}", false},
		{"{\"mercure\":{\"publish\":[[\"a\"]]}}", false},
		{"{\"mercure\":{\"publish\":[\"\"]}}", false},
		{"{\"mercure\":{\"publish\":[\"a\\nb\"]}}", false},
		{"{\"mercure\":{\"publish\":[\"a\\u0000b\"]}}", false},
		{"{\"mercure\":{\"subscribe\":[\"a\\u007fb\"]}}", false},
		{"{\"mercure\":{\"subscribe\":\"a\"}}", false},
		{"{\"mercure\":{\"publish\":[\"{\"]}}", true},
		{"{\"mercure\":{\"payload\":null}}", true},
		{"{\"https://mercure.rocks/\":{\"publish\":[\"a\"]}}", true},
		{"{\"https://mercure.rocks/\":[],\"mercure\":{}}", false},
	};
	struct token_room room;

	(void)state;
	room_open(&room, span_of(secret_text), HS256);
	check_claims(&room, HEADER, claims, COUNT(claims));
	room_close(&room);
}

static void test_the_claims_full_name_wins(void **state)
{
	struct token_room room;
	struct rights *rights;

	(void)state;
	room_open(&room, span_of(secret_text), HS256);
	rights = verify(&room,
		"{\"mercure\":{\"publish\":[\"a\"]},"
		"\"https:\\/\\/mercure.rocks\\/\":{\"publish\":[\"b\"]}}");
	assert_non_null(rights);
	assert_false(rights_may(rights, RIGHT_PUBLISH, span_of("a")));
	assert_true(rights_may(rights, RIGHT_PUBLISH, span_of("b")));
	rights_release(rights);
	room_close(&room);
}

static void test_what_is_no_template_is_a_name(void **state)
{
	struct token_room room;
	struct rights *rights;

	(void)state;
	room_open(&room, span_of(secret_text), HS256);
	rights = verify(&room, "{\"mercure\":{\"publish\":[\"a{b\",\"}\"]}}");
	assert_non_null(rights);
	assert_true(rights_may(rights, RIGHT_PUBLISH, span_of("a{b")));
	assert_true(rights_may(rights, RIGHT_PUBLISH, span_of("}")));
	assert_false(rights_may(rights, RIGHT_PUBLISH, span_of("ab")));
	assert_false(rights_may(rights, RIGHT_PUBLISH, span_of("a")));
	rights_release(rights);
	room_close(&room);
}

/* May a claim have so many entries?  One is "x", the others are `entry`, with a
 * number for each #. */
static bool may_have(struct token_room *room, const char *entry, int count)
{
	struct buf payload = {0};
	struct rights *rights;

	buf_printf(&payload, "{\"mercure\":{\"publish\":[\"x\"");
	for (int i = 1; i < count; i++) {
		buf_printf(&payload, ",\"");
		for (const char *at = entry; *at != '\0'; at++)
			if (*at == '#')
				buf_printf(&payload, "%x", (unsigned)i);
			else
				buf_add_char(&payload, *at);
		buf_add_char(&payload, '"');
	}
	buf_printf(&payload, "]}}");
	rights = verify_with(room, HEADER, buf_span(&payload), NOW_MS);
	buf_release(&payload);
	rights_release(rights);
	return rights != NULL;
}

static void test_a_token_has_1000_names_and_100_patterns_at_most(void **state)
{
	struct token_room room;
	struct buf payload = {0};

	(void)state;
	room_open(&room, span_of(secret_text), HS256);
	assert_true(may_have(&room, "a", 1000));
	assert_false(may_have(&room, "a", 1001));
	assert_true(may_have(&room, "{a}#", 101));
	assert_false(may_have(&room, "{a}#", 102));
	for (int len = 1000; len <= 1001; len++) {
		buf_clear(&payload);
		buf_printf(&payload, "{\"mercure\":{\"subscribe\":[\"");
		for (int i = 0; i < len; i++)
			buf_add_char(&payload, 'x');
		buf_printf(&payload, "\"]}}");
		buf_add_char(&payload, '\0');
		assert_int_equal(is_good(&room, payload.at), len == 1000);
	}
	buf_release(&payload);
	room_close(&room);
}

#define DETAIL(text)                                         \
	"{\"iss\":\"me\",\"aud\":\"us\",\"exp\":1700000001," \
	"\"authorization_details\":" text "}"
#define OURS "\"type\":\"https://mercure.rocks/authorization-detail\""

static const struct claim details[] = {
	{DETAIL("[]"), true},
	{DETAIL("{}"), false},
	{DETAIL("[7]"), false},
	{DETAIL("[{}]"), false},
	{DETAIL("[{\"type\":7}]"), false},
	{DETAIL("[{\"type\":\"payment\",\"topics\":7}]"), true},
	{DETAIL("[{" OURS "}]"), false},
	{DETAIL("[{" OURS ",\"actions\":[\"publish\"],\"topics\":[]}]"), true},
	{DETAIL("[{" OURS ",\"actions\":\"publish\",\"topics\":[]}]"), false},
	{DETAIL("[{" OURS ",\"actions\":[\"fly\"],\"topics\":[]}]"), true},
	{DETAIL("[{" OURS ",\"actions\":[],\"topics\":{}}]"), false},
	{DETAIL("[{" OURS ",\"actions\":[],\"topics\":[\"a\"]}]"), false},
	{DETAIL("[{" OURS ",\"actions\":[],\"topics\":[{}]}]"), false},
	{DETAIL("[{" OURS ",\"actions\":[\"publish\"],\"topics\":[{"
		"\"match\":\"a\"}]}]"),
		true},
	{DETAIL("[{" OURS ",\"actions\":[\"publish\"],\"topics\":[{"
		"\"match\":\"a\",\"match_type\":\"exact\"}]}]"),
		true},
	{DETAIL("[{" OURS ",\"actions\":[\"publish\"],\"topics\":[{"
		"\"match\":\"a\",\"match_type\":\"regexp\"}]}]"),
		false},
	{DETAIL("[{" OURS ",\"actions\":[\"publish\"],\"topics\":[{"
		"\"match\":\"\"}]}]"),
		false},
	{DETAIL("[{" OURS ",\"actions\":[\"publish\"],\"topics\":[{"
		"\"match\":\"a/{b}\",\"match_type\":\"uritemplate\"}]}"
		"]"),
		true},
	{DETAIL("[{" OURS ",\"actions\":[\"publish\"],\"topics\":[{"
		"\"match\":\"a/"
		"{b\",\"match_type\":\"uritemplate\"}]}]"),
		false},
	{DETAIL("[{" OURS ",\"actions\":[\"publish\"],\"topics\":[{"
		"\"match\":\"/a/"
		":b\",\"match_type\":\"urlpattern\"}]}]"),
		false},
	{DETAIL("[{" OURS ",\"actions\":[\"publish\"],\"topics\":[{"
		"\"match\":\"a\",\"match_type\":null}]}]"),
		false},
	{"{\"iss\":\"me\",\"aud\":\"us\"}", false},
	{"{\"iss\":\"me\",\"exp\":1700000001}", false},
	{"{\"iss\":\"you\",\"aud\":\"us\",\"exp\":1700000001}", false},
	{"{\"iss\":\"me\",\"aud\":\"us\",\"exp\":1700000001}", true},
};

static void test_the_oauth_form_is_an_access_token_with_details(void **state)
{
	struct token_room room;
	struct rights *rights;

	(void)state;
	room_open(&room, span_of(secret_text),
		HS256 "form = oauth\nissuer = me\naudience = us\n");
	check_claims(&room, ACCESS, details, COUNT(details));
	assert_null(verify_with(&room, HEADER, span_of(DETAIL("[]")), NOW_MS));
	rights = verify_with(&room, ACCESS,
		span_of(DETAIL("[{" OURS ",\"actions\":[\"subscribe\"],"
			       "\"payload\":7,\"topics\":[{\"match\":\"a{b}\"},"
			       "{\"match\":\"c\"},{\"match\":\"d/{e}\","
			       "\"match_type\":\"uritemplate\"}]},{\"type\":"
			       "\"https:\\/\\/"
			       "mercure.rocks\\/authorization-detail\","
			       "\"actions\":[\"publish\",\"fly\"],\"topics\":[{"
			       "\"match\":\"*\"}]}]")),
		NOW_MS);
	assert_non_null(rights);
	assert_true(rights_may(rights, RIGHT_SUBSCRIBE, span_of("c")));
	assert_true(rights_may(rights, RIGHT_SUBSCRIBE, span_of("a{b}")));
	assert_false(rights_may(rights, RIGHT_SUBSCRIBE, span_of("ab")));
	assert_true(rights_may(rights, RIGHT_SUBSCRIBE, span_of("d/7")));
	assert_false(rights_may(rights, RIGHT_SUBSCRIBE, span_of("d/7/8")));
	assert_true(rights_may(rights, RIGHT_PUBLISH, span_of("ab")));
	assert_string_equal(rights->payload, "7");
	rights_release(rights);
	room_close(&room);
}

static void test_equal_rights_look_equal(void **state)
{
	struct token_room room;
	struct rights *a, *b;

	(void)state;
	room_open(&room, span_of(secret_text), HS256);
	a = verify(&room, "{\"mercure\":{\"publish\":[\"b\",\"a\",\"{x}\","
			  "\"*\",\"a\"]}}");
	b = verify(&room, "{\"mercure\":{\"publish\":[\"*\",\"{x}\",\"a\","
			  "\"b\"]}}");
	assert_true(rights_equal(a, b));
	assert_int_equal(a->publish_count, 4);
	rights_release(b);
	b = verify(&room, "{\"mercure\":{\"publish\":[\"*\",\"{y}\",\"a\","
			  "\"b\"]}}");
	assert_false(rights_equal(a, b));
	rights_release(b);
	b = verify(&room, "{\"exp\":1700000001,\"mercure\":{\"publish\":[\"*\","
			  "\"{x}\",\"a\",\"b\"]}}");
	assert_false(rights_equal(a, b));
	rights_release(a);
	rights_release(b);
	room_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_token_says_what_its_bearer_may),
		cmocka_unit_test(
			test_the_mercure_claim_is_an_object_of_lists_of_texts),
		cmocka_unit_test(test_the_claims_full_name_wins),
		cmocka_unit_test(test_what_is_no_template_is_a_name),
		cmocka_unit_test(
			test_a_token_has_1000_names_and_100_patterns_at_most),
		cmocka_unit_test(
			test_the_oauth_form_is_an_access_token_with_details),
		cmocka_unit_test(test_equal_rights_look_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
