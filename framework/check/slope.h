/* SPDX-License-Identifier: MIT */
/* Measures dL/dv of one value v of a call by differences, with several steps, and judges an
 * analytic gradient by them. L = sum of r y over the outputs y, or the loss. Private to the
 * framework. */
#ifndef LAM_SLOPE_H
#define LAM_SLOPE_H

#include "framework/check/alone.h"

#pragma GCC visibility push(hidden)

/* A call whose forward has run, and the L that is measured. */
typedef struct lam_meter {
	lam_alone *alone;
	const lam_real *r; /* [blocks][features][16], 0 in idle lanes; NULL: L is the loss */
	lam_real *y;       /* the output before a value is moved, as r */
	double *loss;      /* [blocks]: the loss of each block, likewise */
	double tolerance;
} lam_meter;

/* One or several values of a parameter, or of a sample of an input, that are moved together: value
 * i by lam_moved_weight(i) h. */
typedef struct lam_moved {
	lam_real *at;          /* value 0, in the arrays of the call */
	const lam_real *start; /* its value now, in a copy of the array */
	int64_t count, stride, start_stride;
	int copies;    /* idle lanes after each value that repeat it */
	int param;     /* its index among the call's parameters; -1: an input's */
	int64_t block; /* of an input's values */
	double step;   /* h */
	/* Many values of the array are wrong already: this one need not be measured as carefully */
	bool hasty;
} lam_moved;

/* Between 1/2 and 1 in size, of either sign, so that gradients that are equal do not cancel; 1
 * for value 0. */
double lam_moved_weight(int64_t i);

typedef enum lam_verdict {
	LAM_RIGHT,
	LAM_WRONG,
	LAM_UNSURE, /* differences do not agree: there are kinks, or rounding errors are too large
		     */
} lam_verdict;

typedef struct lam_judgement {
	lam_verdict verdict;
	double numeric;
	double error; /* |analytic - numeric| / unit */
} lam_judgement;

/* Judges the gradient `analytic` of a value. Errors are divided by the largest of |analytic|,
 * |numeric| and `unit`. Leaves the value as it was. */
lam_status lam_judge(const lam_meter *meter, const lam_moved *moved, double analytic, double unit,
	lam_judgement *judgement);

#pragma GCC visibility pop
#endif
