/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/show/escape.h"

void escape_add(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		/* U+0080 to U+009F: some terminals obey these, too */
		bool c1 = c == 0xc2 && i + 1 < text.len &&
			  (unsigned char)text.at[i + 1] >= 0x80 &&
			  (unsigned char)text.at[i + 1] < 0xa0;

		if (c1)
			buf_printf(out, "\\u%04x", (unsigned char)text.at[++i]);
		else if ((c < ' ' && c != '\t') || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_add_char(out, (char)c);
	}
}
