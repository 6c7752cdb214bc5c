/* SPDX-License-Identifier: MIT */
/* Checks of targets before a run reads them. Private to the library. */
#ifndef LAM_NET_TARGETS_H
#define LAM_NET_TARGETS_H

#include "framework/base/number.h"
#include "framework/net.h"

#pragma GCC visibility push(hidden)

/* What is known about targets that were given as a pointer. */
typedef enum lam_targets_given {
	LAM_GIVEN_UNTYPED = 0, /* `const void *`: they may have the wrong type */
	LAM_GIVEN_CLASSES,     /* int32_t */
	LAM_GIVEN_VALUES,      /* lam_real */
	LAM_GIVEN_LOADED,      /* read by a loader for this loss, with its type and range */
} lam_targets_given;

/* The number of values of one sample's target. */
int64_t lam_target_values(const lam_target_info *info);

/* The class that is ignored; INT64_MIN: none. */
int64_t lam_target_ignored(const lam_target_info *info);

/* What a loss divides its sum over n samples with these weights (NULL: 1) by (lam_pass.count). The
 * order of its sum follows from the number of targets alone. */
double lam_target_count(
	const lam_target_info *info, const void *targets, const lam_real *weights, int64_t n);

/* LAM_ERR_ARGUMENT or LAM_ERR_UNSUPPORTED and a sentence when the loss cannot weigh n samples by
 * these numbers. */
lam_status lam_weights_check(const lam_net *net, int loss, const lam_real *weights, int64_t n);

/* The index of the first weight that is below 0 or not finite; -1: there is none. */
int64_t lam_first_bad_weight(const lam_real *weights, int64_t n);

/* The same of mixed classes (lam_pass.second). */
double lam_mixed_count(const lam_target_info *info, const int32_t *classes, const int32_t *second,
	const lam_real *share, int64_t n);

/* The index of the first of `count` classes that is neither in 0 to `classes` - 1 nor ignored; -1:
 * there is none. */
int64_t lam_first_bad_class(const int32_t *found, int64_t count, int64_t classes, int64_t ignored);

/* For sentences about a class: where in a map it is, " at place 3,5" ("" if it is the sample's
 * only one), and which other class is allowed, " or 255 (ignored)" or "". */
typedef struct lam_class_words {
	char place[16 * LAM_MAX_RANK], ignored[40];
} lam_class_words;
lam_class_words lam_class_describe(const lam_target_info *info, int64_t index);

/* LAM_ERR_ARGUMENT and a sentence when the targets of n samples do not fit the loss: another type,
 * unknown classes, values outside its range, or untyped targets whose bits look like the other
 * type. Allocates nothing. */
lam_status lam_targets_check(
	const lam_net *net, int loss, const void *targets, int64_t n, lam_targets_given given);

/* The range in which each value of a loss's targets must lie, and what it is for sentences: "0 to
 * 1", or "finite numbers". */
typedef struct lam_target_range {
	bool any; /* every value is allowed, NaN too */
	lam_real least, most;
	char text[2 * LAM_NUMBER_TEXT + 8];
} lam_target_range;
lam_target_range lam_target_range_of(const lam_target_info *info);

/* The index of the first of `count` values outside [least, most], or NaN; -1: there is none. */
int64_t lam_first_outside(const lam_real *values, int64_t count, lam_real least, lam_real most);

/* Recognises int32 labels that were given as reals. They are labels if the first `words` 32-bit
 * words are all in 0 to 2^20 - 1 and some are not 0. Then returns the index of the first that is
 * not 0; otherwise -1. As lam_real such values would be 0 or subnormal. */
int64_t lam_first_label(const void *targets, int64_t words);

/* Recognises a mask of uint8_t or bool that was given as reals. It is one if the first `bytes`
 * bytes, one for each value, are all 0 or 1, and some are 1; as lam_real such values would be below
 * 1e-37. Then returns the index of the first 1; otherwise -1. */
int64_t lam_first_flag(const void *targets, int64_t bytes);

/* Recognises a real that was given as an int32 label: true when these bits are more likely a real,
 * which is stored in *real. But a class number may also be as large. So use this only for the
 * sentence about a class that is refused anyway, or where the caller has not given the number of
 * classes. */
bool lam_class_is_real(int32_t label, double *real);

enum { LAM_MOST_GUESSED_CLASSES = 1 << 20 };

#pragma GCC visibility pop
#endif
