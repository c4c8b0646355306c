/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "lib/unseen.h"

#include <stddef.h>
#include <stdint.h>

#include "lib/text.h"

/* Of Unicode 15.1. */
static const struct {
	uint32_t first, last;
} ranges[] = {
	{0xad, 0xad},
	{0x600, 0x605},
	{0x61c, 0x61c},
	{0x6dd, 0x6dd},
	{0x70f, 0x70f},
	{0x890, 0x891},
	{0x8e2, 0x8e2},
	{0x180e, 0x180e},
	{0x200b, 0x200f},
	{0x202a, 0x202e},
	{0x2060, 0x2064},
	{0x2066, 0x206f},
	{0xfeff, 0xfeff},
	{0xfff9, 0xfffb},
	{0x110bd, 0x110bd},
	{0x110cd, 0x110cd},
	{0x13430, 0x1343f},
	{0x1bca0, 0x1bca3},
	{0x1d173, 0x1d17a},
	{0xe0001, 0xe0001},
	{0xe0020, 0xe007f},
};

static bool is_unseen(uint32_t code)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

bool unseen_in(struct span text)
{
	uint32_t code;
	size_t len;

	while (text.len > 0 && (len = text_character(text, &code)) > 0) {
		if (is_unseen(code))
			return true;
		text = span(text.at + len, text.len - len);
	}
	return false;
}
