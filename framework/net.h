/* SPDX-License-Identifier: MIT */
/** \file
 * The net: a model bound to an input shape and a batch bound, with all the memory that a step
 * needs.
 *
 * A net is used by one thread at a time; two nets may run at once in two threads. Inputs and
 * outputs are row-major, one sample after another: `x` is [n][input shape], `y` is [n][output
 * shape]. */
#ifndef LAM_NET_H
#define LAM_NET_H

#include "layer.h"
#include "named.h"
#include "optimizer.h"
#include "param.h"
#include "pass.h"
#include "target.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_net lam_net;

typedef struct lam_net_options {
	/** set by the macro; not set (0) it is refused and nothing consumed: nothing else can be
	 * read */
	size_t size;
	lam_layer *model; /**< consumed, also on failure */
	lam_shape shape;  /**< of one input sample */
	LAM_NAMED;
	/** samples per step at most: bounds the memory; default 128. With .inference and less than
	 * 16, samples are computed one at a time, in sums of another order: equal within rounding
	 * to what a larger net predicts, and to the bit whatever a sample's company and the threads
	 */
	int max_batch;
	uint64_t seed;   /**< of initial parameters, dropout, and lam_fit's shuffle */
	bool inference;  /**< forward only: no gradients, activations share memory */
	bool input_grad; /**< backward also gives lam_net_input_grad() */
	/** no algorithm that trades rounding errors for speed (Winograd's): see lam_conv2d_new() */
	bool direct;
	/** of a step at most; default: OpenMP's own (OMP_NUM_THREADS or the processors) */
	int threads;
	/** bytes; a net that needs more (the total of lam_net_memory) is LAM_ERR_MEMORY before they
	 * are allocated. Default: none */
	size_t memory_limit;
} lam_net_options;

/** Binds a model: checks every shape, plans and allocates all memory, initialises the parameters.
 * NULL and a sentence on failure; the model is freed then too. A NULL model keeps whatever sentence
 * the thread has, which is that of the constructor that failed; a model that was simply left NULL
 * thus shows an older failure's, if there was one. */
LAM_MUST_CHECK lam_net *lam_net_create_with(const lam_net_options *options);

/** Frees the net and its model. NULL is allowed. Replicas must be freed before the net that they
 * were made from. */
void lam_net_free(lam_net *net);

/** A second net on the same parameters (shared, not copied) with memory of its own for steps: a
 * serving thread beside others. Always for inference. It must not run while `net` is being updated,
 * and must be freed before it. */
typedef struct lam_replica_options {
	size_t size;
	lam_net *net;
	LAM_NAMED;
	int max_batch;  /**< default: the net's */
	bool inference; /**< may be said; a replica is always for inference */
	int threads;    /**< default: the net's */
} lam_replica_options;
LAM_MUST_CHECK lam_net *lam_net_replica_with(const lam_replica_options *options);

#ifndef __cplusplus
#define lam_net_create(...) \
	lam_net_create_with( \
		&(lam_net_options){.size = sizeof(lam_net_options), .model = __VA_ARGS__})
#define lam_net_replica(...) \
	lam_net_replica_with( \
		&(lam_replica_options){.size = sizeof(lam_replica_options), .net = __VA_ARGS__})
#endif

/** Allocates what the first step would: the optimizer's moments (NULL: none) and OpenMP's threads.
 * After it, no step allocates. */
LAM_MUST_CHECK lam_status lam_net_prepare(lam_net *net, const lam_optimizer *optimizer);

/** Runs the net on n samples. `targets` (NULL: none, then no loss): int32_t class per sample or
 * rows of lam_real, as lam_net_targets() says. LAM_ERR_ARGUMENT and a sentence with sample, value
 * and what was expected for classes that the loss does not have and values outside of its range.
 *
 * In C the macro of this name hands int32_t pointers to lam_net_forward_classes() and lam_real
 * pointers to lam_net_forward_values(), which know what they have; other types than these, void and
 * char do not compile. Behind `void *` the other type is recognised by its bits alone: reals given
 * as classes are refused unless all are 0, classes given as reals unless all are class 0 or one is
 * 1,048,576 or more. */
LAM_MUST_CHECK lam_status lam_net_forward(
	lam_net *net, lam_mode mode, const lam_real *x, const void *targets, int64_t n);
/** The same for targets of a stated type. LAM_ERR_ARGUMENT when the loss wants the other. */
LAM_MUST_CHECK lam_status lam_net_forward_classes(
	lam_net *net, lam_mode mode, const lam_real *x, const int32_t *classes, int64_t n);
LAM_MUST_CHECK lam_status lam_net_forward_values(
	lam_net *net, lam_mode mode, const lam_real *x, const lam_real *values, int64_t n);

/** The mean loss of the last forward that had targets; NaN before. */
double lam_net_loss(const lam_net *net);

/** Gradients of the loss of the last training forward, for all parameters (and the input, if asked
 * at create). */
LAM_MUST_CHECK lam_status lam_net_backward(lam_net *net);

/** As lam_net_backward() for a net without a loss: `dy` is the gradient of the output, [n][output
 * shape]. */
LAM_MUST_CHECK lam_status lam_net_backward_from(lam_net *net, const lam_real *dy);

/** Changes the parameters by the gradients of the last backward. The first call with another rule,
 * or one that keeps other moments (momentum, centered), starts them at 0. */
LAM_MUST_CHECK lam_status lam_net_update(lam_net *net, const lam_optimizer *optimizer);

/** Forward, backward and update in one parallel region: the same bits as the three. Targets, and
 * the macro of this name, as in lam_net_forward(). */
LAM_MUST_CHECK lam_status lam_net_step(lam_net *net, const lam_optimizer *optimizer,
	const lam_real *x, const void *targets, int64_t n);
LAM_MUST_CHECK lam_status lam_net_step_classes(lam_net *net, const lam_optimizer *optimizer,
	const lam_real *x, const int32_t *classes, int64_t n);
LAM_MUST_CHECK lam_status lam_net_step_values(lam_net *net, const lam_optimizer *optimizer,
	const lam_real *x, const lam_real *values, int64_t n);

#ifndef __cplusplus
/** Which of the three functions `function` is, by the type of the targets. */
#define LAM_BY_TARGETS(function, targets) \
	_Generic((targets), \
		int32_t *: function##_classes, \
		const int32_t *: function##_classes, \
		lam_real *: function##_values, \
		const lam_real *: function##_values, \
		char *: function, \
		const char *: function, \
		void *: function, \
		const void *: function)
#define lam_net_forward(net, mode, x, targets, n) \
	LAM_BY_TARGETS(lam_net_forward, targets)(net, mode, x, targets, n)
#define lam_net_step(net, optimizer, x, targets, n) \
	LAM_BY_TARGETS(lam_net_step, targets)(net, optimizer, x, targets, n)
#endif

/** Evaluates n samples, any number: `y` is [n][output shape]. With a loss layer, y is its
 * activation (probabilities). */
LAM_MUST_CHECK lam_status lam_net_predict(lam_net *net, const lam_real *x, int64_t n, lam_real *y);

/** The output of the last forward, [n][output shape]; NULL before one. Valid until the next call
 * that runs the net. */
const lam_real *lam_net_output(lam_net *net);

/** The input gradient of the last backward, [n][input shape]; NULL without `.input_grad` or before
 * one. Valid as above. */
const lam_real *lam_net_input_grad(lam_net *net);

/** true: backwards add up until lam_net_update(); the next one after it starts a new sum. false:
 * each overwrites, as at first. Every backward adds the mean over its own batch. Allocates a second
 * gradient array (the only call here that does). */
LAM_MUST_CHECK lam_status lam_net_accumulate(lam_net *net, bool accumulate);

/** All gradients in one array of *count values, in the order of the parameters, each starting at a
 * multiple of 64 bytes (zeros between); NULL for inference. Writable: data-parallel training sums
 * into it before lam_net_update(). */
lam_real *lam_net_gradients(lam_net *net, int64_t *count);

int lam_net_param_count(const lam_net *net);
/** Parameter i, 0 to count - 1, in the order of the layers; NULL out of range. */
lam_param *lam_net_param(lam_net *net, int i);
/** The parameter or state of this name, NULL if there is none. */
lam_param *lam_net_find(lam_net *net, const char *name);
/** Running statistics and the like: in checkpoints, seen by no optimizer. */
int lam_net_state_count(const lam_net *net);
lam_param *lam_net_state(lam_net *net, int i);

lam_shape lam_net_input_shape(const lam_net *net);
lam_shape lam_net_output_shape(const lam_net *net);
int64_t lam_net_max_batch(const lam_net *net);
uint64_t lam_net_seed(const lam_net *net);
/** What targets the loss wants; LAM_ERR_STATE for a net without a loss. */
LAM_MUST_CHECK lam_status lam_net_targets(const lam_net *net, lam_target_info *info);
/** The model; owned by the net, not to be changed. */
const lam_layer *lam_net_model(const lam_net *net);

/** Bytes that the net has allocated, by purpose. */
typedef struct lam_net_memory {
	size_t size;
	int64_t parameters, states, gradients, packed, activations, scratch, buffers, moments,
		total;
} lam_net_memory;
/** Fills at most `memory_size` (sizeof(lam_net_memory)) bytes. Moments: 0 before the first update
 * or lam_net_prepare(). */
void lam_net_memory_of(const lam_net *net, lam_net_memory *memory, size_t memory_size);

/** Writes a table of the layers, their output shapes and parameters, and the bytes of memory, to
 * the caller's stream. */
lam_status lam_net_summary(const lam_net *net, FILE *out);

#ifdef __cplusplus
}
#endif
#endif
