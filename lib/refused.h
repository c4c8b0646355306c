/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_LIB_REFUSED_H
#define TIDINGS_LIB_REFUSED_H
/*
 * refused - why requests are refused that are well-formed
 *
 * What responders count and the hub shows: who may not, and what is too much.
 * A reason is the code that the answer has, too.  Nobody's name is counted.
 */
enum refused {
	REFUSED_BAD_AUTHORIZATION,
	REFUSED_BAD_TOKEN,
	REFUSED_FOREIGN_ORIGIN,
	REFUSED_NO_TOKEN,
	REFUSED_NOT_ALLOWED,
	REFUSED_NOT_GRANTED,
	REFUSED_THROUGH_PROXY,
	REFUSED_TOO_MANY_FROM_ADDRESS,
	REFUSED_TOO_MANY_POSTS,
	REFUSED_TOO_MANY_STREAMS,
	REFUSED_TOO_MANY_TOKENS,
	REFUSED_WRONG_HOST,
	REFUSED_REASONS, /* so many; also of any code that is none of them */
};

const char *refused_code(enum refused reason);
enum refused refused_by(const char *code);

#endif
