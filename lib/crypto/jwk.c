/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/crypto/jwk.h"

#include "lib/crypto/base64url.h"
#include "lib/json/document.h"
#include "lib/json/json.h"

struct jwk {
	struct document document;
	const struct crypto *crypto;
	struct buf parts[2];
	struct buf text; /* of the member that was read last */
	struct buf *fault;
};

static enum jwk_result fault(struct jwk *jwk, const char *sentence)
{
	buf_add_span(jwk->fault, span_of(sentence));
	return JWK_FAULT;
}

static bool has(const struct jwk *jwk, const char *name)
{
	return document_member(&jwk->document, name) != NULL;
}

/* A member that is a string, valid until the next is read; false if there is
 * none. */
static bool text(struct jwk *jwk, const char *name, struct span *text)
{
	const struct member *member = document_member(&jwk->document, name);

	if (member == NULL || !json_is_string(member->value))
		return false;
	buf_clear(&jwk->text);
	json_decode(&jwk->text, member->value);
	*text = buf_span(&jwk->text);
	return true;
}

static bool is(const struct jwk *jwk, const char *name, const char *value)
{
	const struct member *member = document_member(&jwk->document, name);

	return member != NULL && json_says(member->value, value);
}

/* ---- is it meant? */

static bool is_to_verify(const struct jwk *jwk)
{
	const struct member *uses = document_member(&jwk->document, "key_ops");
	struct span list, use;
	bool found = uses == NULL;

	if (has(jwk, "use") && !is(jwk, "use", "sig"))
		return false;
	if (uses == NULL || !json_is_strings(uses->value))
		return found;
	list = uses->value;
	while (json_next_string(&list, &use))
		found |= json_says(use, "verify");
	return found;
}

/* Those that it may be used with by its own word. */
static unsigned own_algorithms(struct jwk *jwk)
{
	enum algorithm algorithm;
	struct span name;

	if (!has(jwk, "alg"))
		return ~0u;
	if (!text(jwk, "alg", &name))
		return 0;
	algorithm = algorithm_of(name);
	return algorithm == ALGORITHMS ? 0 : algorithm_bit(algorithm);
}

/* ---- its kinds */

/* A member that has bytes in base64url. */
static bool part(struct jwk *jwk, unsigned index, const char *name)
{
	struct span digits;

	return text(jwk, name, &digits) && digits.len > 0 &&
	       base64url_decode(&jwk->parts[index], digits);
}

static enum jwk_result finish(
	struct jwk *jwk, struct crypto_key *material, struct crypto_key **out)
{
	if (material == NULL)
		return fault(jwk, "a key's numbers are none of such a key");
	*out = material;
	return JWK_READ;
}

static enum jwk_result read_secret(struct jwk *jwk, struct crypto_key **out)
{
	if (!part(jwk, 0, "k"))
		return fault(jwk, "a key of type oct needs k, in base64url");
	return finish(jwk, jwk->crypto->secret(buf_span(&jwk->parts[0])), out);
}

static enum jwk_result read_rsa(struct jwk *jwk, struct crypto_key **out)
{
	if (!part(jwk, 0, "n") || !part(jwk, 1, "e"))
		return fault(
			jwk, "a key of type RSA needs n and e, in base64url");
	if (jwk->parts[0].len > CRYPTO_RSA_MOST / 8 + 1 ||
		jwk->parts[1].len > 8)
		return fault(jwk, "an RSA key's n or e is too long");
	return finish(jwk,
		jwk->crypto->rsa(
			buf_span(&jwk->parts[0]), buf_span(&jwk->parts[1])),
		out);
}

static enum jwk_result read_p256(struct jwk *jwk, struct crypto_key **out)
{
	if (!is(jwk, "crv", "P-256"))
		return JWK_PASSED_OVER;
	if (!part(jwk, 0, "x") || !part(jwk, 1, "y"))
		return fault(
			jwk, "a key of type EC needs x and y, in base64url");
	return finish(jwk,
		jwk->crypto->p256(
			buf_span(&jwk->parts[0]), buf_span(&jwk->parts[1])),
		out);
}

static enum jwk_result read_ed25519(struct jwk *jwk, struct crypto_key **out)
{
	if (!is(jwk, "crv", "Ed25519"))
		return JWK_PASSED_OVER;
	if (!part(jwk, 0, "x"))
		return fault(jwk, "a key of type OKP needs x, in base64url");
	return finish(jwk, jwk->crypto->ed25519(buf_span(&jwk->parts[0])), out);
}

static enum jwk_result read_kind(struct jwk *jwk, unsigned *algorithms,
	enum jwk_result (**read)(struct jwk *, struct crypto_key **))
{
	static const struct {
		const char *name;
		enum key_kind kind;
		enum jwk_result (*read)(struct jwk *, struct crypto_key **);
	} kinds[] = {
		{"oct", KEY_SECRET, read_secret},
		{"RSA", KEY_RSA, read_rsa},
		{"EC", KEY_P256, read_p256},
		{"OKP", KEY_ED25519, read_ed25519},
	};
	struct span name;

	if (!text(jwk, "kty", &name))
		return fault(jwk, "a key has no kty");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (span_is(name, kinds[i].name)) {
			*algorithms &= algorithms_of_kind(kinds[i].kind);
			*read = kinds[i].read;
			return *algorithms == 0 ? JWK_PASSED_OVER : JWK_READ;
		}
	return JWK_PASSED_OVER;
}

/* ---- the whole */

static enum jwk_result read_name(struct jwk *jwk, struct key *key)
{
	struct span kid;

	if (!has(jwk, "kid"))
		return JWK_READ;
	if (!text(jwk, "kid", &kid) || kid.len == 0 ||
		memchr(kid.at, '\0', kid.len) != NULL)
		return fault(jwk, "a key's kid is a text that is not empty");
	key->kid = mem_text(kid);
	return JWK_READ;
}

static enum jwk_result read_key(
	struct jwk *jwk, unsigned algorithms, struct key **key)
{
	enum jwk_result (*read)(struct jwk *, struct crypto_key **);
	struct crypto_key *material = NULL;
	enum jwk_result result;

	algorithms &= own_algorithms(jwk);
	result = read_kind(jwk, &algorithms, &read);
	if (result != JWK_READ || !is_to_verify(jwk))
		return result == JWK_READ ? JWK_PASSED_OVER : result;
	if (has(jwk, "d"))
		return fault(jwk, "a key is a private one (d): only its public "
				  "half belongs here");
	result = read(jwk, &material);
	if (result != JWK_READ)
		return result;
	*key = key_new(jwk->crypto, material, algorithms);
	result = read_name(jwk, *key);
	if (result == JWK_READ && !key_is_strong(*key, jwk->fault))
		result = JWK_FAULT;
	if (result != JWK_READ)
		key_release(*key);
	return result;
}

enum jwk_result jwk_read(const struct crypto *crypto, struct span object,
	unsigned algorithms, struct key **key, struct buf *fault)
{
	struct jwk jwk = {.crypto = crypto, .fault = fault};
	enum jwk_result result = JWK_FAULT;
	struct json_fault json;

	if (document_read(&jwk.document, object, &json))
		result = read_key(&jwk, algorithms, key);
	else
		buf_add_span(fault, span_of("a key is no object"));
	document_release(&jwk.document);
	buf_release(&jwk.text);
	for (unsigned i = 0; i < 2; i++)
		buf_release(&jwk.parts[i]);
	return result;
}
