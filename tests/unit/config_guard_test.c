/* SPDX-License-Identifier: MIT */
/* config: who may - [keys], [access], and what belongs to them */
#include <config.h>

#include "tests/unit/config_room.h"

static void test_keys_have_their_defaults(void **state)
{
	struct config config;

	(void)state;
	must_load(&config, "[keys shop]\nfile = /k\nalgorithms = ES256, RS256\n"
			   " Ed25519\n");
	assert_int_equal(config.keys_count, 1);
	assert_string_equal(config.keys[0].name, "shop");
	assert_string_equal(config.keys[0].file, "/k");
	assert_int_equal(config.keys[0].algorithm_count, 3);
	assert_string_equal(config.keys[0].algorithms[2], "Ed25519");
	assert_false(config.keys[0].oauth);
	assert_false(config.keys[0].expiry_required);
	assert_null(config.keys[0].issuer);
	assert_null(config.keys[0].audience);
	assert_int_equal(config.keys[0].grant_count, 2);
	assert_int_equal(config.keys[0].leeway_ms, 10000);
	assert_false(config.listeners_granted);
	assert_string_equal(config.cookie, "mercureAuthorization");
	assert_false(config.token_in_url);
	assert_int_equal(config.stream_age_ms, 0);
	assert_int_equal(config.ticket_age_ms, 300000);
	config_release(&config);
}

static void test_an_access_token_must_end(void **state)
{
	struct config config;

	(void)state;
	must_load(&config, "[keys a]\nfile = /k\nalgorithms = ES256\n"
			   "form = oauth\nissuer = me\naudience = us\n");
	assert_true(config.keys[0].oauth);
	assert_true(config.keys[0].expiry_required);
	assert_string_equal(config.keys[0].audience, "us");
	config_release(&config);
}

#define DIGEST                           \
	"9f86d081884c7d659a2feaa0c55ad0" \
	"15a3bf4f1b2b0b822cd15d6c15b0f00a08"

static void test_access_names_bearers_and_channels(void **state)
{
	struct config config;

	(void)state;
	must_load(&config,
		"[access a]\nwho = users user:ann\n address:10.0.0.0/8\n"
		" token:" DIGEST "\n"
		"publish = builds/{name}, {a,b} c\n"
		"subscribe = users/%u/{+rest}\n"
		"[responder]\nprivate = builds/{name} *\n"
		"cookie =\nstream_age = 1m\nticket_age = 0\n");
	assert_int_equal(config.access_count, 1);
	assert_int_equal(config.access[0].who_count, 4);
	assert_int_equal(config.access[0].publish_count, 3);
	assert_string_equal(config.access[0].publish[1], "{a,b}");
	assert_string_equal(config.access[0].subscribe[0], "users/%u/{+rest}");
	assert_int_equal(config.private_count, 2);
	assert_string_equal(config.cookie, "");
	assert_int_equal(config.stream_age_ms, 60000);
	assert_int_equal(config.ticket_age_ms, 0);
	config_release(&config);
}

static void test_without_its_section_nothing_is_shared(void **state)
{
	struct config config;

	(void)state;
	must_load(&config, "[hub]\n");
	assert_int_equal(config.shared.redis_count, 0);
	assert_string_equal(config.shared.prefix, "{tidings}");
	config_release(&config);
}

static void test_a_shared_order_names_its_servers(void **state)
{
	struct config config;

	(void)state;
	must_load(&config,
		"[shared]\nredis = unix:/run/r.sock 10.0.0.1:6379\n"
		" 10.0.0.1:7,[::1]:7000\nuser = t\npassword_file = /p\n"
		"found = auto\nmachine = one\n");
	assert_int_equal(config.shared.redis_count, 4);
	assert_string_equal(config.shared.redis[3], "[::1]:7000");
	assert_string_equal(config.shared.machine, "one");
	assert_true(config.shared.found_auto);
	assert_int_equal(config.shared.give_up_ms, 5000);
	assert_int_equal(config.shared.keep_age_ms, 3600000);
	assert_int_equal(config.shared.keep_bytes, 256 << 20);
	config_release(&config);
}

#define SHARED "[shared]\nredis = unix:/r\n"
#define NO_SERVER(text)                                                        \
	{                                                                      \
		"[shared]\nredis = " text "\n",                                \
			":2: redis: \"" text                                   \
			"\" is neither unix: and a path nor an address and a " \
			"port such as 10.1.2.3:6379 or [::1]:6379 (no names)"  \
	}

#define KEYS   "[keys a]\nfile = /k\nalgorithms = HS256\n"
#define ACCESS "[access a]\nwho = users\n"

static const struct {
	const char *text, *fault;
} misfits[] = {
	NO_SERVER("redis.example:6379"),
	NO_SERVER("10.0.0.1"),
	NO_SERVER("10.0.0.1:65536"),
	NO_SERVER("10.0.0.1:0"),
	NO_SERVER("[10.0.0.1]:1"),
	NO_SERVER("::1"),
	NO_SERVER("unix:r.sock"),
	{"[shared]\n", ":1: a shared order needs redis"},
	{SHARED "user = t\n", ":1: user needs a password_file"},
	{SHARED "db = 16\n", ":3: db: 16 is not from 0 to 15"},
	{SHARED "give_up = 31s\n", ":3: give_up: 31s is not from 1s to 30s"},
	{SHARED "prefix =\n", ":3: prefix: a text of 1 to 64 bytes without "
			      "control characters is wanted"},
	{SHARED "found = yes\n",
		":3: found: \"yes\" is neither manual nor auto"},
	{"[keys a]\nalgorithms = HS256\n", ":1: keys need a file"},
	{"[keys a]\nfile = /k\n", ":1: keys need algorithms"},
	{"[keys a]\nfile = /k\nalgorithms =\n", ":1: keys need algorithms"},
	{"[keys a]\nalgorithms = none\n",
		":2: algorithms: \"none\" is none of HS256 HS384 HS512 "
		"RS256 RS384 RS512 ES256 EdDSA"},
	{"[keys a]\nalgorithms = hs256\n",
		":2: algorithms: \"hs256\" is none of HS256 HS384 "
		"HS512 RS256 RS384 RS512 ES256 EdDSA"},
	{KEYS "grants = listen\n",
		":4: grants: \"listen\" is neither publish nor "
		"subscribe"},
	{KEYS "grants =\n", ":1: keys need grants, of which there are none"},
	{KEYS "form = oauth\naudience = us\n",
		":1: form = oauth needs an issuer"},
	{KEYS "form = oauth\nissuer = me\n",
		":1: form = oauth needs an audience"},
	{KEYS "issuer =\n", ":4: issuer: a text is missing"},
	{KEYS "leeway = 6m\n", ":4: leeway: 6m is not from 0 to 5m"},
	{KEYS KEYS, ":4: this section is given twice"},
	{"[access a]\n", ":1: access needs who has it"},
	{"[access a]\nwho = ann\n",
		":2: who: \"ann\" is none of users, user:NAME, "
		"token:SHA256, address:PREFIX"},
	{"[access a]\nwho = user:\n",
		":2: who: \"user:\" is none of users, user:NAME, "
		"token:SHA256, address:PREFIX"},
	{"[access a]\nwho = token:tk_abc\n",
		":2: who: \"token:tk_abc\" is not token: and the 64 "
		"digits of its SHA-256 (tidings token new --api says "
		"them)"},
	{"[access a]\nwho = address:10.0.0.0/33\n",
		":2: who: \"address:10.0.0.0/33\" is none of users, "
		"user:NAME, token:SHA256, address:PREFIX"},
	{ACCESS "publish = {\n",
		":3: publish: \"{\": a pattern with a '{' is a URI "
		"template (RFC 6570), as in builds/{name}"},
	{ACCESS ACCESS, ":3: this section is given twice"},
	{"[responder]\nprivate = {a\n",
		":2: private: \"{a\": a pattern with a '{' is a URI "
		"template (RFC 6570), as in builds/{name}"},
	{"[responder]\ncookie = a b\n",
		":2: cookie: \"a b\" is not the name of a cookie"},
	{"[responder]\ncookie = a=\n",
		":2: cookie: \"a=\" is not the name of a cookie"},
	{"[responder]\nstream_age = 59s\n",
		":2: stream_age: 59s is not from 1m to 7d, nor 0"},
	{"[responder]\nticket_age = 2h\n",
		":2: ticket_age: 2h is not from 30s to 1h, nor 0"},
	{"[responder]\nlisteners = all\n",
		":2: listeners: \"all\" is neither anyone nor granted"},
};

static void test_what_does_not_fit_is_named(void **state)
{
	struct config config;

	(void)state;
	for (size_t i = 0; i < COUNT(misfits); i++) {
		char *fault = try_text(&config, span_of(misfits[i].text));

		CHECK(misfits[i].text, fault != NULL);
		CHECK_TEXT(misfits[i].text, span_of(fault), misfits[i].fault);
		free(fault);
	}
}

static void test_there_are_64_sections_of_keys_at_most(void **state)
{
	struct buf text = {0};
	struct config config;
	char *fault;

	(void)state;
	for (int i = 0; i < 64; i++)
		buf_printf(
			&text, "[keys %d]\nfile = /k\nalgorithms = HS256\n", i);
	assert_null(try_text(&config, buf_span(&text)));
	config_release(&config);
	buf_printf(&text, "[keys 64]\n");
	fault = try_text(&config, buf_span(&text));
	CHECK_TEXT("65", span_of(fault),
		":193: there may be 64 sections [keys], and this is one more");
	free(fault);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_its_section_nothing_is_shared),
		cmocka_unit_test(test_a_shared_order_names_its_servers),
		cmocka_unit_test(test_keys_have_their_defaults),
		cmocka_unit_test(test_an_access_token_must_end),
		cmocka_unit_test(test_access_names_bearers_and_channels),
		cmocka_unit_test(test_what_does_not_fit_is_named),
		cmocka_unit_test(test_there_are_64_sections_of_keys_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
