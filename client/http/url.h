/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_HTTP_URL_H
#define TIDINGS_CLIENT_HTTP_URL_H
/*
 * url - which URLs are taken, and how text is put into one
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/span.h"

/* True if `url` begins with http:// or https://. */
bool url_will_do(const char *url);
/* Appends `text` percent-encoded as a path segment or a query's value. */
void url_encode(struct buf *out, struct span text);

#endif
