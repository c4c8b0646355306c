/* SPDX-License-Identifier: MIT */
/*
 * signature - which key has signed a token that was refused: with one of the
 * right ones it is what it claims
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "client/check/shown_token.h"
#include "client/check/tools_room.h"
#include "lib/crypto/base64url.h"
#include "lib/crypto/key_file.h"
#include "lib/json/json.h"

/* What was found of the sections that are possible. */
struct search {
	struct span text; /* what is signed */
	struct buf signature, kid;
	enum algorithm algorithm;
	bool has_kid;
	bool named; /* there is a key of that name, or none is named */
	bool blind; /* a file could not be read */
	const char *signed_by; /* the section; NULL = none */
};

static bool read_file(const char *path, struct buf *text)
{
	FILE *file = fopen(path, "re");
	size_t len;

	if (file == NULL)
		return false;
	do {
		len = fread(buf_reserve(text, 4096), 1, 4096, file);
		text->len += len;
	} while (len > 0 && text->len <= KEY_FILE_MOST);
	fclose(file);
	return text->len > 0;
}

static bool is_named(const struct search *search, const struct key *key)
{
	if (!search->has_kid)
		return key->kid == NULL;
	return key->kid != NULL && span_is(buf_span(&search->kid), key->kid);
}

static void look_at(struct search *search, const struct key *key,
	const struct config_keys *section)
{
	search->named = search->named || is_named(search, key);
	if (search->algorithm != ALGORITHMS &&
		(key->algorithms & algorithm_bit(search->algorithm)) != 0 &&
		key_verify(key, search->algorithm, search->text,
			buf_span(&search->signature)))
		search->signed_by = section->name;
}

static void look_into(struct search *search, const struct config_keys *section)
{
	struct buf text = {0}, fault = {0};
	struct keys keys = {0};
	unsigned algorithms = 0;

	for (size_t i = 0; i < section->algorithm_count; i++)
		algorithms |= algorithm_bit(
			algorithm_of(span_of(section->algorithms[i])));
	if (read_file(section->file, &text) &&
		key_file_read(&keys, &tidings_crypto, buf_span(&text),
			algorithms, &fault))
		for (size_t i = 0; i < keys.count; i++)
			look_at(search, keys.at[i], section);
	else
		search->blind = true;
	keys_release(&keys);
	if (text.size > 0)
		explicit_bzero(text.at, text.size);
	buf_release(&text);
	buf_release(&fault);
}

static bool begin(
	struct search *search, const struct shown *shown, const char *token)
{
	const struct member *kid = document_member(&shown->header, "kid");
	const struct member *alg = document_member(&shown->header, "alg");
	const char *dot = strrchr(token, '.');
	struct buf name = {0};

	if (dot == NULL || alg == NULL || !json_is_string(alg->value) ||
		!base64url_decode(&search->signature, span_of(dot + 1)))
		return false;
	search->text = span(token, (size_t)(dot - token));
	search->has_kid = kid != NULL && json_is_string(kid->value);
	if (search->has_kid)
		json_decode(&search->kid, kid->value);
	json_decode(&name, alg->value);
	search->algorithm = algorithm_of(buf_span(&name));
	buf_release(&name);
	return true;
}

/* It has a name that no key has, or none where keys have names. */
static void say_name(struct check *check, const struct search *search)
{
	const struct buf *kid = &search->kid;

	if (search->has_kid)
		check_wrong(check, "only keys in JWK have names",
			"its kid is \"%.*s\", and no key of [keys] has that "
			"name",
			(int)(kid->len > 100 ? 100 : kid->len),
			kid->len > 0 ? kid->at : "");
	else
		check_wrong(check, "have it name the kid of its key",
			"it names no kid, and all keys of [keys] have one");
}

static bool say_what(struct check *check, const struct search *search)
{
	if (search->signed_by != NULL && search->named) {
		check_wrong(check,
			"docs/configuration.md says what a token may claim; "
			"with level = debug in [log] the responder's log says "
			"what is wrong",
			"[keys %s] has signed it, but what it claims is not "
			"well-formed",
			search->signed_by);
		return true;
	}
	if (search->blind)
		return false;
	if (search->named)
		check_wrong(check, "sign it with a key of the section's file",
			"no key of [keys] has signed it");
	else
		say_name(check, search);
	return true;
}

bool shown_is_signed_wrong(
	struct check *check, const struct shown *shown, const char *token)
{
	struct search search = {0};
	bool said = false;

	crypto_use(&tidings_crypto);
	if (shown->count > 0 && begin(&search, shown, token)) {
		for (size_t i = 0; i < shown->count; i++)
			look_into(&search, shown->sections[i]);
		said = say_what(check, &search);
	}
	buf_release(&search.signature);
	buf_release(&search.kid);
	return said;
}
