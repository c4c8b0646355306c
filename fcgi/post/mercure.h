/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_FCGI_POST_MERCURE_H
#define TIDINGS_FCGI_POST_MERCURE_H
/*
 * mercure - a POST to /.well-known/mercure becomes an event
 *
 * An update of the Mercure protocol, as a form has it (form.h).  Who publishes
 * shows a token; an address is no proof here.  The answer is the event's id, as
 * plain text: the publisher's own, or `#` and the cursor.
 */
#include "fcgi/http/request.h"

/* Its room is a struct post. */
handler mercure_publish;

#endif
