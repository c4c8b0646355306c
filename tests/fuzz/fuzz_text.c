/* SPDX-License-Identifier: MIT */
/*
 * fuzz_text - any bytes as a name, a number, UTF-8
 *
 * Compared with decoders that are written for nothing but to be plain.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/text.h"
#include "tests/fuzz/fuzz.h"

static const struct {
	unsigned char mask, lead;
	uint32_t smallest;
} leads[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800},
	{0xf8, 0xf0, 0x10000}};

/* The character at `at` and its length; 0 if there is none. */
static size_t decode(const uint8_t *at, size_t size, uint32_t *code)
{
	for (size_t more = 0; more < 4; more++) {
		if ((at[0] & leads[more].mask) != leads[more].lead)
			continue;
		*code = at[0] & (uint32_t)(uint8_t)~leads[more].mask;
		for (size_t i = 1; i <= more; i++) {
			if (i == size || (at[i] & 0xc0) != 0x80)
				return 0;
			*code = *code << 6 | (at[i] & 0x3f);
		}
		if (*code < leads[more].smallest || *code > 0x10ffff ||
			(*code >= 0xd800 && *code <= 0xdfff))
			return 0;
		return more + 1;
	}
	return 0;
}

static bool plain_utf8(const uint8_t *data, size_t size, bool *control)
{
	*control = false;
	for (size_t i = 0; i < size;) {
		uint32_t code;
		size_t len = decode(data + i, size - i, &code);

		if (len == 0)
			return false;
		if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
			*control = true;
		i += len;
	}
	return true;
}

static void check_number(struct span text)
{
	uint64_t value = 0;
	char *terminated = mem_text(text);
	char *end;

	if (text_to_u64(text, &value)) {
		errno = 0;
		MUST(strtoull(terminated, &end, 10) == value);
		MUST(errno == 0 && *end == '\0' &&
			strlen(terminated) == text.len);
		MUST(value <= INT64_MAX);
	}
	free(terminated);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span(data, size);
	bool control, ignored;
	size_t bad = SIZE_MAX;
	bool good = plain_utf8(data, size, &control);

	MUST(text_is_utf8(text, &bad) == good);
	MUST(good == (bad == SIZE_MAX));
	if (!good) {
		MUST(bad <= size);
		/* What is before it begins with whole characters. */
		MUST(bad < 4 || plain_utf8(data, bad, &ignored) ||
			plain_utf8(data, bad - 1, &ignored) ||
			plain_utf8(data, bad - 2, &ignored) ||
			plain_utf8(data, bad - 3, &ignored));
	}
	good = good && !control;
	MUST((text_channel_fault(text) == NULL) ==
		(good && size >= 1 && size <= CHANNEL_MAX));
	MUST((text_topic_fault(text) == NULL) ==
		(good && size >= 1 && size <= TOPIC_MAX));
	MUST((text_type_fault(text) == NULL) == (good && size <= TYPE_MAX));
	MUST((text_key_fault(text) == NULL) == (good && size <= KEY_MAX));
	check_number(text);
	return 0;
}
