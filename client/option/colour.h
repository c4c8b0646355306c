/* SPDX-License-Identifier: MIT */
#ifndef TIDINGS_CLIENT_OPTION_COLOUR_H
#define TIDINGS_CLIENT_OPTION_COLOUR_H
/*
 * colour - whether a person looks, and may be shown colours and signs
 *
 * --color always: whatever there is.  never: no colours.  auto: where the
 * descriptor is a terminal, unless NO_COLOR is set or the terminal is dumb.
 */
#include <stdbool.h>

/* Is a person to be expected there? */
bool colour_reader(int fd);
/* ... whom colours help? */
bool colour_wanted(int fd);
/* The same before flags have been read: by the environment alone. */
bool colour_usual(int fd);
/* Can a line be drawn anew there: a terminal that is not dumb? */
bool colour_redraws(int fd);
/* Can the signs of UTF-8 be shown (the locale's character set)? */
bool colour_signs(void);

#endif
