/* SPDX-License-Identifier: MIT */
/** \file
 * Schedules: the learning rate as a function of the step. A schedule is a plain struct. If all of
 * its members are 0, the rate is constant. */
#ifndef LAM_SCHEDULE_H
#define LAM_SCHEDULE_H

#include "named.h"
#include "real.h"
#include "status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum lam_schedule_kind {
	LAM_SCHEDULE_CONSTANT = 0, /**< always the optimizer's lr */
	LAM_SCHEDULE_ONE_CYCLE,
	LAM_SCHEDULE_COSINE,
	LAM_SCHEDULE_STEP,
	/** from a constructor that refused its options; using it is an error */
	LAM_SCHEDULE_INVALID,
} lam_schedule_kind;

typedef struct lam_schedule {
	size_t size;
	lam_schedule_kind kind;
	lam_real peak, div, final_div; /**< one cycle */
	lam_real least;                /**< cosine */
	lam_real factor;               /**< step */
	int every;                     /**< step: epochs */
	lam_real warmup;               /**< fraction of all steps, 0 to below 1 */
} lam_schedule;

/** One cycle. The rate rises from peak / div to peak during the fraction `warmup` of all steps, and
 * falls to peak / div / final_div during the rest, each along half a cosine. The optimizer's lr is
 * not used. As torch.optim.lr_scheduler.OneCycleLR, without its cycle of momentum. Smith and Topin
 * 2018. */
typedef struct lam_one_cycle_options {
	size_t size;
	LAM_NAMED;
	lam_real peak;      /**< above 0; required */
	lam_real warmup;    /**< 0 to below 1 (LAM_ZERO for 0); default 0.3 */
	lam_real div;       /**< at least 1; default 25 */
	lam_real final_div; /**< at least 1; default 10000 */
} lam_one_cycle_options;

/** Cosine: rate(t) = least + (lr - least) (1 + cos(pi t / T)) / 2. The warm-up rises linearly to
 * the optimizer's lr; T is the number of steps after it. As PyTorch's CosineAnnealingLR, but
 * advanced after each step. */
typedef struct lam_cosine_options {
	size_t size;
	LAM_NAMED;
	lam_real least;  /**< at least 0; default 0 */
	lam_real warmup; /**< 0 to below 1; default 0 */
} lam_cosine_options;

/** Step decay: rate = lr factor^floor(epoch / every), as PyTorch's StepLR. During the warm-up the
 * rate is multiplied by a factor that rises linearly to 1. */
typedef struct lam_step_decay_options {
	size_t size;
	LAM_NAMED;
	int every;       /**< required: epochs, at least 1 */
	lam_real factor; /**< above 0; default 0.1 */
	lam_real warmup; /**< 0 to below 1; default 0 */
} lam_step_decay_options;

LAM_MUST_CHECK lam_schedule lam_one_cycle_new(const lam_one_cycle_options *options);
LAM_MUST_CHECK lam_schedule lam_cosine_new(const lam_cosine_options *options);
LAM_MUST_CHECK lam_schedule lam_step_decay_new(const lam_step_decay_options *options);

#ifndef __cplusplus
#define lam_one_cycle(...) \
	lam_one_cycle_new( \
		&(lam_one_cycle_options){.size = sizeof(lam_one_cycle_options), __VA_ARGS__})
#define lam_cosine(...) \
	lam_cosine_new(&(lam_cosine_options){.size = sizeof(lam_cosine_options), __VA_ARGS__})
#define lam_step_decay(...) \
	lam_step_decay_new( \
		&(lam_step_decay_options){.size = sizeof(lam_step_decay_options), __VA_ARGS__})
#endif

/** LAM_ERR_ARGUMENT and a sentence for a schedule with invalid members. */
LAM_MUST_CHECK lam_status lam_schedule_check(const lam_schedule *schedule);

/** The learning rate of step `step` (0 to steps - 1) of `steps`, for an optimizer whose rate is
 * `lr`. An epoch has `steps_per_epoch` (at least 1) steps. `schedule` NULL: lr. A pure function.
 * NaN for a step decay with `every` or `steps_per_epoch` below 1. */
double lam_schedule_rate(const lam_schedule *schedule, double lr, int64_t step, int64_t steps,
	int64_t steps_per_epoch);

#ifdef __cplusplus
}
#endif
#endif
