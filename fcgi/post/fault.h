/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_POST_FAULT_H
#define TIDINGS_FCGI_POST_FAULT_H
/*
 * fault - why a POST is refused; plain data, its texts borrowed
 */
struct fault {
	unsigned status; /* 0 = nothing is wrong */
	const char *code;
	const char *sentence;
};

static inline struct fault fault_none(void)
{
	return (struct fault){0};
}

static inline struct fault fault_bad(const char *code, const char *sentence)
{
	return (struct fault){400, code, sentence};
}

#endif
