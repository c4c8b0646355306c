/* SPDX-License-Identifier: MIT */
/* proof: what a request shows */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fcgi/guard/keyring.h"
#include "fcgi/guard/proof.h"
#include "fcgi/http/request.h"
#include "lib/buf.h"
#include "tests/unit/unit.h"

static const struct proof_places everywhere = {true, true, "token", true};

static const struct {
	const char *name, *authorization, *uri, *cookie, *user;
	enum proof_word word;
	const char *token;
	enum proof_carrier carrier;
} requests[] = {
	{"nothing", "", "/stream", "", "", PROOF_FINE, "", PROOF_NOWHERE},
	{"a header", "Bearer abc", "/stream", "", "", PROOF_FINE, "abc",
		PROOF_IN_HEADER},
	{"however it is spelt", "bEARER \t abc ", "/stream", "", "", PROOF_FINE,
		"abc", PROOF_IN_HEADER},
	{"with padding and all", "Bearer a-._~+/=", "/stream", "", "",
		PROOF_FINE, "a-._~+/=", PROOF_IN_HEADER},
	{"one without a token", "Bearer", "/stream", "", "", PROOF_MALFORMED,
		"", PROOF_NOWHERE},
	{"one with spaces only", "Bearer  ", "/stream", "", "", PROOF_MALFORMED,
		"", PROOF_NOWHERE},
	{"two that were joined", "Bearer a, Bearer b", "/stream", "", "",
		PROOF_MALFORMED, "", PROOF_NOWHERE},
	{"a word that begins so", "Bearers abc", "/stream", "", "", PROOF_OTHER,
		"", PROOF_NOWHERE},
	{"a password", "Basic YTpi", "/stream", "", "", PROOF_OTHER, "",
		PROOF_NOWHERE},
	{"a password that the web server has looked at", "Basic YTpi",
		"/stream", "", "alice", PROOF_FINE, "", PROOF_NOWHERE},
	{"and a cookie beside it", "Basic YTpi", "/stream", "token=abc",
		"alice", PROOF_FINE, "abc", PROOF_IN_COOKIE},
	{"a token and a user", "Bearer abc", "/stream", "", "alice", PROOF_FINE,
		"abc", PROOF_IN_HEADER},
	{"in the URL", "", "/stream?a=b&authorization=abc", "", "", PROOF_FINE,
		"abc", PROOF_IN_URL},
	{"none in the URL", "", "/stream?authorization=", "token=abc", "",
		PROOF_MALFORMED, "", PROOF_NOWHERE},
	{"in a cookie", "", "/stream", "a=b; token=abc;c=d", "", PROOF_FINE,
		"abc", PROOF_IN_COOKIE},
	{"the first of two", "", "/stream", "token=abc; token=def", "",
		PROOF_FINE, "abc", PROOF_IN_COOKIE},
	{"the first of two, if it is empty", "", "/stream", "token=; token=abc",
		"", PROOF_FINE, "", PROOF_NOWHERE},
	{"of two lines that were joined by a semicolon", "", "/stream",
		"a=b; token=abc; token=def", "", PROOF_FINE, "abc",
		PROOF_IN_COOKIE},
	{"of two lines that were joined by a comma", "", "/stream",
		"a=b, token=abc, token=def;c=d", "", PROOF_FINE, "abc",
		PROOF_IN_COOKIE},
	{"another cookie", "", "/stream", "xtoken=abc; tokenx=abc; token", "",
		PROOF_FINE, "", PROOF_NOWHERE},
	{"a cookie that was taken away", "", "/stream", "token=", "",
		PROOF_FINE, "", PROOF_NOWHERE},
	{"the header comes first", "Bearer abc", "/stream?authorization=def",
		"token=ghi", "", PROOF_FINE, "abc", PROOF_IN_HEADER},
	{"a ticket", "", "/stream?a=b&ticket=abc", "token=ghi", "", PROOF_FINE,
		"abc", PROOF_TICKET},
	{"a ticket of nothing", "", "/stream?ticket=", "", "", PROOF_MALFORMED,
		"", PROOF_NOWHERE},
	{"a header before a ticket", "Bearer abc", "/stream?ticket=def", "", "",
		PROOF_FINE, "abc", PROOF_IN_HEADER},
	{"a session", "", "/stream", "a=b; tidings_session=abc", "", PROOF_FINE,
		"abc", PROOF_SESSION},
	{"a token's cookie before it", "", "/stream",
		"tidings_session=abc; token=def", "", PROOF_FINE, "def",
		PROOF_IN_COOKIE},
	{"then the URL", "", "/stream?authorization=def", "token=ghi", "",
		PROOF_FINE, "def", PROOF_IN_URL},
};

static enum proof_word read(
	struct proof *proof, size_t i, const struct proof_places *places)
{
	const struct request request = {
		.authorization = requests[i].authorization,
		.uri = requests[i].uri,
		.cookie = requests[i].cookie,
		.remote_user = requests[i].user,
	};

	return proof_read(proof, &request, places);
}

static void test_what_is_shown_is_found_where_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct proof proof;

		CHECK(requests[i].name,
			read(&proof, i, &everywhere) == requests[i].word);
		if (requests[i].word != PROOF_FINE)
			continue;
		CHECK_TEXT(requests[i].name, proof.token, requests[i].token);
		CHECK_TEXT(requests[i].name, proof.user, requests[i].user);
		CHECK(requests[i].name, proof.carrier == requests[i].carrier);
	}
}

/* Sites have such headers and cookies of their own. */
static void test_where_no_token_counts_none_is_looked_at(void **state)
{
	const struct proof_places nowhere = {false, false, "", false};

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct proof proof;

		CHECK(requests[i].name,
			read(&proof, i, &nowhere) == PROOF_FINE &&
				proof.token.len == 0);
		CHECK_TEXT(requests[i].name, proof.user, requests[i].user);
	}
}

static void test_a_token_has_at_most_8_kib(void **state)
{
	static char header[TOKEN_MAX + 16] = "Bearer ";
	struct request request = {.authorization = header,
		.uri = "/stream",
		.cookie = "",
		.remote_user = ""};
	struct proof proof;

	(void)state;
	memset(header + 7, 'a', TOKEN_MAX);
	assert_int_equal(proof_read(&proof, &request, &everywhere), PROOF_FINE);
	header[7 + TOKEN_MAX] = 'a';
	assert_int_equal(
		proof_read(&proof, &request, &everywhere), PROOF_MALFORMED);
}

static void test_an_api_token_is_known_by_its_beginning(void **state)
{
	(void)state;
	assert_true(proof_is_api_token(span_of("tk_a")));
	assert_false(proof_is_api_token(span_of("tk_")));
	assert_false(proof_is_api_token(span_of("TK_a")));
	assert_false(proof_is_api_token(span_of("eyJ.tk_.a")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_shown_is_found_where_it_is),
		cmocka_unit_test(test_where_no_token_counts_none_is_looked_at),
		cmocka_unit_test(test_a_token_has_at_most_8_kib),
		cmocka_unit_test(test_an_api_token_is_known_by_its_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
