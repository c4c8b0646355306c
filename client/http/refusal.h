/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_HTTP_REFUSAL_H
#define TIDINGS_CLIENT_HTTP_REFUSAL_H
/*
 * refusal - why a stream cannot be served for now
 *
 * Such a stream begins and ends at once all the same, since browsers give up at
 * any other answer.  Whoever takes no streams is told the reason.
 */
struct http;

/* Asks at `path` and says the reason, or that the stream has ended if there is
 * none any more. */
void refusal_say(struct http *http, const char *path);

#endif
