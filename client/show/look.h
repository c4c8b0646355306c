/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_SHOW_LOOK_H
#define TIDINGS_CLIENT_SHOW_LOOK_H
/*
 * look - text in colours, and how wide it is
 *
 * Pure.  Whether colours are wanted is the caller's to know (colour.h).
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/span.h"

enum look {
	LOOK_PLAIN,
	LOOK_DIM,  /* what is beside the point */
	LOOK_BOLD, /* titles */
	LOOK_GOOD,
	LOOK_WARN,
	LOOK_BAD,
	LOOK_NAMES, /* the first of LOOK_HUES for names */
	LOOK_HUES = 5,
};

/* Appends `text` as it is, between what turns the look on and off. */
void look_add(struct buf *out, bool colour, enum look look, struct span text);
/* A hue for a name: the same one always. */
enum look look_of_name(struct span name);

/* How many columns a terminal gives to the text (UTF-8 without controls). */
size_t look_width(struct span text);
/* Appends as much of `text` as fits `width`; "…" (one column) tells that there
 * is more. */
void look_cut(struct buf *out, struct span text, size_t width);
/* Appends spaces until `text`, which stands before, has filled `width`. */
void look_pad(struct buf *out, struct span text, size_t width);

#endif
