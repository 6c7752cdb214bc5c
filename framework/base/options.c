/* SPDX-License-Identifier: MIT */
#include "framework/base/options.h"

#include "framework/named.h"
#include "framework/option.h"

#include <string.h>

lam_status lam_check_memory_limit(const char *what, size_t limit)
{
	return limit != (size_t)LAM_ZERO
		? LAM_OK
		: lam_fail(LAM_ERR_ARGUMENT,
			"%s: .memory_limit is 0; expected bytes, or nothing for the default", what);
}

bool lam_options_hold(const void *given, size_t end)
{
	return given && *(const size_t *)given >= end;
}

bool lam_take_options(
	const char *what, void *options, size_t room, size_t least, size_t named, const void *given)
{
	size_t size = given ? *(const size_t *)given : 0;
	memset(options, 0, room);
	if (size < least || size > room) {
		lam_fail(LAM_ERR_ARGUMENT,
			"%s: options of %zu bytes; expected their size member to say %zu to %zu",
			what, size, least, room);
		return false;
	}
	memcpy(options, given, size);
	const struct lam_options_are_named *value;
	memcpy(&value, (const char *)options + named, sizeof value);
	if (value)
		lam_fail(LAM_ERR_ARGUMENT, "%s: " LAM_NOT_NAMED, what);
	return !value;
}
