#ifndef TIDINGS_PARCEL_H
#define TIDINGS_PARCEL_H
/*
 * parcel - what one system call gives to one subscriber: FastCGI records, whole
 *
 * Some events joined up to RECORD_BODY bytes of text, or one event that is
 * longer, over several records.  Immutable, counted: everybody at the same
 * place of the same channels is given the same parcel.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

struct parcel {
	uint32_t refs;
	uint32_t len;
	uint32_t events; /* stored ones */
	bool replay;	 /* they come from the hub's log */
	/* Where a subscriber is once it has been given this: position in the
	 * window (0 = not from the window) and cursor. */
	uint64_t pos, id;
	char bytes[];
};

/* Frames `text`; the caller holds the one reference. */
struct parcel *parcel_new(uint16_t request, struct span text);
struct parcel *parcel_hold(struct parcel *parcel);
void parcel_drop(struct parcel *parcel); /* NULL will do */

#endif
