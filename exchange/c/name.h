/* SPDX-License-Identifier: MIT */
/* Names that an exported function may have. Private to exchange/c/. */
#ifndef LAM_C_NAME_H
#define LAM_C_NAME_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

enum { LAM_C_LONGEST_NAME = 40 };

/* Whether a name is an identifier of C and C++, which begins with a letter, and which no header has
 * that the file or its test includes. */
bool lam_c_is_name(const char *name);

#pragma GCC visibility pop
#endif
