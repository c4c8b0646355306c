/* SPDX-License-Identifier: MIT */
/* keyring: which keys a token may be signed with, and the files they are in */
#include <config.h>

#include "tests/unit/keyring_room.h"

static void test_no_token_is_good_without_its_key(void **state)
{
	struct token_room room;

	(void)state;
	room_open(&room, span_of("another secret of some thirty bytes"), HS256);
	assert_false(is_good(&room, "{}"));
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
		cmocka_unit_test(test_no_token_is_good_without_its_key),
		cmocka_unit_test(test_keys_grant_what_they_may_and_no_more),
		cmocka_unit_test(test_a_kid_names_the_key),
		cmocka_unit_test(
			test_a_key_that_a_token_brings_is_not_looked_at),
		cmocka_unit_test(test_an_issuer_cannot_speak_for_another),
		cmocka_unit_test(test_a_key_may_serve_several_audiences),
		cmocka_unit_test(test_a_token_without_kid_has_16_keys_tried),
		cmocka_unit_test(test_a_key_that_leaves_its_file_is_gone),
		cmocka_unit_test(test_a_file_that_others_may_read_is_bad),
		cmocka_unit_test(test_a_digest_is_sha_256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
