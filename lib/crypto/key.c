/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/crypto/key.h"

#include <stdlib.h>
#include <string.h>

struct key *key_new(const struct crypto *crypto, struct crypto_key *material,
	unsigned algorithms)
{
	struct key *key = mem_new(sizeof(*key));

	key->crypto = crypto;
	key->material = material;
	key->algorithms =
		algorithms & algorithms_of_kind(crypto->kind(material));
	crypto->print(material, key->print);
	key->holders = 1;
	return key;
}

struct key *key_hold(struct key *key)
{
	key->holders++;
	return key;
}

void key_release(struct key *key)
{
	if (key == NULL || --key->holders > 0)
		return;
	key->crypto->free(key->material);
	free(key->kid);
	free(key);
}

bool key_verify(const struct key *key, enum algorithm algorithm,
	struct span text, struct span signature)
{
	return (key->algorithms & algorithm_bit(algorithm)) != 0 &&
	       key->crypto->verify(key->material, algorithm, text, signature);
}

bool key_equal(const struct key *a, const struct key *b)
{
	return a->algorithms == b->algorithms &&
	       memcmp(a->print, b->print, sizeof(a->print)) == 0 &&
	       span_equal(span_of(a->kid), span_of(b->kid));
}

static bool is_long_enough(
	const struct key *key, unsigned bits, struct buf *fault)
{
	for (unsigned i = 0; i < ALGORITHMS; i++) {
		enum algorithm algorithm = (enum algorithm)i;
		size_t least = algorithm_secret(algorithm);

		if ((key->algorithms & algorithm_bit(algorithm)) == 0 ||
			bits / 8 >= least)
			continue;
		buf_printf(fault,
			"a secret of %u bytes is too short for %s, which needs "
			"%zu",
			bits / 8, algorithm_name(algorithm), least);
		return false;
	}
	return true;
}

bool key_is_strong(const struct key *key, struct buf *fault)
{
	unsigned bits = key->crypto->bits(key->material);

	switch (key->crypto->kind(key->material)) {
	case KEY_SECRET:
		return is_long_enough(key, bits, fault);
	case KEY_RSA:
		if (bits >= CRYPTO_RSA_LEAST && bits <= CRYPTO_RSA_MOST)
			return true;
		buf_printf(fault,
			"an RSA key of %u bits is not from 2,048 to 8,192",
			bits);
		return false;
	case KEY_P256:
	case KEY_ED25519:
		break;
	}
	return true;
}

void keys_release(struct keys *keys)
{
	while (keys->count > 0)
		key_release(keys->at[--keys->count]);
}
