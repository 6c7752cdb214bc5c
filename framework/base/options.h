/* Options that came from a caller: structs that begin with their size and may be older (shorter)
 * than this library's. */
#ifndef LAM_TAKE_H
#define LAM_TAKE_H

#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

/* Copies `given` into the zeroed `options` of `room` bytes. False and a sentence that begins with
 * `what` when `given` is NULL or its size member says less than `least` (what every version has) or
 * more than `room`. */
bool lam_take_options(
	const char *what, void *options, size_t room, size_t least, const void *given);

/* Whether the options say that they have their first `end` bytes: then what lies in them may be
 * taken, and freed, even where lam_take_options() refuses them. */
bool lam_options_hold(const void *given, size_t end);

#pragma GCC visibility pop
#endif
