/* Text from outside (a path, a name in a file, an option's value) as a sentence shows it.
 *
 * A hostile file may hold anything: escape sequences that a terminal obeys, line ends that forge
 * another line of a log, marks that turn the reading direction around, megabytes. What is shown is
 * one line of printable UTF-8; every other byte stands there as \x1b does. lam_fail() shows its
 * whole sentence so; a piece of unknown length goes through lam_show() first, so that it leaves
 * room for the others. */
#ifndef LAM_SHOWN_H
#define LAM_SHOWN_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

/* At most 103 bytes: the text itself when it fits, otherwise with "..." in the place of its middle
 * (lam_show()) or its beginning (lam_show_end()). */
typedef struct lam_shown {
	char text[104];
} lam_shown;

/* NULL is shown as "(NULL)". */
lam_shown lam_show(const char *text);
lam_shown lam_show_part(const char *text, size_t length);
lam_shown lam_show_end(const char *text);

/* Shows as much of `text` as `room` bytes hold with their zero, whole characters alone. */
void lam_show_line(const char *text, char *shown, size_t room);

/* The bytes of the character of UTF-8 that the text begins with, at most `left`; 0 when they are no
 * character, or one that moves, hides or turns around what stands beside it. */
size_t lam_printable(const char *text, size_t left);

#pragma GCC visibility pop
#endif
