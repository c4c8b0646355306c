/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_FUZZ_STUB_H
#define TIDINGS_TESTS_FUZZ_STUB_H
/*
 * stub - a whole responder, and at the other end of its uplink ourselves
 *
 * What it asks the hub is checked and kept; stub_answer() answers it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "fcgi/rooms.h"
#include "lib/buf.h"
#include "lib/wire.h"

enum {
	STUB_OLDEST = 1000, /* ids in the window, one event on `main` each */
	STUB_NEWEST = 1004,
};

/* The last question for older events. */
struct stub_question {
	bool asked;
	enum wire_from from;
	uint64_t value;
};

extern struct stub_question stub_question;

/* Made at the first call, with the window filled. */
struct rooms *stub_rooms(void);

/* Pages of all origins may read and publish, or of one. */
void stub_everybody(bool yes);

/* Answers everything that has been asked; the bits of `mood` say how. */
void stub_answer(uint8_t mood);

/* The content of the FastCGI records in `said`, which must be one whole answer
 * to the request `id`. */
void stub_content(struct buf *content, struct span said, uint16_t id);

#endif
