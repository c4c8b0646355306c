/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "client/option/colour.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/option/option.h"

static bool is_said(const char *word)
{
	return strcmp(option_text("color"), word) == 0;
}

static bool is_set(const char *name)
{
	const char *text = getenv(name);

	return text != NULL && *text != '\0';
}

static bool is_dumb(void)
{
	const char *term = getenv("TERM");

	return term == NULL || strcmp(term, "dumb") == 0;
}

bool colour_reader(int fd)
{
	return isatty(fd) != 0 || is_said("always");
}

static bool is_bright(int fd)
{
	return isatty(fd) != 0 && !is_set("NO_COLOR") && !is_dumb();
}

bool colour_wanted(int fd)
{
	if (is_said("always") || is_said("never"))
		return is_said("always");
	return is_bright(fd);
}

bool colour_usual(int fd)
{
	const char *said = getenv("TIDINGS_COLOR");

	if (said != NULL && strcmp(said, "always") == 0)
		return true;
	return is_bright(fd) && (said == NULL || strcmp(said, "never") != 0);
}

bool colour_redraws(int fd)
{
	return isatty(fd) != 0 && !is_dumb();
}

bool colour_signs(void)
{
	locale_t here = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool good;

	if (here == (locale_t)0)
		return false;
	good = strcmp(nl_langinfo_l(CODESET, here), "UTF-8") == 0;
	freelocale(here);
	return good;
}
