#ifndef TIDINGS_OPENING_H
#define TIDINGS_OPENING_H
/*
 * opening - what a stream wished for, until its first byte
 *
 *   WAITING   in stream.c's list: the window is not filled yet
 *   JUDGED    the pager has asked the hub about the cursor
 *
 * Owns its texts.
 */
#include <stdbool.h>
#include <stdint.h>

#include "fcgi/list.h"
#include "lib/wire.h"

struct opening {
	struct node node;
	struct subscriber *sub;
	uint32_t since; /* second of the audience's clock */
	bool fresh;
	enum wire_from from;
	uint64_t value;
	char *requested;
	char *headers;
};

#endif
