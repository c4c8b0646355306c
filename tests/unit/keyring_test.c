/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>
#include <time.h>

#include "lib/event/selector.h"
#include "tests/unit/token_room.h"

#define HEADER "{\"alg\":\"HS256\"}"
#define ACCESS "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}"
#define HS256  "algorithms = HS256\n"

static struct rights *verify_with(struct token_room *room, const char *header,
	struct span payload, uint64_t now_ms)
{
	struct buf token = {0};
	struct rights *rights;

	add_hs256(&token, header, payload);
	rights = keyring_verify(room->keyring, buf_span(&token), now_ms);
	buf_release(&token);
	return rights;
}

static struct rights *verify(struct token_room *room, const char *payload)
{
	return verify_with(room, HEADER, span_of(payload), NOW_MS);
}

static bool is_good(struct token_room *room, const char *payload)
{
	struct rights *rights = verify(room, payload);

	rights_release(rights);
	return rights != NULL;
}

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

static void test_no_token_is_good_without_its_key(void **state)
{
	struct token_room room;

	(void)state;
	room_open(&room, span_of("another secret of some thirty bytes"), HS256);
	assert_false(is_good(&room, "{}"));
	room_close(&room);
}

struct claim {
	const char *payload;
	bool good;
};

static void check_claims(struct token_room *room, const char *header,
	const struct claim *claims, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct rights *rights = verify_with(
			room, header, span_of(claims[i].payload), NOW_MS);

		CHECK(claims[i].payload, (rights != NULL) == claims[i].good);
		rights_release(rights);
	}
}

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
	rights_release(verify_with(&room, HEADER, span("{\0}", 3), NOW_MS));
	assert_null(verify_with(&room, HEADER, span("{\0}", 3), NOW_MS));
	assert_null(verify_with(&room, HEADER, span("{}\0", 3), NOW_MS));
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

/* A claim with so many entries `entry`, with a number in it if it has a %d. */
static bool may_have(
	struct token_room *room, const char *format, int count, int short_by)
{
	struct buf payload = {0};
	struct rights *rights;

	buf_printf(&payload, "{\"mercure\":{\"publish\":[\"x\"");
	for (int i = 1; i < count - short_by; i++) {
		buf_printf(&payload, ",\"");
		for (const char *at = format; *at != '\0'; at++)
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
	assert_true(may_have(&room, "a", 1000, 0));
	assert_false(may_have(&room, "a", 1001, 0));
	assert_true(may_have(&room, "{a}#", 101, 0));
	assert_false(may_have(&room, "{a}#", 102, 0));
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

static void test_keys_grant_what_they_may_and_no_more(void **state)
{
	struct token_room room;
	struct rights *rights;

	(void)state;
	room_open(&room, span_of(secret_text), HS256 "grants = subscribe\n");
	rights = verify(&room, "{\"mercure\":{\"publish\":[\"*\"],"
			       "\"subscribe\":[\"*\"]}}");
	assert_non_null(rights);
	assert_int_equal(rights->publish_count, 0);
	assert_int_equal(rights->subscribe_count, 1);
	rights_release(rights);
	room_close(&room);
}

#define SET(kid)                                     \
	"{\"keys\":[{\"kty\":\"oct\",\"kid\":\"" kid \
	"\",\"k\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"}]}"

static void test_a_kid_names_the_key(void **state)
{
	static const struct {
		const char *header;
		bool good;
	} cases[] = {
		{"{\"alg\":\"HS256\"}", true},
		{"{\"alg\":\"HS256\",\"kid\":\"k1\"}", true},
		{"{\"alg\":\"HS256\",\"kid\":\"k2\"}", false},
		{"{\"alg\":\"HS256\",\"kid\":\"\"}", false},
		{"{\"alg\":\"HS256\",\"kid\":\"k1\\u0000\"}", false},
		{"{\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}", false},
		{"{\"alg\":\"HS256\",\"kid\":\"' OR 1=1 --\"}", false},
		{"{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}",
			true},
		{"{\"alg\":\"HS384\"}", false},
	};
	struct token_room room;

	(void)state;
	room_open(&room, span_of(SET("k1")), HS256);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rights *rights = verify_with(
			&room, cases[i].header, span_of("{}"), NOW_MS);

		CHECK(cases[i].header, (rights != NULL) == cases[i].good);
		rights_release(rights);
	}
	room_close(&room);
}

/* Who brings his own key along signs with it, as he likes. */
static void test_a_key_that_a_token_brings_is_not_looked_at(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":"
		"\"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY\"}}",
		"{\"alg\":\"HS256\",\"jku\":\"https://evil.example/jwks\"}",
		"{\"alg\":\"HS256\",\"x5u\":\"https://evil.example/x5c\"}",
		"{\"alg\":\"HS256\",\"x5c\":[\"QUJD\"]}",
	};
	struct crypto_key *own = tidings_crypto.secret(
		span_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"));
	struct token_room room;
	struct buf token = {0};

	(void)state;
	room_open(&room, span_of(SET("k1")), HS256);
	for (size_t i = 0; i < COUNT(headers); i++) {
		buf_clear(&token);
		add_token(&token, span_of(headers[i]), span_of("{}"), own,
			ALGORITHM_HS256);
		CHECK(headers[i], keyring_verify(room.keyring, buf_span(&token),
					  NOW_MS) == NULL);
	}
	tidings_crypto.free(own);
	buf_release(&token);
	room_close(&room);
}

/* Two who sign: each may say that it is itself, and nobody else. */
static void test_an_issuer_cannot_speak_for_another(void **state)
{
	static const struct claim claims[] = {
		{"{\"iss\":\"me\",\"aud\":\"us\",\"exp\":1700000001}", true},
		{"{\"iss\":\"you\",\"aud\":\"us\",\"exp\":1700000001}", false},
	};
	struct token_room room, other;
	struct buf section = {0};

	(void)state;
	room_open(
		&other, span_of("another secret of some thirty bytes"), HS256);
	buf_printf(&section,
		HS256 "form = oauth\nissuer = me\naudience = us\n"
		      "[keys other]\nfile = %s\n" HS256
		      "form = oauth\nissuer = you\naudience = us\n",
		other.file);
	buf_add_char(&section, '\0');
	room_open(&room, span_of(secret_text), section.at);
	check_claims(&room, ACCESS, claims, COUNT(claims));
	buf_release(&section);
	room_close(&room);
	room_close(&other);
}

/* One key of two sections: the first that takes the claims counts. */
static void test_a_key_may_serve_several_audiences(void **state)
{
	static const struct claim claims[] = {
		{"{\"aud\":\"us\"}", true},
		{"{\"aud\":\"them\"}", true},
		{"{\"aud\":\"others\"}", false},
	};
	struct token_room room, other;
	struct buf section = {0};

	(void)state;
	room_open(&other, span_of(secret_text), HS256);
	buf_printf(&section,
		HS256 "audience = us\n[keys other]\nfile = %s\n" HS256
		      "audience = them\n",
		other.file);
	buf_add_char(&section, '\0');
	room_open(&room, span_of(secret_text), section.at);
	check_claims(&room, HEADER, claims, COUNT(claims));
	buf_release(&section);
	room_close(&room);
	room_close(&other);
}

/* The right one is the last of so many. */
static bool is_found_among(int count)
{
	struct token_room room;
	struct buf keys = {0};
	bool good;

	buf_printf(&keys, "{\"keys\":[");
	for (int i = 1; i < count; i++)
		buf_printf(&keys,
			"{\"kty\":\"oct\",\"k\":\"QUJDREVGR0hJSktMTU5PUFFSU1R"
			"VVldYWVphYmNkZW%02d\"},",
			i);
	buf_printf(&keys, "{\"kty\":\"oct\",\"k\":\"MDEyMzQ1Njc4OWFiY2RlZj"
			  "AxMjM0NTY3ODlhYmNkZWY\"}]}");
	room_open(&room, buf_span(&keys), HS256);
	good = is_good(&room, "{}");
	buf_release(&keys);
	room_close(&room);
	return good;
}

static void test_a_token_without_kid_has_16_keys_tried(void **state)
{
	(void)state;
	assert_true(is_found_among(16));
	assert_false(is_found_among(17));
}

static void note(void *arg)
{
	++*(int *)arg;
}

static void test_a_key_that_leaves_its_file_is_gone(void **state)
{
	struct token_room room;
	struct rights *rights;
	int gone = 0;

	(void)state;
	room_open(&room, span_of(SET("k1")), HS256);
	keyring_on_gone(room.keyring, note, &gone);
	rights = verify(&room, "{}");
	assert_non_null(rights);
	/* the same key once more, and another beside it */
	room_write(&room,
		span_of("{\"keys\":[{\"kty\":\"oct\",\"kid\":\"k2\",\"k\":"
			"\"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY\"},"
			"{\"kty\":\"oct\",\"kid\":\"k1\",\"k\":\"MDEyMzQ1Njc"
			"4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"}]}"));
	keyring_look(room.keyring);
	assert_false(key_is_gone(rights->key));
	assert_true(is_good(&room, "{}"));
	/* a bad file changes nothing */
	room_write(&room, span_of("{"));
	keyring_look(room.keyring);
	keyring_look(room.keyring);
	assert_int_equal(keyring_bad_files(room.keyring), 1);
	assert_false(key_is_gone(rights->key));
	assert_true(is_good(&room, "{}"));
	/* nor does one that is away */
	unlink(room.file);
	keyring_look(room.keyring);
	assert_int_equal(keyring_bad_files(room.keyring), 1);
	assert_true(is_good(&room, "{}"));
	/* one that is good and lacks it ends it */
	room_write(&room, span_of("another secret of some thirty bytes"));
	gone = 0;
	keyring_look(room.keyring);
	assert_int_equal(gone, 1);
	assert_true(key_is_gone(rights->key));
	assert_false(is_good(&room, "{}"));
	rights_release(rights);
	room_close(&room);
}

static void test_a_file_that_others_may_read_is_bad(void **state)
{
	struct token_room room;
	struct keyring *strict;
	struct buf fault = {0}, want = {0};

	(void)state;
	room_open(&room, span_of(SET("k1")), HS256);
	assert_int_equal(chmod(room.file, 0644), 0);
	assert_false(is_good(&room, "{}"));
	assert_null(keyring_new(&room.config, &fault));
	buf_printf(&want,
		"[keys test] file: %s: others may read or change it (chmod "
		"o=)",
		room.file);
	buf_add_char(&want, '\0');
	CHECK_TEXT("fault", buf_span(&fault), want.at);
	assert_int_equal(chmod(room.file, 0640), 0);
	keyring_look(room.keyring);
	assert_true(is_good(&room, "{}"));
	buf_clear(&fault);
	strict = keyring_new(&room.config, &fault);
	assert_non_null(strict);
	keyring_free(strict);
	unlink(room.file);
	assert_null(keyring_new(&room.config, &fault));
	assert_int_equal(mkdir(room.file, 0700), 0);
	assert_null(keyring_new(&room.config, &fault));
	rmdir(room.file);
	buf_release(&fault);
	buf_release(&want);
	room_close(&room);
}

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

static void test_as_many_tokens_are_known_as_there_is_room_for(void **state)
{
	struct token_room room;
	struct rights *first, *later;
	char payload[64];

	(void)state;
	room_open(&room, span_of(secret_text), HS256);
	first = verify(&room, "{}");
	for (int i = 0; i < 5000; i++) {
		snprintf(payload, sizeof(payload), "{\"n\":%d}", i);
		assert_true(is_good(&room, payload));
	}
	later = verify(&room, "{}");
	assert_non_null(later);
	assert_ptr_not_equal(first, later);
	assert_true(rights_equal(first, later));
	rights_release(first);
	rights_release(later);
	room_close(&room);
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

static void test_a_digest_is_sha_256(void **state)
{
	static const uint8_t want[] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea};
	struct config config = {0};
	struct keyring *keyring;
	uint8_t digest[DIGEST_BYTES];

	(void)state;
	crypto_use(&tidings_crypto);
	keyring = keyring_new(&config, NULL);
	assert_false(keyring_is_used(keyring));
	assert_null(keyring_verify(keyring, span_of("a.b.c"), 0));
	for (int i = 0; i < 2; i++) {
		assert_true(keyring_digest(keyring, span_of("abc"), digest));
		assert_memory_equal(digest, want, sizeof(want));
	}
	keyring_free(keyring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_token_says_what_its_bearer_may),
		cmocka_unit_test(test_no_token_is_good_without_its_key),
		cmocka_unit_test(
			test_times_are_numbers_and_exp_is_never_stretched),
		cmocka_unit_test(test_exp_may_be_required),
		cmocka_unit_test(test_issuer_and_audience_are_exact),
		cmocka_unit_test(test_claims_are_one_json_object),
		cmocka_unit_test(
			test_the_mercure_claim_is_an_object_of_lists_of_texts),
		cmocka_unit_test(test_the_claims_full_name_wins),
		cmocka_unit_test(test_what_is_no_template_is_a_name),
		cmocka_unit_test(
			test_a_token_has_1000_names_and_100_patterns_at_most),
		cmocka_unit_test(
			test_the_oauth_form_is_an_access_token_with_details),
		cmocka_unit_test(test_keys_grant_what_they_may_and_no_more),
		cmocka_unit_test(test_a_kid_names_the_key),
		cmocka_unit_test(
			test_a_key_that_a_token_brings_is_not_looked_at),
		cmocka_unit_test(test_an_issuer_cannot_speak_for_another),
		cmocka_unit_test(test_a_key_may_serve_several_audiences),
		cmocka_unit_test(test_a_token_without_kid_has_16_keys_tried),
		cmocka_unit_test(test_a_key_that_leaves_its_file_is_gone),
		cmocka_unit_test(test_a_file_that_others_may_read_is_bad),
		cmocka_unit_test(test_a_known_token_ends_at_its_time),
		cmocka_unit_test(
			test_as_many_tokens_are_known_as_there_is_room_for),
		cmocka_unit_test(
			test_a_bad_token_is_known_for_a_second_and_no_longer),
		cmocka_unit_test(
			test_what_was_bad_is_looked_at_again_with_new_keys),
		cmocka_unit_test(test_equal_rights_look_equal),
		cmocka_unit_test(test_a_digest_is_sha_256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
