/* SPDX-License-Identifier: MIT */
/* What the commands of `lamina` have in common. */
#ifndef LAM_TOOL_H
#define LAM_TOOL_H

#include <lamina.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What a command returns to the shell. */
enum { DONE = 0, FAILED = 1, MISUSED = 2 };

struct tool {
	const char *name, *help;
	int (*run)(int argc, char **argv);
};

extern const struct tool train_tool, eval_tool, predict_tool, info_tool, check_tool, diff_tool,
	bench_tool;

/* The command that runs. */
extern const struct tool *the_tool;

/* Says what went wrong, after the command's name, on stderr. */
int failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says it, and that --help lists the options; ends the program. */
_Noreturn void misused(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The value of an option as a number in a range; ends the program if it is none. */
long long whole(const char *option, const char *text, long long least, long long most);
double real(const char *option, const char *text, double least, double most);

/* The place of a word in a list that ends with NULL; ends the program if it is not there. */
int choice(const char *option, const char *text, const char *const *words);

/* Writes a text that was given; what is no character to be seen, as \xNN. */
void put_text(FILE *file, const char *text);

/* Handles an option that getopt_long() refused, or --help. Ends the program. */
void refused_option(int code, char **argv);

/* Columns of the terminal that `file` is; 80 if it is none. */
int columns_of(FILE *file);

/* Whether the locale's characters are UTF-8, so that bars may be drawn with blocks. */
bool has_blocks(void);

/* A bar of `width` cells, filled to the fraction `part`; `text` has 4 bytes for each, and one. */
void draw_bar(char *text, int width, double part);

#endif
