/* SPDX-License-Identifier: MIT */
/** \file
 * Tables of text: comma-separated values.
 *
 *     lam_dataset *all = lam_dataset_csv("iris.csv", .target = "species"), *train, *test;
 *     lam_dataset_split(all, 0.8, 1, &train, &test);
 *     lam_net *net = lam_net_create(
 *             lam_sequential(lam_standardize_for(train), lam_affine(.out = 16), lam_relu(),
 *                     lam_affine(.out = 3), lam_softmax_cross_entropy()),
 *             lam_dataset_shape(train));
 *
 * A line is a sample. The format is that of RFC 4180, with what programs make of it: fields may be
 * quoted, then they may hold separators, line ends and doubled quotes; lines end with LF, CR LF or
 * CR; a UTF-8 mark at the beginning, spaces around fields and empty lines are passed over. */
#ifndef LAM_CSV_H
#define LAM_CSV_H

#include "../framework/dataset.h"
#include "../framework/named.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Whether the first line has the names of the columns. */
typedef enum lam_csv_header {
	LAM_HEADER_GUESS = 0, /**< it has, if none of its fields is a number */
	LAM_HEADER_YES,       /**< the first row has the columns' names */
	LAM_HEADER_NO,        /**< the first row is a sample */
} lam_csv_header;

/** What is done about a missing value: an empty field, `?`, `-`, `NA`, `N/A`, `NaN` or `null` in
 * any case. */
typedef enum lam_csv_missing {
	LAM_MISSING_ERROR = 0, /**< LAM_ERR_FORMAT names the line and the column */
	LAM_MISSING_SKIP,      /**< the line is left out */
	/** the mean of the column's other values; with `.like` the mean there. In a column of
	 * `.one_hot` all values are 0. A line without a target is left out */
	LAM_MISSING_MEAN,
} lam_csv_missing;

/** How lam_dataset_csv() is called, and what it gives. */
typedef struct lam_dataset_csv_options {
	size_t size;
	const char *path; /**< the file; required */
	LAM_NAMED;
	/** the column of the targets: its name, or its number from 1; default: the last column */
	const char *target;
	/** the targets are numbers to be predicted, not classes */
	bool values;
	/** no column is a target: the samples are their own targets, as for predicting */
	bool no_target;
	/** the columns of the samples, in this order: names or numbers, with commas between;
	 * default: all but the target, in the file's order */
	const char *columns;
	/** columns to leave out of the default */
	const char *drop;
	/** columns of text that become a value for each of their words, 1 for the word that is
	 * there and 0 for the others, in the order of the words */
	const char *one_hot;
	char separator; /**< default: of comma, semicolon and tab the most frequent in line one */
	char decimal;   /**< of numbers; default '.'; ',' needs another separator */
	lam_csv_header header;   /**< default: the file decides */
	lam_csv_missing missing; /**< default: an error */
	int skip;                /**< lines to pass over at the beginning */
	/** a data set that lam_dataset_csv() made: this file is read in the same way, so that both
	 * fit one net. It has the same columns (by name, if both have names), the words of
	 * `.one_hot`, the classes and the means of `like`; options that say these are not given.
	 * A word or class that `like` lacks is an error */
	const lam_dataset *like;
	/** the most bytes for all values and words; default 256 MiB and 64 times the file's length;
	 * SIZE_MAX: no limit */
	size_t memory_limit;
} lam_dataset_csv_options;

/** Reads a table. Samples have the shape [columns]. Values are numbers with a point; they are not
 * scaled: see lam_standardize_for().
 *
 * Targets are classes. If all are whole numbers from 0 to 65535, they are the classes themselves.
 * Otherwise each different text is a class, in the order of their bytes, and the class's name
 * (lam_dataset_class_name()). At most 65536 of them.
 *
 * LAM_ERR_FORMAT names the line (from 1, as an editor counts) and the column of a field that is no
 * number, is missing, or stands in a line with too many or too few fields. LAM_ERR_ARGUMENT: no
 * such column; the sentence lists those that there are. The file is read twice, and closed. */
LAM_MUST_CHECK lam_dataset *lam_dataset_csv_with(const lam_dataset_csv_options *options);

/** The name of column `i` of the samples of a table, from 0: of one_hot "column=word"; without a
 * header "1", "2", … as in the file. Subsets have the names of the table. NULL out of range, and
 * for other data sets. Valid until lam_dataset_free(). */
const char *lam_dataset_column_name(const lam_dataset *dataset, int64_t i);

#ifndef __cplusplus
/** lam_dataset_csv("wine.csv", .target = "class") */
#define lam_dataset_csv(...) \
	lam_dataset_csv_with(&(lam_dataset_csv_options){ \
		.size = sizeof(lam_dataset_csv_options), .path = __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
