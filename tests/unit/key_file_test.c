/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "lib/crypto/key_file.h"
#include "tests/unit/token_room.h"

#define HS    (1u << ALGORITHM_HS256)
#define RS    (1u << ALGORITHM_RS256)
#define ES    (1u << ALGORITHM_ES256)
#define ED    (1u << ALGORITHM_EDDSA)
#define ALL   ((1u << ALGORITHMS) - 1)
#define HS512 (1u << ALGORITHM_HS512)

#define OCT                                                         \
	"{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMko" \
	"qQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\""
#define EC                                                              \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9t" \
	"Le1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW" \
	"6pCyStikYjKIWI5a0\""
#define OKP                                                          \
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS" \
	"_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""
#define OTHERS                                                          \
	"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}," \
	"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AA\"},"            \
	"{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AA\"}," EC    \
	",\"use\":\"enc\"}," EC ",\"key_ops\":[\"deriveKey\"]}," EC     \
	",\"alg\":\"ECDH-ES\"}"

#define PEM_P256                                                   \
	"-----BEGIN PUBLIC KEY-----\n"                             \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tL" \
	"e1gH\n"                                                   \
	"MzV76e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMo" \
	"hYjl\n"                                                   \
	"rQ==\n-----END PUBLIC KEY-----\n"
#define PEM_ED                                                      \
	"-----BEGIN PUBLIC KEY-----\n"                              \
	"MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHU" \
	"Ro=\n-----END PUBLIC KEY-----\n"
#define PEM_PRIVATE_ED                                             \
	"-----BEGIN PRIVATE KEY-----\n"                            \
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpe0yTXwcm" \
	"fN+Sl10A\n-----END PRIVATE KEY-----\n"

static bool read_text(struct keys *keys, struct span text, unsigned algorithms,
	struct buf *fault)
{
	buf_clear(fault);
	return key_file_read(keys, &tidings_crypto, text, algorithms, fault);
}

static void test_a_file_may_be_a_set_a_key_pem_or_a_secret(void **state)
{
	static const struct {
		const char *name, *text;
		unsigned algorithms;
		size_t count;
	} cases[] = {
		{"a secret", "0123456789abcdef0123456789abcdef", HS, 1},
		{"a secret that begins like none",
			"-0123456789abcdef0123456789abcdef", HS, 1},
		{"an oct JWK", OCT "}", HS, 1},
		{"an oct JWK for all three", OCT "}", ALL, 1},
		{"an EC JWK", EC "}", ES, 1},
		{"an OKP JWK", OKP "}", ED, 1},
		{"with space around it", " \n" OKP "}\r\n", ED, 1},
		{"with a byte order mark", "\xef\xbb\xbf" OKP "}", ED, 1},
		{"a set", "{\"keys\":[" EC "}," OKP "}," OCT "}]}", ALL, 3},
		{"of a set those that are wanted",
			"{\"keys\":[" EC "}," OKP "}," OCT "}]}", ES | ED, 2},
		{"others' keys are passed over",
			"{\"keys\":[" OTHERS "," EC "}]}", ALL, 1},
		{"a key for verifying", EC ",\"key_ops\":[\"verify\"]}", ES, 1},
		{"a key for signatures", EC ",\"use\":\"sig\"}", ES, 1},
		{"PEM", PEM_P256, ES, 1},
		{"two PEM blocks, and text", "mine:\n" PEM_P256 PEM_ED "end\n",
			ALL, 2},
		{"of PEM those that are wanted", PEM_P256 PEM_ED, ED, 1},
		{"twins without a name", "{\"keys\":[" EC "}," EC "}]}", ES, 2},
	};
	struct buf fault = {0};
	struct keys keys = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool good = read_text(&keys, span_of(cases[i].text),
			cases[i].algorithms, &fault);

		if (!good)
			print_error("%.*s\n", (int)fault.len, fault.at);
		CHECK(cases[i].name, good);
		CHECK(cases[i].name, keys.count == cases[i].count);
		keys_release(&keys);
	}
	buf_release(&fault);
}

static const struct {
	const char *text;
	unsigned algorithms;
	const char *fault;
} bad_files[] = {
	{"", HS, "it is empty"},
	{" \n", HS, "it is empty"},
	{"\xef\xbb\xbf", HS,
		"a secret of 3 bytes is too short for HS256, which "
		"needs 32"},
	{"0123456789abcdef0123456789abcde", HS,
		"a secret of 31 bytes is too short for HS256, which "
		"needs 32"},
	{"0123456789abcdef0123456789abcde\n", HS,
		"a secret of 31 bytes is too short for HS256, which "
		"needs 32"},
	{"0123456789abcdef0123456789abcdef", HS | HS512,
		"a secret of 32 bytes is too short for HS512, which "
		"needs 64"},
	{"0123456789abcdef0123456789abcdef", ES,
		"it is neither JSON nor PEM, and so a secret, but "
		"algorithms names none for secrets"},
	{"{\"kty\":\"oct\",\"k\":\"AAAA\"}", HS,
		"a secret of 3 bytes is too short for HS256, which "
		"needs 32"},
	{"{\"kty\":\"oct\",\"k\":\"AA==\"}", HS,
		"a key of type oct needs k, in base64url"},
	{"{\"kty\":\"oct\"}", HS, "a key of type oct needs k, in base64url"},
	{"{", ES,
		"it is no JSON: a string in double quotes belongs "
		"here (byte 2)"},
	{"{\"keys\":{}}", ES, "its keys are no list"},
	{"{\"keys\":[1]}", ES, "a key is no object"},
	{"{\"keys\":[]}", ES | ED, "it has no key for ES256 EdDSA"},
	{"{}", ES, "a key has no kty"},
	{"{\"kty\":7}", ES, "a key has no kty"},
	{EC ",\"kid\":\"a\",\"kid\":\"a\"}", ES,
		"it is no JSON: a name is there twice (byte 137)"},
	{"{\"keys\":[" EC ",\"kid\":\"a\"}," OKP ",\"kid\":\"a\"}]}", ALL,
		"two keys have the kid \"a\""},
	{EC ",\"kid\":\"\"}", ES, "a key's kid is a text that is not empty"},
	{EC ",\"kid\":7}", ES, "a key's kid is a text that is not empty"},
	{EC ",\"kid\":\"a\\u0000b\"}", ES,
		"a key's kid is a text that is not empty"},
	{EC ",\"d\":\"AA\"}", ES,
		"a key is a private one (d): only its public half "
		"belongs here"},
	{"{\"keys\":[" OTHERS "]}", ES, "it has no key for ES256"},
	{"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", ES,
		"a key's numbers are none of such a key"},
	{"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9"
	 "tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"f83OJ3D2xF1Bg8vub9tLe1g"
	 "HMzV76e8Tus9uPHvRVEU\"}",
		ES, "a key's numbers are none of such a key"},
	{"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\"}", ES,
		"a key of type EC needs x and y, in base64url"},
	{"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}", ED,
		"a key's numbers are none of such a key"},
	{"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", RS,
		"an RSA key of 17 bits is not from 2,048 to 8,192"},
	{"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQ\"}", RS,
		"a key's numbers are none of such a key"},
	{"{\"kty\":\"RSA\",\"n\":\"AQAA\",\"e\":\"AQAB\"}", RS,
		"a key's numbers are none of such a key"},
	{"{\"kty\":\"RSA\",\"n\":\"AQAB\"}", RS,
		"a key of type RSA needs n and e, in base64url"},
	{PEM_PRIVATE_ED, ED,
		"it has a private key: only public ones belong here "
		"(openssl pkey -pubout)"},
	{PEM_ED PEM_PRIVATE_ED, ED,
		"it has a private key: only public ones belong here "
		"(openssl pkey -pubout)"},
	{"-----BEGIN CERTIFICATE-----\nAAAA\n-----END "
	 "CERTIFICATE-----\n",
		ES, "it has a PEM block other than PUBLIC KEY"},
	{"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC "
	 "KEY-----\n",
		ES,
		"a PEM block is no key, or of a kind other than RSA, "
		"P-256 and Ed25519"},
	{"-----BEGIN PUBLIC KEY-----\nAAAA\n", ES, "a PEM block does not end"},
	{"-----BEGIN PUBLIC KEY-----\n" PEM_ED, ED, "a PEM block does not end"},
	{PEM_ED, ES, "it has no key for ES256"},
};

static void test_a_bad_file_says_what_is_wrong(void **state)
{
	struct buf fault = {0};
	struct keys keys = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(bad_files); i++) {
		CHECK(bad_files[i].text,
			!read_text(&keys, span_of(bad_files[i].text),
				bad_files[i].algorithms, &fault));
		CHECK_TEXT(bad_files[i].text, buf_span(&fault),
			bad_files[i].fault);
	}
	buf_release(&fault);
}

/* One that was made by `echo`, by Windows, of random bytes. */
static void test_the_line_end_of_a_secret_that_is_text_is_none_of_it(
	void **state)
{
	static const struct {
		const char *text;
		size_t len, kept;
	} cases[] = {
		{"0123456789abcdef0123456789abcdef", 32, 32},
		{"0123456789abcdef0123456789abcdef\n", 33, 32},
		{"0123456789abcdef0123456789abcdef\r\n", 34, 32},
		{"0123456789abcdef0123456789abcdef\n\n", 34, 34},
		{"0123456789abcdef0123456789\tcdef\nx\n", 34, 34},
		{"0123456789abcdef0123456789\0bcdef\n", 33, 33},
		{"0123456789abcdef0123456789abcdef ", 33, 33},
	};
	struct buf fault = {0};
	struct keys keys = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CHECK(cases[i].text,
			read_text(&keys, span(cases[i].text, cases[i].len), HS,
				&fault));
		assert_int_equal(tidings_crypto.bits(keys.at[0]->material) / 8,
			cases[i].kept);
		keys_release(&keys);
	}
	buf_release(&fault);
}

static void test_there_are_64_keys_in_a_file_at_most(void **state)
{
	struct buf text = {0}, fault = {0};
	struct keys keys = {0};

	(void)state;
	for (int i = 0; i < 65; i++)
		buf_printf(&text, "%s%s}", i == 0 ? "{\"keys\":[" : ",", EC);
	assert_false(read_text(
		&keys, span_of("{\"keys\":[]}"), ES, &fault)); /* warm */
	buf_printf(&text, "]}");
	assert_false(read_text(&keys, buf_span(&text), ES, &fault));
	CHECK_TEXT("65", buf_span(&fault),
		"there may be 64 keys, and this is one more");
	buf_release(&text);
	buf_release(&fault);
}

static void test_a_file_has_256_kib_at_most(void **state)
{
	struct buf text = {0}, fault = {0};
	struct keys keys = {0};

	(void)state;
	while (text.len < KEY_FILE_MOST)
		buf_add_char(&text, 'x');
	assert_true(read_text(&keys, buf_span(&text), HS, &fault));
	keys_release(&keys);
	buf_add_char(&text, 'x');
	assert_false(read_text(&keys, buf_span(&text), HS, &fault));
	buf_release(&text);
	buf_release(&fault);
}

static void test_a_key_is_the_same_however_it_is_written(void **state)
{
	struct buf fault = {0};
	struct keys jwk = {0}, pem = {0};

	(void)state;
	assert_true(read_text(&jwk, span_of(EC "}"), ES, &fault));
	assert_true(read_text(&pem, span_of(PEM_P256), ES, &fault));
	assert_true(key_equal(jwk.at[0], pem.at[0]));
	keys_release(&pem);
	assert_true(read_text(&pem, span_of(EC ",\"kid\":\"a\"}"), ES, &fault));
	assert_false(key_equal(jwk.at[0], pem.at[0]));
	keys_release(&pem);
	keys_release(&jwk);
	buf_release(&fault);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_file_may_be_a_set_a_key_pem_or_a_secret),
		cmocka_unit_test(test_a_bad_file_says_what_is_wrong),
		cmocka_unit_test(
			test_the_line_end_of_a_secret_that_is_text_is_none_of_it),
		cmocka_unit_test(test_there_are_64_keys_in_a_file_at_most),
		cmocka_unit_test(test_a_file_has_256_kib_at_most),
		cmocka_unit_test(test_a_key_is_the_same_however_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
