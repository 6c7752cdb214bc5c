/* SPDX-License-Identifier: MIT */
/* Reads the records of a CSV file one by one. Private to datasets/. */
#ifndef LAM_CSV_READER_H
#define LAM_CSV_READER_H

#include "framework/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

typedef struct lam_csv lam_csv;

/* Opens a file and passes over `skip` lines. `separator` 0: guessed from the next line, and not
 * `decimal`, which stands for the point of numbers. NULL and a sentence on failure. */
lam_csv *lam_csv_open(const char *path, char separator, char decimal, int skip);

/* NULL is allowed. */
void lam_csv_close(lam_csv *csv);

/* The file's length. */
uint64_t lam_csv_bytes(const lam_csv *csv);

/* Reads the next record that is not empty. At the end of the file it has no fields. */
lam_status lam_csv_next(lam_csv *csv);

/* Goes back to the first record. */
void lam_csv_rewind(lam_csv *csv);

/* Of the last record: the number of fields, and the text of field i, without quotes and the spaces
 * around it, a C string. */
int64_t lam_csv_fields(const lam_csv *csv);
const char *lam_csv_field(const lam_csv *csv, int64_t i);

/* "'wine.csv', line 7": how sentences begin. */
typedef struct lam_csv_place {
	char text[160];
} lam_csv_place;
lam_csv_place lam_csv_where(const lam_csv *csv);

#pragma GCC visibility pop
#endif
