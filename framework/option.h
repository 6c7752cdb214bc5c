/* SPDX-License-Identifier: MIT */
/** \file
 * For those who write layers, the option table: a class lists its options once. Constructor checks,
 * the summary, the architecture text of files and its parser all use this list. */
#ifndef LAM_OPTION_H
#define LAM_OPTION_H

#include "named.h"
#include "real.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Means zero where a plain 0 would mean "left out": `.pad = {1, LAM_ZERO}`. */
#define LAM_ZERO INT_MIN

/** The type of an option's member. */
typedef enum lam_option_type {
	LAM_OPTION_INT,  /**< int */
	LAM_OPTION_PAIR, /**< int[2]; a second 0 repeats the first, LAM_ZERO means 0 */
	LAM_OPTION_INTS, /**< int[count]; nothing repeats */
	LAM_OPTION_REAL, /**< lam_real */
	/** lam_real[count]; the list ends with the last value that is not 0. A zero at the end is
	 * given, and stored, as LAM_ZERO */
	LAM_OPTION_REALS,
	LAM_OPTION_BOOL,   /**< bool */
	LAM_OPTION_SHAPE,  /**< lam_shape; rank 0: left out */
	LAM_OPTION_CHOICE, /**< int that indexes `choices` */
	LAM_OPTION_COUNT,  /**< int64_t: how many values arrays have; 0 is left out */
	/** const lam_real *, of as many values as the COUNT at `length` says: read when the layer
	   is made, which keeps a copy; NULL is left out. In files an entry of its own. */
	LAM_OPTION_ARRAY,
} lam_option_type;

/** One row of a class's option table, which ends with a row whose name is NULL.
 *
 * A member that is 0 was left out: it becomes `fallback`, or is refused if the row is `required`.
 * Other values must be finite and in [least, most]; `above` and `below` exclude the ends. This
 * applies to every element of a pair or list, but not to bools, shapes and choices. LAM_ZERO
 * becomes 0 in integers, in a single real, and in REALS before the last. Every row must set `most`;
 * INT_MAX or more means no upper bound. */
typedef struct lam_option {
	const char *name;     /**< of the member, and of the option in files */
	lam_option_type type; /**< of the member */
	size_t offset;        /**< in the layer's state, which begins with the options struct */
	/** the default: a constant, so that it does not depend on the caller's rounding mode; at
	 * most 2^24 in size for integers */
	lam_real fallback;
	double least, most; /**< the range, ends included unless `above` or `below` is set */
	int count;          /**< for INTS and REALS */
	const char *const *choices; /**< for CHOICE: its words, ending with NULL */
	bool required;              /**< 0 is refused: there is no default */
	bool above; /**< reals: `least` itself is refused; a 0 in REALS still means left out */
	bool below; /**< reals: `most` itself is refused */
	/** former names of the option, which files may still use, ending with NULL; NULL: none */
	const char *const *former;
	size_t length; /**< ARRAY: offset of its COUNT, whose row is above this one */
} lam_option;

/** A row for a member of an options struct:
 *
 *     LAM_OPTION(struct swish_options, beta, REAL, .fallback = 1, .most = 100)
 *
 * The option has the member's name. The type is a lam_option_type without its prefix. The rest are
 * further members of lam_option. */
#define LAM_OPTION(options_struct, member, ...) \
	LAM_OPTION_ROW(options_struct, member, __VA_ARGS__, )
#define LAM_OPTION_ROW(options_struct, member, member_type, ...) \
	{ \
		.name = #member, .type = LAM_OPTION_##member_type, \
		.offset = offsetof(options_struct, member), __VA_ARGS__ \
	}

/** The row that ends a table. */
#define LAM_OPTIONS_END \
	{ \
		.name = NULL \
	}

/** The first members of every layer's options struct:
 * `struct swish_options { LAM_LAYER_OPTIONS; lam_real beta; }`. */
#define LAM_LAYER_OPTIONS \
	size_t size; /* sizeof the struct, so that it may grow */ \
	LAM_NAMED; \
	const char *name /* replaces the position in parameter names; copied */

#ifdef __cplusplus
}
#endif
#endif
