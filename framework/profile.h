/* SPDX-License-Identifier: MIT */
/** \file
 * Where the time of a net goes: per layer and kind of work.
 *
 *     lam_net_profile_start(net);
 *     … steps …
 *     lam_net_profile_stop(net);
 *     lam_net_profile(net, stdout);
 *
 * A profile changes no result, and allocates in lam_net_profile_start() alone. While it runs, a
 * step reads the clock twice per unit of work (about 50 ns); a net that is not profiled pays one
 * branch that is never taken. */
#ifndef LAM_PROFILE_H
#define LAM_PROFILE_H

#include "net.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a net does for a layer, or at its ends. */
typedef enum lam_profile_job {
	/** out from x; of a convolution or affine layer with the activation that it absorbed */
	LAM_PROFILE_FORWARD = LAM_FORWARD,
	/** dx from dy (and dw, where the class has no .gradient), and sums of gradients that came
	   several ways */
	LAM_PROFILE_BACKWARD = LAM_BACKWARD,
	LAM_PROFILE_GRADIENT = LAM_GRADIENT, /**< dw from dy and x */
	LAM_PROFILE_PACK,                    /**< packed copies of changed parameters */
	LAM_PROFILE_UPDATE, /**< the optimizer's rule; norms for clipping; accumulated gradients */
	LAM_PROFILE_ROWS,   /**< the caller's rows to lane blocks and back; beside no layer */
	LAM_PROFILE_DATA,   /**< lam_fit()'s next batch, read beside the step; beside no layer */
	LAM_PROFILE_JOBS
} lam_profile_job;

/** One kind of work of one layer, summed over all runs since lam_net_profile_start(). */
typedef struct lam_profile_row {
	size_t size;
	/** the layer's place: "4.body.0", as in parameters' names; "" for work beside no layer. The
	 * net's own */
	const char *name;
	const char *kind; /**< of the layer's class: "conv2d"; "" as above. Static */
	lam_profile_job job;
	int64_t runs;    /**< steps and predictions that did this work */
	int64_t samples; /**< in all of them together */
	double seconds;  /**< summed over threads: n threads that are busy for a second make n */
	/** floating-point operations, as the class declares them by lam_plan_flops(): direct
	 * algorithms'; 0: not declared */
	double flops;
	/** that must be read and written at least: activations, gradients, parameters, moments */
	double bytes;
} lam_profile_row;

/** All runs together. */
typedef struct lam_profile_total {
	size_t size;
	int64_t runs, samples;
	int threads;         /**< that OpenMP granted; of several runs: at most */
	double wall_seconds; /**< between begin and end of the runs */
	double busy_seconds; /**< the rows' seconds added up */
	/** each run's wall seconds times its threads, whether they found work or not; what is
	 * missing to them in busy_seconds, threads waited or were woken */
	double team_seconds;
} lam_profile_total;

/** Starts counting from zero. LAM_ERR_MEMORY when there is none for the counters; LAM_ERR_ARGUMENT
 * for NULL. */
LAM_MUST_CHECK lam_status lam_net_profile_start(lam_net *net);

/** Stops counting; the numbers stay until the next start. LAM_ERR_STATE when it was never started.
 */
LAM_MUST_CHECK lam_status lam_net_profile_stop(lam_net *net);

/** Fills at most `most` rows, in the order of the layers and of lam_profile_job, leaving out work
 * that was never done, and returns how many there are; 0 for a net that was never profiled.
 * `row_size` is sizeof(lam_profile_row). Not while the net runs. */
int lam_net_profile_rows(const lam_net *net, lam_profile_row *rows, int most, size_t row_size);

/** Fills at most `total_size` (sizeof(lam_profile_total)) bytes; zeros for a net that was never
 * profiled. */
void lam_net_profile_total(const lam_net *net, lam_profile_total *total, size_t total_size);

/** Writes the rows to the caller's stream as a table: milliseconds per run (of all threads
 * together: their seconds divided by their number), share of the time, GFLOP/s, GB/s; then the time
 * that threads waited. LAM_ERR_STATE when it was never started. */
lam_status lam_net_profile(const lam_net *net, FILE *out);

#ifdef __cplusplus
}
#endif
#endif
