/* SPDX-License-Identifier: MIT */
/* --help and --quick for programs whose other arguments are names of files and folders. */
#ifndef USAGE_H
#define USAGE_H

#include <lamina.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Prints `text` and ends the program for --help; also, with status 2, for an option that it does
 * not know, and for fewer than `least` or more than `most` arguments. */
static inline void usage(int argc, char **argv, int least, int most, const char *text)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(text, stdout);
			exit(0);
		}
		if (argv[i][0] == '-' || i > most) {
			fprintf(stderr, "%s: what is \"%s\"?\n%s", argv[0], argv[i], text);
			exit(2);
		}
	}
	if (argc - 1 < least) {
		fputs(text, stderr);
		exit(2);
	}
}

/* Whether the first argument is --quick, which is then taken away: a run that shows in seconds that
 * the program works, and learns little. */
static inline bool quick(int *argc, char **argv)
{
	if (*argc < 2 || strcmp(argv[1], "--quick") != 0)
		return false;
	--*argc;
	memmove(argv + 1, argv + 2, (size_t)*argc * sizeof *argv);
	return true;
}

/* The first samples of a data set, at most `count`; frees the data set. NULL for NULL. */
static inline lam_dataset *first(lam_dataset *dataset, int64_t count)
{
	const int64_t all = lam_dataset_count(dataset), n = count < all ? count : all;
	int64_t *indices = dataset ? (int64_t *)malloc((size_t)n * sizeof *indices) : NULL;
	for (int64_t i = 0; i < n && indices; i++)
		indices[i] = i;
	lam_dataset *part = indices ? lam_dataset_subset(dataset, indices, n) : NULL;
	free(indices);
	lam_dataset_free(dataset);
	return part;
}

#endif
