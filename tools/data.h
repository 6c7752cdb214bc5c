/* SPDX-License-Identifier: MIT */
/* Data that a command names: what it is, is seen from the name and the options. */
#ifndef LAM_TOOL_DATA_H
#define LAM_TOOL_DATA_H

#include "tools/tool.h"

#include <getopt.h>

/* The options of tables, and of images. */
struct data_options {
	const char *target, *columns, *drop, *one_hot;
	bool values;
	lam_csv_header header;
	lam_csv_missing missing;
	char separator;
	int skip;
	const lam_dataset *like; /* a table or folder of images that was read before */
	lam_shape image;         /* of images */
	bool skip_broken;
};

/* Rows for getopt_long(), and their codes. */
#define DATA_OPTIONS \
	{"target", required_argument, NULL, 'T'}, {"columns", required_argument, NULL, 'C'}, \
		{"drop", required_argument, NULL, 'D'}, {"one-hot", required_argument, NULL, 'O'}, \
		{"values", no_argument, NULL, 'V'}, {"header", required_argument, NULL, 'H'}, \
		{"missing", required_argument, NULL, 'M'}, \
		{"separator", required_argument, NULL, 'S'}, \
		{"image", required_argument, NULL, 'I'}, {"skip-broken", no_argument, NULL, 'B'}, \
	{ \
		"skip", required_argument, NULL, 'K' \
	}

#define DATA_HELP \
	"DATA is\n" \
	"  mnist, mnist:FOLDER       MNIST or a set like it: IDX files, plain or .gz\n" \
	"  cifar10, cifar10:FOLDER   the binary files of CIFAR-10\n" \
	"  FOLDER                    of such files; or of images (PNG, JPEG), with a folder\n" \
	"                            for each class (not for `predict`)\n" \
	"  FILE.csv, FILE.tsv        a table\n" \
	"  X.npy,T.npy               samples and targets of numpy; X.npy: without targets\n" \
	"\n" \
	"Tables:\n" \
	"  --target COLUMN           by name, or by number from 1 (default: the last one)\n" \
	"  --values                  the target is a number to predict, not a class\n" \
	"  --columns A,B             of the samples (default: all others)\n" \
	"  --drop A,B                columns to leave out\n" \
	"  --one-hot A,B             columns of words\n" \
	"  --missing WHAT            error, skip (the line), mean (of the column)\n" \
	"  --header yes|no           the first line has names (default: it is looked at)\n" \
	"  --separator C             default: comma, semicolon or tab, as in the first line\n" \
	"  --skip N                  lines to pass over at the beginning\n" \
	"\n" \
	"Images:\n" \
	"  --image CxHxW             their size, 3x64x64; C is 1 (grey) or 3 (default: the " \
	"net's)\n" \
	"  --skip-broken             leave out files that cannot be read\n"

/* Takes an option of DATA_OPTIONS; false if the code is none of them. */
bool take_data_option(struct data_options *options, int code, const char *text);

/* Opens data. `targets`: with them, if the data may have them or not. NULL, said by failed(). */
lam_dataset *open_data(
	const char *name, lam_split split, const struct data_options *options, bool targets);

/* Whether the name is that of an image, or of a table. */
bool is_image(const char *name);
bool is_table(const char *name);

#endif
