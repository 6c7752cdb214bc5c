/* SPDX-License-Identifier: MIT */
/* C text that grows in memory. After the first failure every later call does nothing. Private to
 * exchange/c/. */
#ifndef LAM_C_TEXT_H
#define LAM_C_TEXT_H

#include "framework/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

typedef struct lam_c_text {
	char *bytes; /* ends with a zero; NULL: nothing was added */
	size_t count, room;
	bool failed; /* memory was short; the sentence is set */
} lam_c_text;

void lam_c_bytes(lam_c_text *text, const void *bytes, size_t count);

/* printf's format, at most 2000 bytes. Not for reals, which depend on the locale. */
void lam_c_add(lam_c_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void lam_c_free(lam_c_text *text);

/* A float as a C constant that reads back as the same float, in every locale: "0.1f", "-3.0f". */
typedef struct lam_c_number {
	char text[48];
} lam_c_number;
lam_c_number lam_c_float(double value);

#pragma GCC visibility pop
#endif
