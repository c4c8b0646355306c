/* hash: SipHash-2-4 with a key of each process's own */
#include <config.h>

#include "fcgi/hash.h"
#include "tests/unit/unit.h"

/* The key 00 01 .. 0f and the input 00 01 .. of so many bytes, from the
 * algorithm's reference (vectors_sip64). */
static const struct hash_key reference = {
	0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
static const struct {
	const char *name;
	size_t len;
	uint64_t hash;
} vectors[] = {
	{"nothing", 0, 0x726fdb47dd0e0e31u},
	{"one byte", 1, 0x74f839c593dc67fdu},
	{"seven", 7, 0xab0200f58b01d137u},
	{"eight", 8, 0x93f5f5799a932462u},
	{"fifteen, as in the paper", 15, 0xa129ca6149be45e5u},
};

static void test_it_is_siphash(void **state)
{
	char input[16];

	(void)state;
	for (size_t i = 0; i < sizeof(input); i++)
		input[i] = (char)i;
	for (size_t i = 0; i < COUNT(vectors); i++)
		CHECK(vectors[i].name,
			hash_with(&reference, span(input, vectors[i].len)) ==
				vectors[i].hash);
}

/* Pairs that are one to FNV-1a of 32 bits, which has no key. */
static const char *const pairs[][2] = {
	{"costarring", "liquid"},
	{"declinate", "macallums"},
	{"altarage", "zinke"},
};

static void test_names_that_were_made_to_collide_do_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++)
		CHECK(pairs[i][0], hash_of(span_of(pairs[i][0])) !=
					   hash_of(span_of(pairs[i][1])));
}

static void test_another_key_is_another_hash(void **state)
{
	const struct hash_key other = {
		reference.low ^ (uint64_t)1 << 40, reference.high};

	(void)state;
	assert_true(hash_with(&reference, span_of("main")) !=
		    hash_with(&other, span_of("main")));
	assert_true(hash_of(span_of("main")) == hash_of(span_of("main")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_siphash),
		cmocka_unit_test(test_names_that_were_made_to_collide_do_not),
		cmocka_unit_test(test_another_key_is_another_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
