/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_POST_UPDATE_H
#define TIDINGS_FCGI_POST_UPDATE_H
/*
 * update - what topic, id, type and retry of a Mercure update may be
 *
 * Stricter than channels: no character that nobody sees, and nothing that
 * Mercure itself says.  Each returns NULL, or a sentence for the publisher
 * (static).  Pure.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/span.h"

/* Not `*`, and not where the hub itself publishes: its own path and what is
 * below, whatever the host and however it is spelt. */
const char *update_topic_fault(struct span topic);
/* Not of the form of our own ids (`#1`), and not `earliest`. */
const char *update_id_fault(struct span id);
const char *update_type_fault(struct span type); /* not `mercure` */

/* Digits, in ms; false if it is anything else. */
bool update_retry(struct span text, uint32_t *ms);

#endif
