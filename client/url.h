#ifndef TIDINGS_URL_H
#define TIDINGS_URL_H
/*
 * url - addresses, and what stands in them
 */
#include <stdbool.h>

#include "lib/buf.h"
#include "lib/span.h"

/* It begins with http:// or https://. */
bool url_will_do(const char *url);
/* Appends `text` percent-encoded as a path segment or a query's value. */
void url_encode(struct buf *out, struct span text);

#endif
