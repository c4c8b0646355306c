/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_HUB_TOGETHER_OWN_ID_H
#define TIDINGS_HUB_TOGETHER_OWN_ID_H
/*
 * own_id - the 16 bytes by which this machine's hub is known to the others
 *
 * They lie beside the log, in log.db.origin, and not in it: a machine that
 * begins with a copy of another's log is another one all the same.
 */
#include <stdint.h>

#include "hub/log/origin.h"

/* Reads it, or makes it; a file that cannot be read or written, or is no such
 * one, is a failed start. */
void own_id_read(const char *log, uint8_t id[ORIGIN_HUB]);

#endif
