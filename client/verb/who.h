/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_VERB_WHO_H
#define TIDINGS_CLIENT_VERB_WHO_H
/*
 * who - who is there on a channel, as the server tells it
 */
#include "client/exit_status.h"
#include "lib/buf.h"
#include "lib/span.h"

struct http;

/* Appends what stands above lines for people. */
void who_add_head(struct buf *out);

/* Appends a line for each who is there, JSON with --json. */
enum exit_status who_add(
	struct http *http, struct buf *out, struct span channel);

#endif
