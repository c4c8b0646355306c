/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_CURSOR_H
#define TIDINGS_FCGI_CURSOR_H
/*
 * cursor - where the log is now, for who is about to render a page
 *
 * The id is one that a stream of now would begin at: what is published later is
 * above it, so ?since= it loses nothing.
 */
#include "fcgi/http/request.h"

handler cursor_show; /* its room is a struct status */

#endif
