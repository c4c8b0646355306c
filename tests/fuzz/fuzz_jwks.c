/* SPDX-License-Identifier: MIT */
/*
 * fuzz_jwks - the text of a file of keys
 *
 * It is bad and says why, or has keys, of which each is of an algorithm that
 * was asked for, and none takes what nobody has signed.
 */
#include <config.h>

#include "lib/crypto/key_file.h"
#include "tests/fuzz/fuzz.h"

static const unsigned all = (1u << ALGORITHMS) - 1;

static void check(const struct key *key)
{
	static const char text[] = "e30.e30";
	static char signature[64];

	MUST(key->algorithms != 0 && (key->algorithms & ~all) == 0);
	MUST(key_equal(key, key));
	for (unsigned i = 0; i < ALGORITHMS; i++)
		MUST(!key_verify(key, (enum algorithm)i, span_of(text),
			span(signature, sizeof(signature))));
}

static void read_text(struct span text, unsigned algorithms)
{
	struct buf fault = {0};
	struct keys keys = {0};

	if (key_file_read(&keys, &tidings_crypto, text, algorithms, &fault)) {
		MUST(keys.count > 0 && keys.count <= KEYS_MOST);
		for (size_t i = 0; i < keys.count; i++)
			check(keys.at[i]);
		keys_release(&keys);
	} else {
		MUST(fault.len > 0);
	}
	buf_release(&fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span(data, size);

	read_text(text, all);
	read_text(text, algorithm_bit(ALGORITHM_ES256));
	return 0;
}
