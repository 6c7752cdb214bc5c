/* SPDX-License-Identifier: MIT */
/* A file's contents that grow in memory, and are written at once: text of SVG and HTML, bytes of a
 * PNG. After the first failure, every later call does nothing. */
#ifndef LAM_PICTURE_TEXT_H
#define LAM_PICTURE_TEXT_H

#include "framework/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

typedef struct lam_text {
	char *bytes;
	size_t count, room;
	lam_status status; /* the first failure, with its sentence */
} lam_text;

void lam_text_bytes(lam_text *text, const void *bytes, size_t count);
void lam_text_add(lam_text *text, const char *string);

/* printf's format, at most 1000 bytes. Not for reals, which depend on the locale. */
void lam_text_format(lam_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A string from outside: in XML's escapes, with "?" for what is no printable UTF-8. At most `most`
 * characters of it; if there are more, the last one is an ellipsis. */
void lam_text_escaped(lam_text *text, const char *string, size_t most);

/* The bytes of the first character of a string that is not empty, or of one byte that is none. */
size_t lam_text_character(const char *string, bool *printable);

/* The number of characters of a string from outside, as lam_text_character() takes them. */
size_t lam_text_length(const char *string);

/* A coordinate or a fraction, with at most two digits behind the point, in every locale. */
void lam_text_place(lam_text *text, double value);

typedef struct lam_digits {
	char text[40];
} lam_digits;

/* A number for people: rounded to so many significant digits, 1 to 15, with a point in every
 * locale: "0.0123", "12300", "1.5e-7", "NaN", "-inf". */
lam_digits lam_digits_of(double value, int significant);

void lam_text_base64(lam_text *text, const void *bytes, size_t count);

/* A PNG as a URI of its own. Frees `png`, whose failure becomes that of the text. */
void lam_text_png(lam_text *text, lam_text *png);

/* Writes the file at `path`, or nothing. Frees the text in any case. */
lam_status lam_text_save(lam_text *text, const char *path);

void lam_text_free(lam_text *text);

#pragma GCC visibility pop
#endif
