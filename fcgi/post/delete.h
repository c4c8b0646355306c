/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_POST_DELETE_H
#define TIDINGS_FCGI_POST_DELETE_H
/*
 * delete - a DELETE, by who may publish there, is asked of the hub as a publish
 * is
 *
 * The handlers' room is a struct post.
 */
#include "fcgi/http/request.h"

handler delete_event;	/* the one that the path names, on all its channels */
handler delete_channel; /* all that the channel has */

#endif
