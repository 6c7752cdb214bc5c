/* SPDX-License-Identifier: MIT */
/* The words and lines of an architecture text. Private to model/. */
#ifndef LAM_WORDS_H
#define LAM_WORDS_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* A place in a text that lam_split_lines() has split, and whose words end with zeros, too, once
 * they are read. */
typedef struct lam_words {
	char *at, *end; /* the next character of this line; the zero of the last line */
	int line;       /* from 1 */
} lam_words;

/* Ends every line with a zero. A carriage return before a line feed, from Windows' editors or git,
 * becomes a blank. */
void lam_split_lines(char *text);

/* Reads the next word of this line, which ends at a blank; "" at the end of the line. */
char *lam_next_word(lam_words *words);

/* Goes to the next line that is not empty; false at the end of the text. */
bool lam_next_line(lam_words *words);

#pragma GCC visibility pop
#endif
