/* SPDX-License-Identifier: MIT */
#include "framework/plan/names.h"

#include "framework/base/shown.h"

#include <string.h>

enum { LONGEST_NAME = 64 };

bool lam_reserved_entry(const char *name)
{
	return !strcmp(name, LAM_ARCHITECTURE_ENTRY) || !strcmp(name, LAM_FORMAT_ENTRY)
		|| !strcmp(name, LAM_BUILD_ENTRY);
}

/* Whether a name is printable ASCII, with dots only between other characters. */
static bool is_name(const char *name)
{
	size_t length = strlen(name);
	if (length == 0 || length > LONGEST_NAME || name[0] == '.' || name[length - 1] == '.'
		|| strstr(name, ".."))
		return false;
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 127 || strchr("/\\\"{}:=", *c))
			return false;
	return true;
}

lam_status lam_check_name(const char *name, bool alone)
{
	if (!name)
		return lam_fail(LAM_ERR_ARGUMENT,
			"the name of a parameter is NULL; expected one such as weight");
	if (!is_name(name))
		return lam_fail(LAM_ERR_ARGUMENT,
			"a parameter is named \"%s\"; expected 1 to %d characters, printable ASCII "
			"without space and any of /\\\"{}:=, "
			"points between others alone",
			lam_show(name).text, LONGEST_NAME);
	if (alone && lam_reserved_entry(name))
		return lam_fail(LAM_ERR_ARGUMENT,
			"a parameter is named \"%s\", as an entry of the file's own; expected "
			"another name, or a layer in a container",
			name);
	return LAM_OK;
}
