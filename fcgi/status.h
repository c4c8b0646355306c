#ifndef TIDINGS_STATUS_H
#define TIDINGS_STATUS_H
/*
 * status - what is going on: /health and the channels
 */
#include "fcgi/route.h"

verb status_health;   /* 200, or 503 while nothing can be published */
verb status_channels; /* ?after=NAME&limit=1..1000, in order of names */
verb status_channel;  /* the one in the path */

#endif
