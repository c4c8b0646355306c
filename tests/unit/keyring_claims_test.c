/* SPDX-License-Identifier: MIT */
/* keyring: which claims make a token good, and when */
#include <config.h>

#include "tests/unit/keyring_room.h"

/* Now is 1700000000 s; ten seconds of leeway. */
static void test_times_are_numbers_and_exp_is_never_stretched(void **state)
{
	static const struct claim claims[] = {
		{"{}", true},
		{"{\"exp\":1700000001}", true},
		{"{\"exp\":1700000000}", false},
		{"{\"exp\":1700000000.9}", false},
		{"{\"exp\":1700000001.9}", true},
		{"{\"exp\":1699999995}", false},
		{"{\"exp\":0}", false},
		{"{\"exp\":-1}", false},
		{"{\"exp\":-0}", false},
		{"{\"exp\":\"1700000001\"}", false},
		{"{\"exp\":null}", false},
		{"{\"exp\":true}", false},
		{"{\"exp\":[1700000001]}", false},
		{"{\"exp\":{}}", false},
		{"{\"exp\":1e400}", false},
		{"{\"exp\":1.8e9}", true},
		{"{\"exp\":18E8}", true},
		{"{\"exp\":1e-400}", false},
		{"{\"exp\":9007199254740992}", true},
		{"{\"exp\":9007199254740993}", false},
		{"{\"exp\":18446744073709551616}", false},
		{"{\"exp\":99999999999999999999999}", false},
		{"{\"exp\":01700000001}", false},
		{"{\"exp\":0x7fffffff}", false},
		{"{\"exp\":NaN}", false},
		{"{\"exp\":Infinity}", false},
		{"{\"exp\":1700000001,\"exp\":1700000001}", false},
		{"{\"exp\":1,\"\\u0065xp\":1700000001}", false},
		{"{\"nbf\":1700000010}", true},
		{"{\"nbf\":1700000011}", false},
		{"{\"nbf\":1700000010.9}", true},
		{"{\"nbf\":\"0\"}", false},
		{"{\"nbf\":-1}", false},
		{"{\"iat\":1700000010}", true},
		{"{\"iat\":1700000011}", false},
		{"{\"iat\":\"x\"}", false},
		{"{\"iat\":0}", true},
	};
	struct token_room room;

	(void)state;
	room_open(&room, span_of(secret_text), HS256);
	check_claims(&room, HEADER, claims, COUNT(claims));
	room_close(&room);
}

static void test_exp_may_be_required(void **state)
{
	static const struct claim claims[] = {
		{"{}", false},
		{"{\"exp\":1700000001}", true},
	};
	struct token_room room;

	(void)state;
	room_open(&room, span_of(secret_text), HS256 "expiry = required\n");
	check_claims(&room, HEADER, claims, COUNT(claims));
	room_close(&room);
}

static void test_issuer_and_audience_are_exact(void **state)
{
	static const struct claim claims[] = {
		{"{\"iss\":\"me\",\"aud\":\"us\"}", true},
		{"{\"iss\":\"me\",\"aud\":[\"us\"]}", true},
		{"{\"iss\":\"me\",\"aud\":[\"them\",\"us\"]}", true},
		{"{\"iss\":\"m\\u0065\",\"aud\":\"\\u0075s\"}", true},
		{"{\"iss\":\"me\"}", false},
		{"{\"aud\":\"us\"}", false},
		{"{\"iss\":\"Me\",\"aud\":\"us\"}", false},
		{"{\"iss\":\"me/\",\"aud\":\"us\"}", false},
		{"{\"iss\":[\"me\"],\"aud\":\"us\"}", false},
		{"{\"iss\":null,\"aud\":\"us\"}", false},
		{"{\"iss\":\"me\\u0000\",\"aud\":\"us\"}", false},
		{"{\"iss\":\"me\",\"aud\":\"them\"}", false},
		{"{\"iss\":\"me\",\"aud\":\"\"}", false},
		{"{\"iss\":\"me\",\"aud\":[]}", false},
		{"{\"iss\":\"me\",\"aud\":[\"them\"]}", false},
		{"{\"iss\":\"me\",\"aud\":[\"us\",7]}", false},
		{"{\"iss\":\"me\",\"aud\":{\"us\":\"us\"}}", false},
		{"{\"iss\":\"me\",\"aud\":7}", false},
	};
	struct token_room room;

	(void)state;
	room_open(&room, span_of(secret_text),
		HS256 "issuer = me\naudience = us\n");
	check_claims(&room, HEADER, claims, COUNT(claims));
	room_close(&room);
}

static void test_claims_are_one_json_object(void **state)
{
	static const struct claim claims[] = {
		{"", false},
		{"null", false},
		{"[]", false},
		{"\"x\"", false},
		{"{} {}", false},
		{"{}x", false},
		{"{'exp':1}", false},
		{"{\"a\":\"\xff\"}", false},
		{"\xef\xbb\xbf{}", false},
		{"{\"a\":[[[[[[[1]]]]]]]}", true},
		{"{\"a\":[[[[[[[[1]]]]]]]]}", false},
		{"{\"a\":{\"b\":{\"b\":1,\"b\":1}}}", false},
		{"{\"sub\":\"ann\"}", true},
		{"{\"sub\":\"\"}", true},
		{"{\"sub\":7}", false},
		{"{\"sub\":null}", false},
		{"{\"sub\":\"a\\u0000b\"}", false},
		{"{\"sub\":\"a\\nb\"}", false},
		{" { } ", true},
	};
	struct token_room room;

	(void)state;
	room_open(&room, span_of(secret_text), HS256);
	check_claims(&room, HEADER, claims, COUNT(claims));
	assert_null(verify_with(&room, HEADER, span("{\0}", 3), NOW_MS));
	assert_null(verify_with(&room, HEADER, span("{}\0", 3), NOW_MS));
	room_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_times_are_numbers_and_exp_is_never_stretched),
		cmocka_unit_test(test_exp_may_be_required),
		cmocka_unit_test(test_issuer_and_audience_are_exact),
		cmocka_unit_test(test_claims_are_one_json_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
