/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_HTTP_URL_H
#define TIDINGS_CLIENT_HTTP_URL_H
/*
 * url - which URLs are taken, and how text is put into one
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/span.h"

/* NULL if `url` is that of a server, or of a path at which Tidings is; else why
 * not. */
const char *url_fault(const char *url);
/* Its path, from '/' on, as it was given; "" if there is none. */
const char *url_path(const char *url);
/* Appends `text` percent-encoded as a path segment or a query's value. */
void url_encode(struct buf *out, struct span text);

#endif
