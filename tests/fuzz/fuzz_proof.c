/* SPDX-License-Identifier: MIT */
/*
 * fuzz_proof - lines: Authorization, the URL, Cookie, REMOTE_USER
 *
 * What is found is in the request, is one token, and is where it is said to be;
 * a cookie is the one that a plain reading finds; and where nothing is looked
 * at nothing is found.
 */
#include <config.h>

#include <string.h>

#include "fcgi/guard/keyring.h"
#include "fcgi/guard/proof.h"
#include "fcgi/http/request.h"
#include "lib/buf.h"
#include "tests/fuzz/fuzz.h"

enum { LINES = 4 };

static const struct proof_places everywhere = {true, true, "token", true};
static const struct proof_places nowhere = {false, false, "", false};
static const struct proof_places in_cookie = {false, false, "token", false};

/* Texts that end with a NUL, each in a place of its own. */
static void split(char *lines[LINES], struct span text)
{
	for (size_t i = 0; i < LINES; i++) {
		const char *end =
			text.len == 0 ? NULL : memchr(text.at, '\n', text.len);
		struct span line = text;

		if (end != NULL && i < LINES - 1)
			line.len = (size_t)(end - text.at);
		lines[i] = mem_text(line);
		text.at += line.len;
		text.len -= line.len;
		if (text.len > 0)
			text = span(text.at + 1, text.len - 1);
	}
}

static bool is_in(struct span part, const char *whole)
{
	return part.at >= whole && part.at + part.len <= whole + strlen(whole);
}

static void check(const struct proof *proof, const struct request *request)
{
	MUST((proof->token.len > 0) == (proof->carrier != PROOF_NOWHERE));
	MUST(proof->token.len <= TOKEN_MAX);
	MUST(proof->token.len == 0 ||
		memchr(proof->token.at, ',', proof->token.len) == NULL);
	MUST(span_equal(proof->user, span_of(request->remote_user)));
	switch (proof->carrier) {
	case PROOF_NOWHERE:
		break;
	case PROOF_IN_HEADER:
		MUST(is_in(proof->token, request->authorization));
		break;
	case PROOF_TICKET:
	case PROOF_IN_URL:
		MUST(is_in(proof->token, request->uri));
		break;
	case PROOF_IN_COOKIE:
	case PROOF_SESSION:
		MUST(is_in(proof->token, request->cookie));
		break;
	}
}

static bool is_white(char c)
{
	return c == ' ' || c == '\t';
}

/* The value of the first cookie `token`, by a plain reading; empty if there is
 * none. */
static struct span plain_cookie(const char *at)
{
	while (*at != '\0') {
		size_t len;

		at += strspn(at, ";, \t");
		len = strcspn(at, ";,");
		if (strncmp(at, "token=", 6) == 0) {
			while (is_white(at[len - 1]))
				len--;
			return span(at + 6, len - 6);
		}
		at += len;
	}
	return span(NULL, 0);
}

static void check_cookie(const struct request *request)
{
	struct span wanted = plain_cookie(request->cookie);
	enum proof_word word;
	struct proof proof;

	word = proof_read(&proof, request, &in_cookie);
	MUST((word == PROOF_FINE) == (wanted.len <= TOKEN_MAX));
	if (word == PROOF_FINE)
		MUST(span_equal(proof.token, wanted));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request request;
	struct proof proof;
	char *lines[LINES];

	split(lines, span((const char *)data, size));
	request = (struct request){.authorization = lines[0],
		.uri = lines[1],
		.cookie = lines[2],
		.remote_user = lines[3]};
	if (proof_read(&proof, &request, &everywhere) == PROOF_FINE)
		check(&proof, &request);
	MUST(proof_read(&proof, &request, &nowhere) == PROOF_FINE);
	MUST(proof.token.len == 0 && proof.carrier == PROOF_NOWHERE);
	check_cookie(&request);
	for (size_t i = 0; i < LINES; i++)
		free(lines[i]);
	return 0;
}
