/* SPDX-License-Identifier: MIT */
/* Text for terminals: how wide it is, and how it is folded, padded and cut to fit. */
#ifndef LAM_TOOL_TERMINAL_H
#define LAM_TOOL_TERMINAL_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/* Columns of the terminal that `file` is, or those that COLUMNS says; 80 if neither is there. */
int columns_of(FILE *file);

/* As columns_of(), but INT_MAX if neither is there: another program reads the output. */
int room_of(FILE *file);

/* Whether the locale's characters are UTF-8, so that bars may be drawn with blocks. */
bool has_blocks(void);

/* A bar of `width` cells, filled to the fraction `part`; `text` has 4 bytes for each, and one. */
void draw_bar(char *text, int width, double part);

/* Writes a text that was given; what is no character to be seen, as \xNN. */
void put_text(FILE *file, const char *text);

/* Columns that a text of UTF-8 takes. */
int width_of(const char *text);

/* Writes a text in just `width` columns: padded on the right, or if `right` on the left; or cut,
 * with ".." at its end if it is cut and there is room. */
void put_cell(FILE *file, const char *text, int width, bool right);

/* Writes lines of a text, those wider than `room` folded between words. What follows stands below
 * the words behind the line's indentation, or behind its first gap of two spaces. */
void put_folded(FILE *file, const char *text, int room);

/* Writes what lam_net_summary() and lam_net_profile() print. In a table that is wider than `room`
 * the gaps shrink, and if this does not suffice, columns on the right are left out. */
void put_table(FILE *file, const char *text, int room);

#endif
