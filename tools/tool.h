/* SPDX-License-Identifier: MIT */
/* What the commands of `lamina` have in common. */
#ifndef LAM_TOOL_H
#define LAM_TOOL_H

#include "tools/terminal.h"

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
	bench_tool, export_tool, import_tool;

/* The command that runs. */
extern const struct tool *the_tool;

/* A sentence of the library, which names options as C has them, in the words of the command whose
 * `help` this is: ".one_hot" becomes "--one-hot" if the command has this option. The caller frees
 * it; NULL: no memory. */
char *in_options(const char *text, const char *help);

/* Says what went wrong, after the command's name, on stderr. */
int failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What failed() has said last, until it says something else; "": nothing. */
const char *what_failed(void);

/* Says something else, in the same way. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says it, and that --help lists the options; ends the program. */
_Noreturn void misused(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The value of an option as a number in a range; ends the program if it is none. */
long long whole(const char *option, const char *text, long long least, long long most);
double real(const char *option, const char *text, double least, double most);

/* The value of an option that names a file; ends the program if it does not end so. */
const char *named_so(const char *option, const char *text, const char *ending);

/* The place of a word in a list that ends with NULL; ends the program if it is not there. */
int choice(const char *option, const char *text, const char *const *words);

/* Writes a line to stdout, folded as that is wide. */
void put_words(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Shows what --help says, folded as the output is wide. */
int show_help(const char *text);

/* Handles an option that getopt_long() refused, or --help. Ends the program. */
void refused_option(int code, char **argv);

#endif
