/* SPDX-License-Identifier: MIT */
/*
 * The examples of RFC 7515 (A.1 to A.3), RFC 7520 (section 4) and RFC 8037
 * (A.4), and what is none.
 */
#include <config.h>

#include <string.h>

#include "fcgi/guard/jws.h"
#include "lib/crypto/key_file.h"
#include "tests/unit/token_room.h"

static const unsigned all = (1u << ALGORITHMS) - 1;

#define A1_TEXT                                                       \
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."                   \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9" \
	"leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
#define A1_KEY                                                            \
	"{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-Est" \
	"JQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"}"
#define A2_KEY                                                            \
	"{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJc" \
	"yQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT" \
	"-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-" \
	"bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665x" \
	"smtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8" \
	"NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"" \
	"AQAB\"}"
#define PAYLOAD                                                       \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9" \
	"leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define A2_TOKEN                                                          \
	"eyJhbGciOiJSUzI1NiJ9." PAYLOAD                                   \
	".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZm" \
	"h7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBY" \
	"NX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07" \
	"Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7n" \
	"oOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywl" \
	"VmtVrBp0igcN_IoypGlUPQGe77Rw"
#define A3_KEY                                                    \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg" \
	"8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN" \
	"_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define A3_TOKEN                                           \
	"eyJhbGciOiJFUzI1NiJ9." PAYLOAD                    \
	".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgf" \
	"TjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
#define ED_KEY                                                        \
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_" \
	"7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
#define ED_TOKEN                                                         \
	"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY"  \
	"0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhV" \
	"sPt9g7sVvpAr_MuM0KAg"
#define BILBO                                                             \
	"{\"kty\":\"RSA\",\"kid\":\"bilbo.baggins@hobbiton.example\","    \
	"\"use\":\"sig\",\"n\":\"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_" \
	"KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSF" \
	"KrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj" \
	"-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC" \
	"0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_m" \
	"zSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw\",\"e\":\"A" \
	"QAB\"}"
#define DANGEROUS                                                       \
	"SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0"  \
	"IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvd" \
	"SBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2" \
	"hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4"
#define BILBO_TOKEN                                                       \
	"eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXh" \
	"hbXBsZSJ9." DANGEROUS                                            \
	".MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmK" \
	"ZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JI" \
	"wmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1" \
	"Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUA" \
	"hb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8" \
	"u9ipH84ogoree7vjbU5y18kDquDg"
#define OCT_KEY                                                           \
	"{\"kty\":\"oct\",\"kid\":\"018c0ae5-4d9b-471b-bfd6-eef314bc7037" \
	"\",\"use\":\"sig\",\"alg\":\"HS256\",\"k\":\"hJtXIZ2uSN5kbQfbtT" \
	"NWbpdmhkV8FJG-Onbc6mxCcYg\"}"
#define OCT_TOKEN                                                        \
	"eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LW" \
	"VlZjMxNGJjNzAzNyJ9." DANGEROUS                                  \
	".s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0"

static void read_keys(struct keys *keys, const char *text)
{
	struct buf fault = {0};

	if (!key_file_read(keys, &tidings_crypto, span_of(text), all, &fault))
		fail_msg("%.*s", (int)fault.len, fault.at);
	buf_release(&fault);
}

static bool is_good(struct span token, const char *text)
{
	struct jws jws = {0};
	struct keys keys = {0};
	bool good;

	read_keys(&keys, text);
	good = jws_read(&jws, token) == NULL &&
	       jws_may_be_by(&jws, keys.at[0]) && jws_is_by(&jws, keys.at[0]);
	keys_release(&keys);
	jws_release(&jws);
	return good;
}

static const struct {
	const char *name, *token, *key;
} examples[] = {
	{"7515 A.1, HS256",
		A1_TEXT "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", A1_KEY},
	{"7515 A.2, RS256", A2_TOKEN, A2_KEY},
	{"7515 A.3, ES256", A3_TOKEN, A3_KEY},
	{"8037 A.4, Ed25519", ED_TOKEN, ED_KEY},
	{"7520 4.1, RS256", BILBO_TOKEN, BILBO},
	{"7520 4.4, HS256", OCT_TOKEN, OCT_KEY},
};

static void test_the_examples_of_the_standards_are_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(examples); i++)
		CHECK(examples[i].name,
			is_good(span_of(examples[i].token), examples[i].key));
}

/* Each character of each is changed to the one that differs in one bit of what
 * it means. */
static void test_a_token_with_one_bit_changed_is_bad(void **state)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789-_";

	(void)state;
	for (size_t i = 0; i < COUNT(examples); i++) {
		char *token = mem_text(span_of(examples[i].token));
		size_t len = strlen(token), step = len > 400 ? 7 : 1;

		for (size_t j = 0; j < len; j += step) {
			char was = token[j];

			if (was == '.')
				continue;
			token[j] = digits[(strchr(digits, was) - digits) ^ 32];
			CHECK(examples[i].name,
				!is_good(span_of(token), examples[i].key));
			token[j] = was;
		}
		free(token);
	}
}

static void test_nobody_elses_key_has_signed_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(examples); i++)
		for (size_t j = 0; j < COUNT(examples); j++)
			if (i != j)
				CHECK(examples[i].name,
					!is_good(span_of(examples[i].token),
						examples[j].key));
}

/* The header of a token whose other parts are as they should be. */
static const char *fault_of_header(struct span header)
{
	struct jws jws = {0};
	struct buf token = {0};
	const char *fault;

	base64url_encode(&token, header);
	buf_add(&token, ".e30.AA", 7);
	fault = jws_read(&jws, buf_span(&token));
	buf_release(&token);
	jws_release(&jws);
	return fault;
}

static void test_a_header_is_read_to_the_letter(void **state)
{
	static const char *const bad[] = {
		"",
		"null",
		"[]",
		"\"HS256\"",
		"{}",
		"{\"alg\":\"none\"}",
		"{\"alg\":\"None\"}",
		"{\"alg\":\"nOnE\"}",
		"{\"alg\":\"\"}",
		"{\"alg\":1}",
		"{\"alg\":null}",
		"{\"alg\":[\"HS256\"]}",
		"{\"alg\":\"hs256\"}",
		"{\"alg\":\"HS256 \"}",
		"{\"alg\":\"HS256\\u0000\"}",
		"{\"alg\":\"PS256\"}",
		"{\"alg\":\"ES512\"}",
		"{\"alg\":\"ES256K\"}",
		"{\"alg\":\"RSA-OAEP\"}",
		"{\"typ\":\"JWT\"}",
		"{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
		"{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}",
		"{\"alg\":\"HS256\",\"crit\":[\"exp\"]}",
		"{\"alg\":\"HS256\",\"crit\":[]}",
		"{\"alg\":\"HS256\",\"b64\":false}",
		"{\"alg\":\"HS256\",\"b64\":true}",
		"{\"alg\":\"HS256\",\"kid\":1}",
		"{\"alg\":\"HS256\",\"kid\":null}",
		"{\"alg\":\"HS256\",\"typ\":7}",
		"{\"alg\":\"HS256\"",
		"{\"alg\":\"HS256\"}{}",
		"{\"alg\":\"HS256\"} x",
		"{'alg':'HS256'}",
		"{\"alg\":\"HS256\",}",
		"{\"alg\":\"HS256\",\"x\":NaN}",
		"{\"alg\":\"HS256\",\"x\":\"\xff\"}",
		"{\"alg\":\"HS256\",\"x\":\"\\ud800\"}",
		"\xef\xbb\xbf{\"alg\":\"HS256\"}",
		"{\"alg\":\"HS256\",\"x\":[[[[[[[[1]]]]]]]]}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK(bad[i], fault_of_header(span_of(bad[i])) != NULL);
	CHECK("a NUL",
		fault_of_header(span("{\"alg\":\"HS256\"\0}", 16)) != NULL);
	assert_null(fault_of_header(span_of("{\"alg\":\"HS256\"}")));
	assert_null(fault_of_header(span_of("{\"\\u0061lg\":\"RS\\u0032"
					    "56\"}")));
	assert_null(fault_of_header(
		span_of(" {\"alg\":\"Ed25519\",\"x\":[[[[[[[1]]]]]]]} ")));
}

static void test_a_token_has_three_parts_in_base64url(void **state)
{
	static const char head[] = "eyJhbGciOiJIUzI1NiJ9";
	static const char *const rest[] = {"", ".", "..", ".e30", ".e30.",
		".e30.AA.", ".e30.AA.AA", ".e30.AA.AA.AA",
		".e30.AA=", ".e30.AA==", ".e30=.AA", ".e30.A+", ".e30.A/",
		".e30.AA ", ".e30.AA\n", " .e30.AA", ".e30.AB", ".e31.AA",
		".e30.A", ".e3 0.AA"};
	struct jws jws = {0};
	struct buf token = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(rest); i++) {
		buf_clear(&token);
		buf_printf(&token, "%s%s", head, rest[i]);
		CHECK(rest[i], jws_read(&jws, buf_span(&token)) != NULL);
	}
	buf_clear(&token);
	buf_printf(&token, "%s.e30.AA", head);
	assert_null(jws_read(&jws, buf_span(&token)));
	buf_add_char(&token, '\0');
	assert_non_null(jws_read(&jws, buf_span(&token)));
	assert_non_null(jws_read(&jws, span(NULL, 0)));
	buf_release(&token);
	jws_release(&jws);
}

static void test_a_token_has_8192_bytes_at_most(void **state)
{
	struct jws jws = {0};
	struct buf token = {0};

	(void)state;
	buf_printf(&token, "eyJhbGciOiJIUzI1NiJ9.e30.AAAAAAA");
	while (token.len < JWS_MOST)
		buf_add_char(&token, 'A');
	assert_null(jws_read(&jws, buf_span(&token)));
	buf_add(&token, "AAA", 3);
	assert_non_null(jws_read(&jws, buf_span(&token)));
	buf_release(&token);
	jws_release(&jws);
}

/* Of P-256: the numbers as DER, one byte more or fewer, 0, the order. */
static void test_a_signature_of_p256_is_two_numbers_of_32_bytes(void **state)
{
	static const char order[] =
		"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff"
		"\xff\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63"
		"\x25\x51";
	const char *at = strrchr(A3_TOKEN, '.') + 1;
	const struct span head = span(A3_TOKEN, (size_t)(at - A3_TOKEN));
	struct buf pair = {0}, token = {0};
	char zeros[32] = "";

	(void)state;
	assert_true(base64url_decode(&pair, span_of(at)));
	for (int i = 0; i < 8; i++) {
		char sig[80];
		size_t len = 64;

		memcpy(sig, pair.at, 64);
		if (i == 1)
			len = 63;
		if (i == 2)
			sig[len++] = '\0';
		if (i == 3)
			memcpy(sig, zeros, 32);
		if (i == 4)
			memcpy(sig + 32, zeros, 32);
		if (i == 5)
			memcpy(sig, order, 32);
		if (i == 6)
			memcpy(sig + 32, order, 32);
		if (i == 7) { /* 0x30 0x44, 0x02 0x20 r, 0x02 0x20 s */
			memcpy(sig, "\x30\x45\x02\x20", 4);
			memcpy(sig + 4, pair.at, 32);
			memcpy(sig + 36, "\x02\x21\x00", 3);
			memcpy(sig + 39, pair.at + 32, 32);
			len = 71;
		}
		buf_clear(&token);
		buf_add_span(&token, head);
		base64url_encode(&token, span(sig, len));
		assert_int_equal(is_good(buf_span(&token), A3_KEY), i == 0);
	}
	buf_release(&pair);
	buf_release(&token);
}

/* Adding the group's order to the number gives the same point. */
static void test_a_signature_of_ed25519_has_one_spelling(void **state)
{
	static const unsigned char order[] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a,
		0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
		0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10};
	const char *at = strrchr(ED_TOKEN, '.') + 1;
	struct buf sig = {0}, token = {0};
	unsigned carry = 0;

	(void)state;
	assert_true(base64url_decode(&sig, span_of(at)));
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned char)sig.at[32 + i] + order[i];
		sig.at[32 + i] = (char)(carry & 0xff);
		carry >>= 8;
	}
	buf_add_span(&token, span(ED_TOKEN, (size_t)(at - ED_TOKEN)));
	base64url_encode(&token, buf_span(&sig));
	assert_false(is_good(buf_span(&token), ED_KEY));
	buf_release(&sig);
	buf_release(&token);
}

/* The classic: who has the public key signs with its bytes as a secret. */
static void test_a_public_key_is_no_secret(void **state)
{
	struct keys keys = {0};
	struct jws jws = {0};
	struct buf token = {0};
	struct crypto_key *forged = tidings_crypto.secret(span_of(A2_KEY));

	(void)state;
	read_keys(&keys, A2_KEY);
	add_token(&token, span_of("{\"alg\":\"HS256\"}"), span_of("{}"), forged,
		ALGORITHM_HS256);
	assert_null(jws_read(&jws, buf_span(&token)));
	assert_false(jws_may_be_by(&jws, keys.at[0]));
	assert_false(jws_is_by(&jws, keys.at[0]));
	tidings_crypto.free(forged);
	keys_release(&keys);
	jws_release(&jws);
	buf_release(&token);
}

static void test_an_access_token_is_known_by_its_typ(void **state)
{
	static const struct {
		const char *header;
		bool is;
	} cases[] = {
		{"{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", true},
		{"{\"alg\":\"HS256\",\"typ\":\"AT+JWT\"}", true},
		{"{\"alg\":\"HS256\",\"typ\":\"application/at+jwt\"}", true},
		{"{\"alg\":\"HS256\",\"typ\":\"JWT\"}", false},
		{"{\"alg\":\"HS256\",\"typ\":\"at+jwt2\"}", false},
		{"{\"alg\":\"HS256\",\"typ\":\"text/at+jwt\"}", false},
		{"{\"alg\":\"HS256\"}", false},
	};
	struct jws jws = {0};
	struct buf token = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_clear(&token);
		base64url_encode(&token, span_of(cases[i].header));
		buf_add(&token, ".e30.AA", 7);
		assert_null(jws_read(&jws, buf_span(&token)));
		CHECK(cases[i].header, jws.access_token == cases[i].is);
	}
	buf_release(&token);
	jws_release(&jws);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_examples_of_the_standards_are_good),
		cmocka_unit_test(test_a_token_with_one_bit_changed_is_bad),
		cmocka_unit_test(test_nobody_elses_key_has_signed_it),
		cmocka_unit_test(test_a_header_is_read_to_the_letter),
		cmocka_unit_test(test_a_token_has_three_parts_in_base64url),
		cmocka_unit_test(test_a_token_has_8192_bytes_at_most),
		cmocka_unit_test(
			test_a_signature_of_p256_is_two_numbers_of_32_bytes),
		cmocka_unit_test(test_a_signature_of_ed25519_has_one_spelling),
		cmocka_unit_test(test_a_public_key_is_no_secret),
		cmocka_unit_test(test_an_access_token_is_known_by_its_typ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
