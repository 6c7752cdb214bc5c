/* SPDX-License-Identifier: MIT */
/* A net's memory as training, files and replay see it: whole arrays and counts. Private to the
 * framework. */
#ifndef LAM_ARENAS_H
#define LAM_ARENAS_H

#include "framework/evaluate.h"
#include "framework/plan/param.h"

#pragma GCC visibility push(hidden)

/* All parameters, or all running statistics. */
typedef struct lam_arena {
	lam_real *values;                /* in a replica, its source's */
	int64_t size;                    /* number of values, with gaps between parameters */
	struct lam_param *const *params; /* [count], each at its offset */
	int count;
} lam_arena;
lam_arena lam_net_params(const lam_net *net);
lam_arena lam_net_states(const lam_net *net);

/* Says that values of the arena have changed, so that nets make copies of them again. */
void lam_arena_changed(lam_arena arena);

/* Moment `m` of all parameters, at the parameters' offsets; NULL: the optimizer has fewer. */
lam_real *lam_net_moment(const lam_net *net, int m);

/* Makes the moments that this optimizer needs; zeroes them if the rule has changed. */
lam_status lam_net_moments(lam_net *net, const lam_optimizer *optimizer);

/* The name and numbers of a rule of the caller's own, to which the moments belong
 * (lam_optimizer_text()); NULL: it is the library's. */
const char *lam_net_rule_text(const lam_net *net);

/* The numbers of optimizer steps and of training forwards so far. Random numbers depend on both. */
typedef struct lam_counts {
	int64_t updates;
	uint64_t passes;
} lam_counts;
lam_counts lam_net_counts(const lam_net *net);
void lam_net_set_counts(lam_net *net, lam_counts counts);

/* Begins a run of training: the next optimizer starts with moments of 0, earlier gradients are
 * dropped, and passes are counted from where the last run that was counted has ended. So no two
 * runs of a net have the same random numbers, whatever the net did between them. */
void lam_net_restart(lam_net *net);

/* Ends a run of training that has succeeded. */
void lam_net_count_run(lam_net *net);

/* Call it before the last input is freed. The net then has no output and allows no backward. */
void lam_net_forget_input(lam_net *net);

enum { LAM_SCORES = LAM_TRAINED + 1 };

/* Sums over samples, of one loss. */
typedef struct lam_tally {
	int64_t seen;
	/* `right` counts samples, or places. If each output is right or wrong by itself, it counts
	 * fractions of samples. NaN: unknown. */
	double loss, right;
	double weight;  /* that `loss` is divided by (lam_pass.count) */
	int64_t scored; /* samples, or places, among which `right` were */
} lam_tally;

/* The sums of a loss in the last lam_evaluate(), in lam_fit()'s last validation, or in the running
 * epoch. They are apart, as a callback of lam_fit() may evaluate. */
lam_tally *lam_net_tally(const lam_net *net, int loss, lam_scored which);

/* The confusion matrix of the same, [classes][classes]; NULL if not yet allocated. There is none of
 * training. */
int64_t *lam_net_confusion(const lam_net *net, int loss, lam_scored which);
lam_status lam_net_confusion_room(lam_net *net, int loss, lam_scored which, int64_t classes);

/* The weight of a loss, and the one with which the net was made, which files keep. */
lam_real lam_net_loss_weight(const lam_net *net, int loss);
lam_real lam_net_made_weight(const lam_net *net, int loss);
void lam_net_restore_weight(lam_net *net, int loss, lam_real weight);

#pragma GCC visibility pop
#endif
