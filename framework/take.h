/* Options that came from a caller: structs that begin with their size and may be older (shorter) than this library's. */
#ifndef LAM_TAKE_H
#define LAM_TAKE_H

#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

/* Copies `given` into the zeroed `options` of `room` bytes. False and a sentence that begins with `what` when `given` is NULL or
 * its size member says less than `least` (what every version has) or more than `room`. */
bool lam_take_options(const char *what, void *options, size_t room, size_t least, const void *given);

#pragma GCC visibility pop
#endif
