/* SPDX-License-Identifier: MIT */
/* A table while it is read, and what stays of it. Private to datasets/. */
#ifndef LAM_CSV_TABLE_H
#define LAM_CSV_TABLE_H

#include "datasets/csv_columns.h"
#include "framework/base/names.h"

#pragma GCC visibility push(hidden)

/* The state of the data set. */
struct lam_csv_state {
	lam_csv_columns columns;
	lam_real *x;       /* [count][features] */
	int32_t *classes;  /* [count], or NULL */
	lam_real *targets; /* [count], or NULL */
	int64_t features, count;
	lam_names *names; /* of the features */
};

/* A file being read. */
struct lam_csv_table {
	lam_dataset_csv_options options;
	lam_csv *csv;
	const struct lam_csv_state *like;
	struct lam_csv_state s;
	size_t bytes, limit; /* of words and values */
};

/* Reads the samples that `options`, `csv`, `like`, `limit` and the resolved columns describe. */
lam_status lam_csv_load(struct lam_csv_table *table);

void lam_csv_free_state(struct lam_csv_state *state);

#pragma GCC visibility pop
#endif
