/* SPDX-License-Identifier: MIT */
/*
 * fuzz_intake - any bytes as what a web server says
 *
 * Whole, or one byte after the other: as long as nothing stands behind the
 * request, how it was cut makes no difference.
 */
#include <config.h>

#include "fcgi/http/intake.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_BODY = 100 };

static enum assembler_state in_pieces(
	struct assembler *assembler, struct span bytes, size_t piece)
{
	enum assembler_state state = ASSEMBLER_WANTS;

	for (size_t done = 0; done < bytes.len && state == ASSEMBLER_WANTS;) {
		size_t len =
			bytes.len - done < piece ? bytes.len - done : piece;

		buf_add(&assembler->records, bytes.at + done, len);
		done += len;
		state = assembler_look(assembler);
		MUST(assembler->looked <= assembler->records.len);
		MUST((state == ASSEMBLER_REFUSED) == (assembler->why != NULL));
	}
	return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span(data, size);
	struct assembler one, many;
	enum assembler_state state;

	assembler_init(&one, MAX_BODY);
	assembler_init(&many, MAX_BODY);
	state = in_pieces(&many, bytes, 1);
	if (state == ASSEMBLER_WANTS) {
		MUST(in_pieces(&one, bytes, bytes.len + 1) == ASSEMBLER_WANTS);
		MUST(one.body == many.body && one.params == many.params);
		MUST(one.stage == many.stage);
	}
	if (state == ASSEMBLER_COMPLETE) {
		size_t len = many.records.len;

		MUST(many.too_long || len <= size);
		MUST(many.looked == len);
		MUST(many.params <= ASSEMBLER_PARAMS_MAX);
	}
	assembler_release(&one);
	assembler_release(&many);
	return 0;
}
