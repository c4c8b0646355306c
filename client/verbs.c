#include <config.h>

#include "client/verbs.h"

#include <string.h>

const struct verb *const verbs[] = {
	&verb_pub,
	&verb_sub,
	&verb_tail,
	&verb_history,
	&verb_run,
	&verb_channels,
	&verb_status,
	&verb_inbox,
	&verb_bench,
	&verb_check,
	&verb_menu,
	NULL,
};

const struct verb *verb_named(const char *name)
{
	for (size_t i = 0; verbs[i] != NULL; i++)
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	return NULL;
}
