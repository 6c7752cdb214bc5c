/* SPDX-License-Identifier: MIT */
/** \file
 * Where the time of a net goes: per layer and kind of work.
 *
 *     lam_status status = lam_net_profile_start(net);
 *     … steps …
 *     status = lam_net_profile_stop(net);
 *     lam_net_profile(net, stdout);
 *
 * A profile changes no result, and allocates only in lam_net_profile_start(). While it runs, a step
 * reads the clock twice per unit of work (about 50 ns). Without a profile the cost is a branch that
 * is never taken. */
#ifndef LAM_PROFILE_H
#define LAM_PROFILE_H

#include "net.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a net does for a layer, or at its ends. */
typedef enum lam_profile_job {
	/** out from x; with the layers that it has absorbed, and with the layer before it that it
	 * computes, too */
	LAM_PROFILE_FORWARD = LAM_FORWARD,
	/** dx from dy (and dw, where the class has no .gradient), and sums of gradients from
	   several readers; of a batch norm, with that of a ReLU that it has absorbed */
	LAM_PROFILE_BACKWARD = LAM_BACKWARD,
	/** dw from dy and x; with it, in lam_net_step(), the update of large affine weights */
	LAM_PROFILE_GRADIENT = LAM_GRADIENT,
	LAM_PROFILE_PACK,   /**< packed copies of changed parameters */
	LAM_PROFILE_UPDATE, /**< the optimizer's rule; norms for clipping; accumulated gradients */
	LAM_PROFILE_ROWS,   /**< the caller's rows to lane blocks and back; of no layer */
	LAM_PROFILE_DATA,   /**< reading lam_fit()'s next batch within the step; of no layer */
	LAM_PROFILE_JOBS    /**< their number */
} lam_profile_job;

/** One kind of work of one layer, summed over all runs since lam_net_profile_start(). */
typedef struct lam_profile_row {
	size_t size;
	/** the layer's path as in parameters' names, "4.body.0"; "" for work of no layer. Owned by
	 * the net */
	const char *name;
	const char *kind;    /**< of the layer's class, "conv2d"; "" for no layer. Static storage */
	lam_profile_job job; /**< which kind of work */
	int64_t runs;        /**< steps and predictions that did this work */
	int64_t samples;     /**< in all of these runs together */
	double seconds;      /**< summed over threads: n threads busy for one second give n */
	/** floating-point operations of the direct algorithm, as the class declares by
	 * lam_plan_flops(); 0: not declared */
	double flops;
	/** the bytes that must be read and written: activations, gradients, parameters, moments */
	double bytes;
} lam_profile_row;

/** All runs together. */
typedef struct lam_profile_total {
	size_t size;
	int64_t runs;        /**< steps and predictions */
	int64_t samples;     /**< in all of these runs together */
	int threads;         /**< granted by OpenMP; the largest number of all runs */
	double wall_seconds; /**< from the beginning to the end of each run */
	double busy_seconds; /**< the sum of the rows' seconds */
	/** the sum of each run's wall seconds times its threads. The difference to busy_seconds is
	 * the time that threads waited or woke up */
	double team_seconds;
} lam_profile_total;

/** Starts counting from zero. LAM_ERR_MEMORY when memory for the counters is short;
 * LAM_ERR_ARGUMENT for NULL. */
LAM_MUST_CHECK lam_status lam_net_profile_start(lam_net *net);

/** Stops counting; the figures stay until the next start. LAM_ERR_STATE if it was never started. */
LAM_MUST_CHECK lam_status lam_net_profile_stop(lam_net *net);

/** Fills in at most `most` rows, in the order of the layers and of lam_profile_job, without work
 * that was never done. Returns the number of all rows; 0 for a net that was never profiled.
 * `row_size` is sizeof(lam_profile_row). Do not call it while the net runs. */
int lam_net_profile_rows(const lam_net *net, lam_profile_row *rows, int most, size_t row_size);

/** Fills in at most `total_size` (sizeof(lam_profile_total)) bytes; zeros for a net that was never
 * profiled. */
void lam_net_profile_total(const lam_net *net, lam_profile_total *total, size_t total_size);

/** Writes the rows to the caller's stream as a table: milliseconds per run (the threads' seconds
 * divided by the number of threads), share of the time, GFLOP/s, GB/s; then the time that threads
 * waited. LAM_ERR_STATE if it was never started. */
lam_status lam_net_profile(const lam_net *net, FILE *out);

#ifdef __cplusplus
}
#endif
#endif
