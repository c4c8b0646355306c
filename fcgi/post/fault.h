/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_POST_FAULT_H
#define TIDINGS_FCGI_POST_FAULT_H
/*
 * fault - why a POST is refused; plain data, its texts borrowed
 */
#include <stddef.h>

struct fault {
	unsigned status; /* 0 = nothing is wrong */
	const char *code;
	const char *sentence;
	const char *headers; /* further lines of the answer's head, or NULL */
};

static inline struct fault fault_none(void)
{
	return (struct fault){0};
}

static inline struct fault fault_new(
	unsigned status, const char *code, const char *sentence)
{
	return (struct fault){status, code, sentence, NULL};
}

static inline struct fault fault_bad(const char *code, const char *sentence)
{
	return fault_new(400, code, sentence);
}

#endif
