/*
 * fuzz_intake - any bytes as what a web server says
 *
 * Whole, or one byte after the other: as long as nothing stands behind the
 * request, how it was cut makes no difference.
 */
#include <config.h>

#include "fcgi/intake.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_BODY = 100 };

static enum intake_state in_pieces(
	struct intake *intake, struct span bytes, size_t piece)
{
	enum intake_state state = INTAKE_WANTS;

	for (size_t done = 0; done < bytes.len && state == INTAKE_WANTS;) {
		size_t len =
			bytes.len - done < piece ? bytes.len - done : piece;

		buf_add(&intake->records, bytes.at + done, len);
		done += len;
		state = intake_look(intake);
		MUST(intake->looked <= intake->records.len);
		MUST((state == INTAKE_REFUSED) == (intake->why != NULL));
	}
	return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span(data, size);
	struct intake one, many;
	enum intake_state state;

	intake_init(&one, MAX_BODY);
	intake_init(&many, MAX_BODY);
	state = in_pieces(&many, bytes, 1);
	if (state == INTAKE_WANTS) {
		MUST(in_pieces(&one, bytes, bytes.len + 1) == INTAKE_WANTS);
		MUST(one.body == many.body && one.params == many.params);
		MUST(one.stage == many.stage);
	}
	if (state == INTAKE_COMPLETE) {
		size_t len = many.records.len;

		MUST(many.too_long || len <= size);
		MUST(many.looked == len);
		MUST(many.params <= INTAKE_PARAMS_MAX);
	}
	intake_release(&one);
	intake_release(&many);
	return 0;
}
