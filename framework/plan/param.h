/* SPDX-License-Identifier: MIT */
/* A parameter or a running statistic, which a layer declares and the net allocates. Private to the
 * framework. */
#ifndef LAM_PARAM_INSIDE_H
#define LAM_PARAM_INSIDE_H

#include "framework/plan.h"

#include <stdatomic.h>

/* What a net does while code of the caller's runs. */
typedef enum lam_running {
	LAM_IDLE = 0,
	LAM_RUNS,
	LAM_PAUSES, /* between the backward and the update of a step of lam_fit() */
} lam_running;

struct lam_param {
	char *name;
	lam_shape shape;
	lam_param_options start;
	lam_real initial;      /* a state's first value, of every element */
	int64_t offset, count; /* in values, inside its arena (parameters or states) */
	int call;              /* the call that declared it */
	int index;             /* its index among the parameters (or states) of that call */
	int first_part, parts; /* of its gradient, which other calls write */
	bool owner_writes;     /* the call that declared it writes its gradient */
	bool is_state, trainable;
	lam_real rate, decay; /* factors of the optimizer's lr and weight_decay */
	bool summed;          /* its gradient is in the net's sum, if that was begun */
	lam_real *value, *grad;
	lam_real *written; /* where this backward writes the gradient; NULL: it is frozen */
	const lam_running *running;    /* of its net, which relies on it then */
	atomic_uint_fast64_t *version; /* counts edits; a replica uses its source's */
	atomic_uint_fast64_t own_version;
};

/* Whether a step changes the parameter: it is trainable, and leads to a loss. */
static inline bool lam_param_trains(const struct lam_param *param)
{
	return param->trainable && (param->owner_writes || param->parts);
}

#endif
