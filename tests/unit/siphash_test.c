/* SPDX-License-Identifier: MIT */
/* siphash: SipHash-1-3, with a secret of each process's own */
#include <config.h>

#include "lib/siphash.h"
#include "tests/unit/unit.h"

/* The key 00 01 .. 0f and the input 00 01 .. of so many bytes, with the results
 * that other implementations test themselves by. */
static const struct siphash_key reference = {
	0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
static const struct {
	const char *name;
	size_t len;
	uint64_t hash;
} vectors[] = {
	{"nothing", 0, 0xabac0158050fc4dcu},
	{"one byte", 1, 0xc9f49bf37d57ca93u},
	{"seven", 7, 0xd3927d989bb11140u},
	{"eight", 8, 0x369095118d299a8eu},
	{"fifteen", 15, 0xd320d86d2a519956u},
	{"sixteen", 16, 0xcc4fdd1a7d908b66u},
	{"sixty-three", 63, 0x9d199062b7bbb3a8u},
};

static void test_it_is_siphash(void **state)
{
	char input[64];

	(void)state;
	for (size_t i = 0; i < sizeof(input); i++)
		input[i] = (char)i;
	for (size_t i = 0; i < COUNT(vectors); i++)
		CHECK(vectors[i].name,
			siphash(&reference, span(input, vectors[i].len)) ==
				vectors[i].hash);
}

static void test_another_secret_is_another_hash(void **state)
{
	const struct siphash_key other = {
		reference.low ^ (uint64_t)1 << 40, reference.high};
	const struct siphash_key *own = siphash_secret();

	(void)state;
	assert_true(siphash(&reference, span_of("main")) !=
		    siphash(&other, span_of("main")));
	assert_ptr_equal(own, siphash_secret());
	assert_true(own->low != 0 || own->high != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_siphash),
		cmocka_unit_test(test_another_secret_is_another_hash),
	};

	return cmocka_run_group_tests_name("siphash", tests, NULL, NULL);
}
