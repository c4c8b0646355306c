/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/crypto/key_file.h"

#include "lib/crypto/jwk.h"
#include "lib/json/document.h"
#include "lib/json/json.h"
#include "lib/text.h"

struct reading {
	struct keys *keys;
	const struct crypto *crypto;
	unsigned algorithms;
	bool signer;
	struct buf *fault;
};

static bool wrong(struct reading *reading, const char *sentence)
{
	buf_add_span(reading->fault, span_of(sentence));
	return false;
}

/* Takes the key. */
static bool add(struct reading *reading, struct key *key)
{
	struct keys *keys = reading->keys;

	for (size_t i = 0; key->kid != NULL && i < keys->count; i++)
		if (span_equal(span_of(key->kid), span_of(keys->at[i]->kid))) {
			buf_printf(reading->fault,
				"two keys have the kid \"%s\"", key->kid);
			key_release(key);
			return false;
		}
	if (keys->count == KEYS_MOST) {
		key_release(key);
		return wrong(reading, "there may be 64 keys, and this is one "
				      "more");
	}
	keys->at[keys->count++] = key;
	return true;
}

/* Takes `material`; passes it over if it is for none of the algorithms. */
static bool add_material(struct reading *reading, struct crypto_key *material)
{
	struct key *key =
		key_new(reading->crypto, material, reading->algorithms);

	if (key->algorithms == 0) {
		key_release(key);
		return true;
	}
	if (!key_is_strong(key, reading->fault)) {
		key_release(key);
		return false;
	}
	return add(reading, key);
}

/* ---- JSON */

static bool add_jwk(struct reading *reading, struct span object)
{
	struct key *key;

	switch (jwk_read(reading->crypto, object, reading->algorithms, &key,
		reading->fault)) {
	case JWK_READ:
		return add(reading, key);
	case JWK_PASSED_OVER:
		return true;
	case JWK_FAULT:
		break;
	}
	return false;
}

static bool add_jwks(struct reading *reading, struct span list)
{
	struct span object;

	if (!json_is_list(list))
		return wrong(reading, "its keys are no list");
	while (json_next(&list, &object))
		if (!add_jwk(reading, object))
			return false;
	return true;
}

static bool read_json(struct reading *reading, struct span text)
{
	const struct member *keys;
	struct document document;
	struct json_fault fault;
	bool good;

	if (!document_read(&document, text, &fault)) {
		buf_printf(reading->fault, "it is no JSON: %s (byte %zu)",
			fault.why, fault.at + 1);
		return false;
	}
	keys = document_member(&document, "keys");
	good = keys != NULL ? add_jwks(reading, keys->value)
			    : add_jwk(reading, text);
	document_release(&document);
	return good;
}

/* ---- PEM */

static const char pem_begin[] = "-----BEGIN ", pem_end[] = "-----END ";

static const char *find(struct span text, const char *what)
{
	return memmem(text.at, text.len, what, strlen(what));
}

static struct span after(struct span text, const char *at)
{
	return span(at, text.len - (size_t)(at - text.at));
}

/* What kind of block begins there: the words behind BEGIN. */
static bool is_label(struct span block, const char *label)
{
	size_t len = strlen(label);

	block = after(block, block.at + strlen(pem_begin));
	return block.len > len + 5 && memcmp(block.at, label, len) == 0 &&
	       memcmp(block.at + len, "-----", 5) == 0;
}

static bool is_private(struct span block)
{
	return is_label(block, "PRIVATE KEY") ||
	       is_label(block, "RSA PRIVATE KEY") ||
	       is_label(block, "EC PRIVATE KEY") ||
	       is_label(block, "ENCRYPTED PRIVATE KEY");
}

static bool add_block(struct reading *reading, struct span block)
{
	struct crypto_key *material = NULL;

	if (is_private(block) && !reading->signer)
		return wrong(reading, "it has a private key: only public ones "
				      "belong here (openssl pkey -pubout)");
	if (!is_private(block) && reading->signer)
		return true; /* parameters, or the public half */
	if (is_private(block))
		material = reading->crypto->private_pem(block);
	else if (is_label(block, "PUBLIC KEY"))
		material = reading->crypto->public_pem(block);
	else
		return wrong(reading, "it has a PEM block other than PUBLIC "
				      "KEY");
	if (material == NULL)
		return wrong(reading,
			reading->signer ? "a PEM block is no key, or has a "
					  "password, or is of a kind other "
					  "than RSA, P-256 and Ed25519"
					: "a PEM block is no key, or of a kind "
					  "other than RSA, P-256 and Ed25519");
	return add_material(reading, material);
}

static bool read_pem(struct reading *reading, struct span text)
{
	const char *begin, *end, *next;

	while ((begin = find(text, pem_begin)) != NULL) {
		text = after(text, begin);
		end = find(text, pem_end);
		next = find(after(text, begin + 1), pem_begin);
		if (end == NULL || (next != NULL && next < end))
			return wrong(reading, "a PEM block does not end");
		end = memchr(end, '\n', text.len - (size_t)(end - begin));
		if (end == NULL)
			end = begin + text.len;
		if (!add_block(reading, span(begin, (size_t)(end - begin))))
			return false;
		text = after(text, end);
	}
	return true;
}

/* ---- a secret */

/* Without the line end of a single line of text. */
static struct span secret_of(struct span text)
{
	struct span line = text;

	if (line.len > 0 && line.at[line.len - 1] == '\n')
		line.len--;
	if (line.len < text.len && line.len > 0 &&
		line.at[line.len - 1] == '\r')
		line.len--;
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.at[i] < ' ')
			return text;
	return line;
}

static bool read_secret(struct reading *reading, struct span text)
{
	struct span secret = secret_of(text);

	if ((reading->algorithms & algorithms_of_kind(KEY_SECRET)) == 0)
		return wrong(reading, "it is neither JSON nor PEM, and so a "
				      "secret, but algorithms names none for "
				      "secrets");
	return add_material(reading, reading->crypto->secret(secret));
}

/* ---- the whole */

static void say_none(struct reading *reading)
{
	buf_printf(reading->fault, "it has no key for");
	for (unsigned i = 0; i < ALGORITHMS; i++)
		if (reading->algorithms & algorithm_bit((enum algorithm)i))
			buf_printf(reading->fault, " %s",
				algorithm_name((enum algorithm)i));
}

static bool read_text(struct reading *reading, struct span text)
{
	struct span begin;
	size_t space = 0;
	bool good;

	while (space < text.len && json_is_space(text.at[space]))
		space++;
	if (space == text.len)
		return wrong(reading, "it is empty");
	if (text.len > KEY_FILE_MOST)
		return wrong(reading, "it has more than 262,144 bytes");
	begin = json_unmarked(after(text, text.at + space));
	if (begin.len > 0 && begin.at[0] == '{')
		good = read_json(reading, text);
	else if (find(text, pem_begin) != NULL)
		good = read_pem(reading, text);
	else
		good = read_secret(reading, text);
	if (!good || reading->keys->count > 0)
		return good;
	say_none(reading);
	return false;
}

static bool read_all(struct reading *reading, struct span text)
{
	bool good;

	*reading->keys = (struct keys){0};
	good = read_text(reading, text);
	if (!good)
		keys_release(reading->keys);
	return good;
}

bool key_file_read(struct keys *keys, const struct crypto *crypto,
	struct span text, unsigned algorithms, struct buf *fault)
{
	struct reading reading = {keys, crypto, algorithms, false, fault};

	return read_all(&reading, text);
}

bool key_file_read_signer(struct keys *keys, const struct crypto *crypto,
	struct span text, unsigned algorithms, struct buf *fault)
{
	struct reading reading = {keys, crypto, algorithms, true, fault};

	return read_all(&reading, text);
}
