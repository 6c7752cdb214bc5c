/* SPDX-License-Identifier: MIT */
/** \file
 * Schedules: the learning rate as a function of the step. A schedule is a plain struct. If all of
 * its members are 0, the rate is constant. */
#ifndef LAM_SCHEDULE_H
#define LAM_SCHEDULE_H

#include "named.h"
#include "real.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The kind of a schedule. */
typedef enum lam_schedule_kind {
	LAM_SCHEDULE_CONSTANT = 0,    /**< always the optimizer's lr */
	LAM_SCHEDULE_ONE_CYCLE,       /**< lam_one_cycle() */
	LAM_SCHEDULE_COSINE,          /**< lam_cosine() */
	LAM_SCHEDULE_STEP,            /**< lam_step_decay() */
	LAM_SCHEDULE_FUNCTION,        /**< of the caller's */
	LAM_SCHEDULE_PIECEWISE,       /**< lam_piecewise() */
	LAM_SCHEDULE_COSINE_RESTARTS, /**< lam_cosine_restarts() */
	LAM_SCHEDULE_PLATEAU,         /**< lam_plateau() */
	/** from a constructor that refused its options; using it is an error */
	LAM_SCHEDULE_INVALID,
} lam_schedule_kind;

/** The step that a schedule's function is asked for. */
typedef struct lam_schedule_step {
	size_t size;
	double lr;               /**< the optimizer's */
	int64_t step, steps;     /**< 0 to steps - 1, of the whole run */
	int64_t steps_per_epoch; /**< step / steps_per_epoch is the epoch, from 0 */
} lam_schedule_step;

/** A rate as a function of the step. */
typedef double (*lam_rate_function)(const lam_schedule_step *step, void *data);

/** A point of lam_piecewise(). */
typedef struct lam_schedule_point {
	lam_real at;     /**< the part of the run that is done, 0 to 1; or, epochs that are done */
	lam_real factor; /**< that the optimizer's lr is multiplied by, at least 0 */
} lam_schedule_point;

enum { LAM_SCHEDULE_POINTS = 16 /**< the most points of lam_piecewise() */ };

/** A schedule: the kind and its numbers, which the constructors fill in. A plain value; one that is
 * all zeros is constant. */
typedef struct lam_schedule {
	size_t size;
	lam_schedule_kind kind;                         /**< set by the constructor; 0: constant */
	lam_real peak, div, final_div;                  /**< one cycle */
	lam_real least;                                 /**< cosine */
	lam_real factor;                                /**< step */
	int every;                                      /**< step: epochs */
	lam_real warmup;                                /**< fraction of all steps, 0 to below 1 */
	int multiply;                                   /**< cosine with restarts */
	int patience, cooldown;                         /**< plateau: epochs */
	lam_real threshold;                             /**< plateau */
	bool by_epoch;                                  /**< piecewise: points stand at epochs */
	int count;                                      /**< piecewise: of the points */
	lam_schedule_point points[LAM_SCHEDULE_POINTS]; /**< piecewise: the first `count` */
	lam_rate_function function;                     /**< of the caller's; otherwise NULL */
	void *data;                                     /**< the function's */
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

/** Cosine with restarts: rate(t) = least + (lr - least) (1 + cos(pi t / T)) / 2, where t counts the
 * steps since the last restart, and T is the number of steps until the next one: `every` epochs at
 * first, and `multiply` times as many after each restart. The warm-up rises linearly to lr; the
 * first period begins after it. As PyTorch's CosineAnnealingWarmRestarts, advanced by fractions of
 * an epoch after each step. Loshchilov and Hutter 2017. */
typedef struct lam_cosine_restarts_options {
	size_t size;
	LAM_NAMED;
	int every;       /**< required: epochs, at least 1 */
	int multiply;    /**< at least 1; default 1 */
	lam_real least;  /**< at least 0; default 0 */
	lam_real warmup; /**< 0 to below 1; default 0 */
} lam_cosine_restarts_options;

/** Plateau: an epoch is better if its loss is below (1 - threshold) times the least one of all
 * better epochs before it. After more than `patience` epochs in a row that were not better, the
 * rate is multiplied by `factor`, but stays at least `least`. During the `cooldown` epochs after
 * that, epochs that are not better do not count. The loss is that of the validation set, or
 * without one the training loss. During the warm-up the rate is multiplied by a factor that rises
 * linearly to 1.
 *
 * As PyTorch's ReduceLROnPlateau (mode "min", threshold_mode "rel", eps 1e-8: a change of the rate
 * that is not larger is left out). */
typedef struct lam_plateau_options {
	size_t size;
	LAM_NAMED;
	lam_real factor;    /**< above 0 and below 1; default 0.1 */
	int patience;       /**< epochs, at least 0 (LAM_ZERO for 0); default 10 */
	lam_real threshold; /**< 0 to below 1 (LAM_ZERO for 0); default 0.0001 */
	int cooldown;       /**< epochs, at least 0; default 0 */
	lam_real least;     /**< at least 0; default 0 */
	lam_real warmup;    /**< 0 to below 1; default 0 */
} lam_plateau_options;

/** A table of points: rate = lr x factor, where the factor is that of the points, linear between
 * them, and constant before the first and after the last. Step t of T has the position t / T.
 *
 *     lam_piecewise(.points = {{0, 0.2f}, {0.25f, 1}, {1, 0.05f}})
 *     lam_piecewise(.points = {{0, 1}, {10, 1}, {30, LAM_ZERO}}, .by_epoch = true)
 *
 * The list ends with the last point that is not {0, 0}. The points are copied. For more of them
 * write a function. As PyTorch's LambdaLR with numpy.interp(). */
typedef struct lam_piecewise_options {
	size_t size;
	LAM_NAMED;
	/** 1 to LAM_SCHEDULE_POINTS, each behind the one before; required */
	lam_schedule_point points[LAM_SCHEDULE_POINTS];
	bool by_epoch; /**< points stand at epochs; step t has the position t / steps_per_epoch */
} lam_piecewise_options;

/** A function of the caller's, as PyTorch's LambdaLR, but it returns the rate itself: finite and at
 * least 0. It must be pure, depending on its arguments alone. lam_fit() calls it between two
 * steps, and before the first for some steps of the run: a run that is resumed must give
 * the same rates as the saved one, or it is refused. If the two runs have different `.epochs`,
 * that is not compared. `data` is borrowed. */
LAM_MUST_CHECK lam_schedule lam_schedule_function(lam_rate_function function, void *data);

/** The constructors. If options are invalid, they set a sentence and return a schedule with
 * LAM_SCHEDULE_INVALID, and functions that are given it fail. */
LAM_MUST_CHECK lam_schedule lam_one_cycle_new(const lam_one_cycle_options *options);
LAM_MUST_CHECK lam_schedule lam_cosine_new(const lam_cosine_options *options);
LAM_MUST_CHECK lam_schedule lam_step_decay_new(const lam_step_decay_options *options);
LAM_MUST_CHECK lam_schedule lam_cosine_restarts_new(const lam_cosine_restarts_options *options);
LAM_MUST_CHECK lam_schedule lam_plateau_new(const lam_plateau_options *options);
LAM_MUST_CHECK lam_schedule lam_piecewise_new(const lam_piecewise_options *options);

#ifndef __cplusplus
#define lam_one_cycle(...) \
	lam_one_cycle_new( \
		&(lam_one_cycle_options){.size = sizeof(lam_one_cycle_options), __VA_ARGS__})
#define lam_cosine(...) \
	lam_cosine_new(&(lam_cosine_options){.size = sizeof(lam_cosine_options), __VA_ARGS__})
#define lam_step_decay(...) \
	lam_step_decay_new( \
		&(lam_step_decay_options){.size = sizeof(lam_step_decay_options), __VA_ARGS__})
#define lam_cosine_restarts(...) \
	lam_cosine_restarts_new(&(lam_cosine_restarts_options){ \
		.size = sizeof(lam_cosine_restarts_options), __VA_ARGS__})
#define lam_plateau(...) \
	lam_plateau_new(&(lam_plateau_options){.size = sizeof(lam_plateau_options), __VA_ARGS__})
#define lam_piecewise(...) \
	lam_piecewise_new( \
		&(lam_piecewise_options){.size = sizeof(lam_piecewise_options), __VA_ARGS__})
#endif

/** LAM_ERR_ARGUMENT and a sentence for a schedule with invalid members. */
LAM_MUST_CHECK lam_status lam_schedule_check(const lam_schedule *schedule);

/** The learning rate of step `step` (0 to steps - 1) of `steps`, for an optimizer whose rate is
 * `lr`. An epoch has `steps_per_epoch` (at least 1) steps. `schedule` NULL: lr. A pure function,
 * which knows no losses: of a plateau it gives the rate before the first reduction. NaN where
 * epochs are counted and `every`, `multiply` or `steps_per_epoch` is below 1. */
double lam_schedule_rate(const lam_schedule *schedule, double lr, int64_t step, int64_t steps,
	int64_t steps_per_epoch);

#ifdef __cplusplus
}
#endif
#endif
