/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_DESCRIPTION_H
#define TIDINGS_FCGI_DESCRIPTION_H
/*
 * description - what can be asked here, for programs
 *
 * docs/openapi.yaml and docs/asyncapi.yaml, as they were when this was built:
 * so it is always that of the program which answers.
 */
#include "fcgi/http/request.h"

struct replies;

/* The handlers' room; plain data, borrows it. */
struct description {
	struct replies *replies;
};

handler description_openapi;
handler description_asyncapi;

#endif
