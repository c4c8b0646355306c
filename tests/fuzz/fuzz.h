/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_TESTS_FUZZ_FUZZ_H
#define TIDINGS_TESTS_FUZZ_FUZZ_H
/*
 * fuzz - a target is also a test
 *
 * Each fuzz_NAME.c defines this one function, which takes any bytes and aborts
 * if a promise is broken.  In an ordinary build replay.c calls it with every
 * file of corpus/NAME (`make check`); configured with --enable-fuzzers and
 * clang, `make fuzz` links it with libFuzzer:
 *
 *     ./configure --enable-fuzzers CC=clang \
 *         CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined'
 *     make fuzz && mkdir work
 *     tests/fuzz/fuzz_wire work SOURCE/tests/fuzz/corpus/wire
 *
 * libFuzzer writes into the first folder, hence `work`.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Like assert, but never compiled out. */
#define MUST(what)                                                       \
	do {                                                             \
		if (!(what)) {                                           \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
				__LINE__, #what);                        \
			abort();                                         \
		}                                                        \
	} while (0)

#endif
