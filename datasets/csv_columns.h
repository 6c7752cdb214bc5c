/* SPDX-License-Identifier: MIT */
/* What is known about the columns of a table: which of them make a sample, the words of text
 * columns, the targets. Private to datasets/. */
#ifndef LAM_CSV_COLUMNS_H
#define LAM_CSV_COLUMNS_H

#include "datasets/csv.h"
#include "datasets/csv_reader.h"

#pragma GCC visibility push(hidden)

/* The most words of a column, and classes. */
enum { LAM_CSV_MOST_WORDS = 65536 };

/* A set of words, in the order of their bytes. */
typedef struct lam_csv_words {
	char **list;
	int64_t count, room;
} lam_csv_words;

/* The place of a word; -1: it is not there. */
int64_t lam_csv_find_word(const lam_csv_words *words, const char *word);

/* Adds a word if it is not there. *bytes grows by what that takes. */
lam_status lam_csv_add_word(lam_csv_words *words, const char *word, size_t *bytes);

lam_status lam_csv_copy_words(lam_csv_words *to, const lam_csv_words *from);
void lam_csv_free_words(lam_csv_words *words);

typedef struct lam_csv_column {
	int64_t field; /* of a line */
	char *name;
	bool one_hot;
	lam_csv_words words;
	double sum, mean; /* of the values that are there */
	int64_t present;
} lam_csv_column;

typedef struct lam_csv_columns {
	int64_t width; /* fields of a line */
	bool header;   /* the first line has names */
	char **names;  /* [width] */
	lam_csv_column *list;
	int64_t count;
	bool has_target;
	lam_csv_column target;
	/* The targets are classes and whole numbers; `classes` is their number then, too. */
	bool numbered;
	int64_t classes;
} lam_csv_columns;

/* Reads the first record, decides which columns there are and finds those of the options. Then the
 * reader is in front of the first sample. */
lam_status lam_csv_resolve(lam_csv *csv, const lam_dataset_csv_options *options,
	const lam_csv_columns *like, lam_csv_columns *columns);

void lam_csv_free_columns(lam_csv_columns *columns);

/* The values of a sample. */
int64_t lam_csv_features(const lam_csv_columns *columns);

/* Whether a field says that its value is missing. */
bool lam_csv_is_missing(const char *field);

/* Whether a field is a finite number; `decimal` stands for its point. */
bool lam_csv_number(const char *field, char decimal, lam_real *value);

#pragma GCC visibility pop
#endif
