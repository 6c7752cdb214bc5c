/* SPDX-License-Identifier: MIT */
/* A list of names in one piece of memory: the classes of a data set, and of a net. Private to the
 * library. */
#ifndef LAM_NAMES_LIST_H
#define LAM_NAMES_LIST_H

#include "framework/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* The longest name in bytes, without its zero; the most names of a list; and the most bytes of a
 * list that can be saved, with a zero for each name. */
enum { LAM_LONGEST_NAME = 255, LAM_MOST_NAMES = 1 << 20, LAM_MOST_NAME_BYTES = 1 << 24 };

typedef struct lam_names lam_names;

/* Whether a name has 1 to LAM_LONGEST_NAME bytes of printable UTF-8. */
bool lam_name_allowed(const char *name);

/* Copies `count` names. Each must have 1 to LAM_LONGEST_NAME bytes of printable UTF-8; the sentence
 * begins with `what`. NULL and a sentence on failure. */
lam_names *lam_names_new(const char *what, const char *const *names, int64_t count);

/* The names of a text that has a line for each. */
lam_names *lam_names_parse(const char *what, const char *text);

/* The text that lam_names_parse() reads. Valid until lam_names_free(). */
const char *lam_names_text(const lam_names *names);

/* Replaces the list that *slot owns by one of `count` names that can be saved, or by none if that
 * is 0. On failure *slot is unchanged. */
lam_status lam_names_set(
	lam_names **slot, const char *what, const char *const *names, int64_t count);

/* Replaces the list that *slot owns by a copy of `names`, or by none if that is NULL. */
lam_status lam_names_assign(lam_names **slot, const lam_names *names);

/* NULL is allowed. */
void lam_names_free(lam_names *names);

/* 0 for NULL. */
int64_t lam_names_count(const lam_names *names);

/* Name `i`, from 0; NULL out of range and for NULL. */
const char *lam_names_at(const lam_names *names, int64_t i);

#pragma GCC visibility pop
#endif
