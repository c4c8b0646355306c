/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/crypto/algorithm.h"

static const struct {
	const char *name;
	enum key_kind kind;
	size_t secret;
} algorithms[ALGORITHMS] = {
	[ALGORITHM_HS256] = {"HS256", KEY_SECRET, 32},
	[ALGORITHM_HS384] = {"HS384", KEY_SECRET, 48},
	[ALGORITHM_HS512] = {"HS512", KEY_SECRET, 64},
	[ALGORITHM_RS256] = {"RS256", KEY_RSA, 0},
	[ALGORITHM_RS384] = {"RS384", KEY_RSA, 0},
	[ALGORITHM_RS512] = {"RS512", KEY_RSA, 0},
	[ALGORITHM_ES256] = {"ES256", KEY_P256, 0},
	[ALGORITHM_EDDSA] = {"EdDSA", KEY_ED25519, 0},
};

enum algorithm algorithm_of(struct span name)
{
	unsigned i;

	if (span_is(name, "Ed25519"))
		return ALGORITHM_EDDSA;
	for (i = 0; i < ALGORITHMS; i++)
		if (span_is(name, algorithms[i].name))
			break;
	return (enum algorithm)i;
}

const char *algorithm_name(enum algorithm algorithm)
{
	return algorithms[algorithm].name;
}

enum key_kind algorithm_kind(enum algorithm algorithm)
{
	return algorithms[algorithm].kind;
}

size_t algorithm_secret(enum algorithm algorithm)
{
	return algorithms[algorithm].secret;
}

unsigned algorithms_of_kind(enum key_kind kind)
{
	unsigned set = 0;

	for (unsigned i = 0; i < ALGORITHMS; i++)
		if (algorithms[i].kind == kind)
			set |= algorithm_bit((enum algorithm)i);
	return set;
}
