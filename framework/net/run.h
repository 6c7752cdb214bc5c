/* SPDX-License-Identifier: MIT */
/* One run of a net: what lam_net_forward, _step, _predict and lam_fit have in common. Private to
 * the framework. */
#ifndef LAM_RUN_H
#define LAM_RUN_H

#include "framework/net.h"
#include "framework/net/targets.h"
#include "framework/threads/side_work.h"

#pragma GCC visibility push(hidden)

enum {
	LAM_RUN_FORWARD = 1,
	LAM_RUN_BACKWARD = 2,
	LAM_RUN_UPDATE = 4,
};

typedef struct lam_run {
	unsigned what;
	lam_mode mode;
	int64_t n; /* samples, 1 to max_batch */
	/* forward in evaluation: a backward may follow in a later run, unless the net is for
	 * inference. After one in training it always may */
	bool backward_may_follow;
	const lam_real *rows; /* forward: [n][input shape], or */
	/* lane blocks [ceil(n / 16)][input shape][16], whose idle lanes repeat the last sample;
	 * read-only, must stay until the backward */
	const lam_real *lanes;
	const void *targets;     /* must stay until the backward; NULL: none */
	lam_targets_given given; /* what is known about their type */
	lam_real *y_rows;        /* forward: the output is also written here, unless it is NULL */
	const lam_real *dy_rows; /* backward of a net without a loss: [n][output shape] */
	const lam_optimizer *optimizer; /* update */
	double clip; /* > 0: the largest L2 norm of all gradients; larger ones are scaled down */
	double *grad_norm;         /* receives the norm before clipping; may be NULL */
	const lam_side_work *side; /* NULL: none */
	bool of_fit;               /* lam_fit()'s own: others may not change its net */
} lam_run;

/* Does everything that `what` lists, in one parallel region, after the checks that the public
 * functions promise. */
lam_status lam_net_run(lam_net *net, const lam_run *run);

/* Sets whether a profile that was started counts the runs from here on. */
void lam_run_profile(lam_net *net, bool on);

#pragma GCC visibility pop
#endif
