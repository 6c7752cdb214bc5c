/* SPDX-License-Identifier: MIT */
/* A call whose gradients are checked, and the array of it that is being checked. Private to check/.
 */
#ifndef LAM_SUBJECT_H
#define LAM_SUBJECT_H

#include "framework/check/gradients.h"

#pragma GCC visibility push(hidden)

typedef struct lam_subject {
	lam_check *check;
	lam_alone alone;
	lam_meter meter;
	lam_real *r;                   /* L = sum of r y */
	double *analytic;              /* [count] */
	double *elsewhere;             /* [count]: lam_elsewhere_run() */
	lam_real *values;              /* [count]: a copy of the array */
	bool *judged;                  /* [count]: alone */
	const char *name;              /* of the array */
	int call, array, input, param; /* param -1: input `input` */
	int64_t count, features;
	double step, unit;
	int64_t wrong;   /* values of the array */
	double largest;  /* gradient of all arrays of the call */
	double **others; /* of each array, its elsewhere; NULL: other samples change the output */
} lam_subject;

/* Checks the gradients of all arrays of a call whose forward has run. */
lam_status lam_check_gradients(lam_subject *s);

/* Computes the gradients of the same samples at other places of a batch: in batches as small as
 * the first one where a forward is per block, else in the same batch in another order. Fills
 * s->others. The gradients of parameters are sums over these batches. An error that depends on
 * where a sample is makes a difference. */
lam_status lam_elsewhere_run(lam_subject *s);
void lam_elsewhere_free(lam_subject *s);

#pragma GCC visibility pop
#endif
