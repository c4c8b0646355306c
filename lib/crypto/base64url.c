/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/crypto/base64url.h"

#include <stdint.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789-_";

/* What none is. */
enum { NO_DIGIT = 64 };

static unsigned digit_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : NO_DIGIT;
}

bool base64url_decode(struct buf *out, struct span text)
{
	uint32_t bits = 0;
	unsigned count = 0;

	if (text.len % 4 == 1)
		return false;
	buf_reserve(out, text.len / 4 * 3 + 3);
	for (size_t i = 0; i < text.len; i++) {
		unsigned value = digit_value(text.at[i]);

		if (value == NO_DIGIT)
			return false;
		bits = (bits << 6 | value) & 0xffff;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		out->at[out->len++] = (char)(bits >> count & 0xff);
	}
	return (bits & ((1u << count) - 1)) == 0;
}

static void encode_three(struct buf *out, const unsigned char *at, size_t count)
{
	uint32_t bits = (uint32_t)at[0] << 16;

	if (count > 1)
		bits |= (uint32_t)at[1] << 8;
	if (count > 2)
		bits |= at[2];
	for (unsigned i = 0; i <= count; i++)
		buf_add_char(out, digits[bits >> (18 - 6 * i) & 63]);
}

void base64url_encode(struct buf *out, struct span bytes)
{
	const unsigned char *at = (const unsigned char *)bytes.at;

	for (size_t i = 0; i < bytes.len; i += 3)
		encode_three(
			out, at + i, bytes.len - i < 3 ? bytes.len - i : 3);
}
