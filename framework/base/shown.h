/* SPDX-License-Identifier: MIT */
/* Escapes text from outside (a path, a name in a file, an option's value) for error sentences.
 *
 * A hostile file may hold anything: escape sequences for a terminal, line ends that forge a line of
 * a log, marks that reverse the reading direction, megabytes of text. The shown text is one line of
 * printable UTF-8, with every other byte in the form \x1b. lam_fail() escapes its whole sentence.
 * Text of unknown length must go through lam_show() first, so that it leaves room for the rest. */
#ifndef LAM_SHOWN_H
#define LAM_SHOWN_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

/* A text of at most 103 bytes. If it does not fit, "..." replaces its middle (lam_show()) or its
 * beginning (lam_show_end()). */
typedef struct lam_shown {
	char text[104];
} lam_shown;

/* Shows a text with its middle or its beginning left out, if needed. NULL is shown as "(NULL)". */
lam_shown lam_show(const char *text);
lam_shown lam_show_part(const char *text, size_t length);
lam_shown lam_show_end(const char *text);

/* Shows as many whole characters of `text` as fit `room` bytes with the final zero. */
void lam_show_line(const char *text, char *shown, size_t room);

/* The length in bytes, at most `left`, of the UTF-8 character at the start of the text. 0 if there
 * is none, or if it moves, hides or reverses the characters beside it. */
size_t lam_printable(const char *text, size_t left);

#pragma GCC visibility pop
#endif
