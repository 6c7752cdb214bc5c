/* SPDX-License-Identifier: MIT */
/** \file
 * The option table: how a layer class lists its options, once, for its constructor's checks, the
 * summary line, the architecture text of a checkpoint and the parser of that text. */
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

/** Says zero where a plain 0 would mean "left out": `.pad = {1, LAM_ZERO}`. */
#define LAM_ZERO INT_MIN

/** The type of the member that an option lies in. */
typedef enum lam_option_type {
	LAM_OPTION_INT,  /**< int */
	LAM_OPTION_PAIR, /**< int[2]; a second 0 repeats the first, LAM_ZERO is a real zero */
	LAM_OPTION_INTS, /**< int[count]; nothing repeats */
	LAM_OPTION_REAL, /**< lam_real */
	/** lam_real[count]; as many were given as lie up to the last that is not 0: a zero there is
	   said, and stays, LAM_ZERO */
	LAM_OPTION_REALS,
	LAM_OPTION_BOOL,   /**< bool */
	LAM_OPTION_SHAPE,  /**< lam_shape; rank 0 is left out */
	LAM_OPTION_CHOICE, /**< int that indexes `choices` */
} lam_option_type;

/** One row of a class's option table, which ends with a row whose name is NULL.
 * A member that is 0 was left out: it becomes `fallback`, or is refused when the row is `required`.
 * What was given must be finite and lie in [least, most]; `above` and `below` exclude the ends.
 * That holds for every element of a pair or list, and not for bools, shapes and choices. LAM_ZERO
 * is 0 in integers, in a single real, and in REALS before the last. A row always says `most`:
 * INT_MAX or more stands for no upper bound. */
typedef struct lam_option {
	const char *name;
	lam_option_type type;
	size_t offset; /**< in the layer's state, which begins with the options struct */
	/** a constant, so rounded to nearest whatever the mode of who creates a layer; of an
	 * integer at most 2^24 in size */
	lam_real fallback;
	double least, most;
	int count;                  /**< for INTS and REALS */
	const char *const *choices; /**< for CHOICE: words, ending with NULL */
	bool required;
	bool above; /**< reals: `least` itself is refused; in REALS 0 is still left out */
	bool below; /**< reals: `most` itself is refused */
	/** names that files may still use, because the option once had them; ends with NULL. NULL:
	 * none */
	const char *const *former;
} lam_option;

/** A row for one member of an options struct: `LAM_OPTION(struct swish_options, beta, REAL,
 * .fallback = 1, .most = 100)`. Its name is the member's. The type is a lam_option_type without its
 * prefix; what follows are further members of lam_option. */
#define LAM_OPTION(options_struct, member, ...) \
	LAM_OPTION_ROW(options_struct, member, __VA_ARGS__, )
#define LAM_OPTION_ROW(options_struct, member, member_type, ...) \
	{ \
		.name = #member, .offset = offsetof(options_struct, member), \
		.type = LAM_OPTION_##member_type, __VA_ARGS__ \
	}

/** The row that ends a table. */
#define LAM_OPTIONS_END \
	{ \
		.name = NULL \
	}

/** What every options struct of a layer begins with: `struct swish_options { LAM_LAYER_OPTIONS;
 * lam_real beta; }`. */
#define LAM_LAYER_OPTIONS \
	size_t size; /* sizeof the struct, so that it may grow */ \
	LAM_NAMED; \
	const char *name /* replaces the position in parameter names; copied */

#ifdef __cplusplus
}
#endif
#endif
