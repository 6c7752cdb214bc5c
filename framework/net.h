/* SPDX-License-Identifier: MIT */
/** \file
 * The net: a model bound to an input shape and a largest batch, with all the memory that a step
 * needs.
 *
 * Only one thread at a time may use a net, but several threads may run different nets at once.
 * Inputs and outputs are row-major, one sample after another: `x` is [n][input shape], `y` is
 * [n][output shape]. */
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

/** A net; lam_net_free() frees it. */
typedef struct lam_net lam_net;

typedef struct lam_net_options {
	/** set by the macro. If it is 0, the call fails without reading or consuming anything
	 * else */
	size_t size;
	lam_layer *model; /**< consumed, also on failure */
	lam_shape shape;  /**< of one input sample */
	LAM_NAMED;
	/** the most samples per step, which determines the memory; default 128. With a max_batch
	 * below 16, and for inference with any, samples are computed one at a time, if that takes
	 * less for max_batch samples, which shapes decide. Then predictions and steps differ from
	 * another net's by rounding only. They are bit-identical for any number of threads, and a
	 * prediction for any other samples in the batch */
	int64_t max_batch;
	/** of initial parameters, dropout, and lam_fit()'s order and augmentation. In lam_fit() the
	 * last three also depend on the runs that the net has had */
	uint64_t seed;
	bool inference;  /**< forward only: no gradients, activations share memory */
	bool input_grad; /**< backward also computes lam_net_input_grad() */
	/** use no algorithm that is faster but rounds more (Winograd's); see lam_conv2d_new() */
	bool direct;
	/** the most threads in a step, 1 to 1024; default: OpenMP's (OMP_NUM_THREADS, or the
	 * processors). A run takes fewer:
	 *  - as many as its work is worth, by shapes and the number of samples alone (LAM_LIGHT in
	 *    layer.h). Steps and predictions of less than some 50 us take one;
	 *  - no more than the processors that the process may use (its affinity; a quota of
	 *    processor time is not looked at) when the net is made, and the calling thread when it
	 *    runs;
	 *  - no more than the system starts. OpenMP ends the process when the system refuses it a
	 *    thread (ulimit -u), so lamina tries first, and goes on with what there is. If other
	 *    processes of the user take the rest in between, OpenMP still ends the process.
	 *    `.threads = 1` starts none. */
	int threads;
	/** bytes; a net that needs more (the total of lam_net_memory) is LAM_ERR_MEMORY, before
	 * anything of it is allocated. Default: no limit */
	size_t memory_limit;
	/** layers whose outputs lam_net_value() gives after a forward, a list that ends with NULL,
	 * which is copied. Each is the path of a layer or a container, as the parameters' names and
	 * lam_net_summary() have it: "5", "body.2". A container's value is its output; "" is the
	 * whole model. The outputs are kept until the step ends, which needs memory; no result
	 * changes. LAM_ERR_ARGUMENT for paths that the net does not have */
	const char *const *watch;
	/** keep only some activations from forward to backward, and compute the others again in
	 * backward. The plan chooses them by bytes and operations: it makes the activations as
	 * small as it can for at most a third more operations per step. All results are
	 * bit-identical to those without. Outputs, watched values, and outputs of layers of which
	 * it does not know the work (LAM_LIGHT in layer.h) are kept. For training only; its
	 * replicas for training do the same */
	bool recompute;
} lam_net_options;

/** Makes a net of a model: checks every shape, plans and allocates all memory, and initialises the
 * parameters. On failure NULL and a sentence, and the model is freed. With a NULL model it keeps
 * the thread's sentence, normally that of the constructor that failed; if there was none, the
 * sentence may be an older failure's. */
LAM_MUST_CHECK lam_net *lam_net_create_with(const lam_net_options *options);

/** Frees the net and its model. NULL is allowed. A net's replicas must be freed before it. A net
 * that runs, or that lam_fit() trains, is not freed: the thread's sentence says so
 * (LAM_ERR_STATE). */
void lam_net_free(lam_net *net);

/** A replica: a second net that shares the parameters and running statistics of `net` and has its
 * own memory for steps. It must not run while the parameters are updated, and must be freed before
 * `net`. Without `.train` it is for inference, so that several threads can predict at once.
 *
 * With `.train` it trains on the same parameters: gradients, moments and their counts, settings of
 * parameters (trainable, rate, decay), accumulation, losses and batches are its own. So one net can
 * train a discriminator while the other, with `.input_grad` and all parameters frozen, hands its
 * gradient on to a generator, and a fully convolutional net can train on inputs of several sizes in
 * turn (`.shape`). What one net changes, the others read in their next run. Only one of them may
 * step at a time: a step, update or training forward while another net on the same parameters is in
 * one is LAM_ERR_STATE, as far as it is noticed. lam_fit() may train a replica; until it returns,
 * the other nets may not be trained (LAM_ERR_STATE). lam_net_save() saves the parameters with the
 * input shape of the net that it is given. */
typedef struct lam_replica_options {
	size_t size;
	lam_net *net; /**< whose parameters it reads; borrowed */
	LAM_NAMED;
	int64_t max_batch; /**< default: the net's */
	bool inference;    /**< as without .train, which it excludes */
	int threads;       /**< default: the net's */
	bool train;        /**< for training */
	/** of one input sample, also of a graph of one input. The parameters must come out with the
	 * same shapes. The replica then has layers of its own, made from the options of the net's:
	 * what a class of the caller's keeps in the state beside options, .init and .check must
	 * make anew. Default: the net's */
	lam_shape shape;
	bool input_grad; /**< with .train: as in lam_net_create() */
	/** of dropout and lam_fit()'s order and augmentation; default: the net's, whose n-th
	 * training forward then draws the same numbers as the replica's n-th */
	uint64_t seed;
	size_t memory_limit;      /**< as in lam_net_create(), for what the replica allocates */
	const char *const *watch; /**< as in lam_net_create() */
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

/** Allocates what the first step would allocate: the optimizer's moments (`optimizer` NULL: none)
 * and OpenMP's threads. After it, no step allocates memory. */
LAM_MUST_CHECK lam_status lam_net_prepare(lam_net *net, const lam_optimizer *optimizer);

/** Runs the net on n samples. `targets` is an int32_t class per sample, rows of them (one per
 * place of a map) or rows of lam_real, as lam_net_targets() says; NULL: none, and no loss is
 * computed. LAM_ERR_ARGUMENT for unknown classes and for values outside the loss's range; the
 * sentence gives sample, place, value and what was expected.
 *
 * Numbers that are not finite are no error here, nor in backward, update and step: the loss is NaN
 * or infinite then, and so become the parameters that are updated. A training forward of such
 * samples makes running statistics NaN, which stay NaN in all later forwards, and evaluation with
 * them is NaN for every sample. lam_fit() checks its steps and undoes the one that fails.
 *
 * In C the macro of this name calls lam_net_forward_classes() for int32_t pointers and
 * lam_net_forward_values() for lam_real pointers. Pointers to other types of numbers, as int64_t,
 * do not compile. With a `void *`, or if a compound literal stands in the call, a wrong type is
 * only recognised by its bits: reals given as classes are refused unless all are 0 (in the double
 * library, unless those of the first n / 2 samples are); classes given as reals are refused unless
 * all are class 0, or one is negative or at least 1,048,576; bytes of 0 and 1 (uint8_t, bool) given
 * as reals are refused unless all are 0. */
LAM_MUST_CHECK lam_status lam_net_forward(
	lam_net *net, lam_mode mode, const lam_real *x, const void *targets, int64_t n);
/** As lam_net_forward(), for targets of a known type. LAM_ERR_ARGUMENT when the loss needs the
 * other type. */
LAM_MUST_CHECK lam_status lam_net_forward_classes(
	lam_net *net, lam_mode mode, const lam_real *x, const int32_t *classes, int64_t n);
LAM_MUST_CHECK lam_status lam_net_forward_values(
	lam_net *net, lam_mode mode, const lam_real *x, const lam_real *values, int64_t n);

/** The mean loss of the last forward that had targets, over those that count; 0 if none does; NaN
 * before the first. */
double lam_net_loss(const lam_net *net);

/** Computes the gradients of the last forward's loss, for all parameters that are trainable and,
 * with `.input_grad`, for the input. LAM_ERR_STATE if the net did anything else after its last
 * lam_net_forward().
 *
 * After LAM_EVAL they are the gradients of evaluation, for saliency maps and adversarial examples:
 * dropout is off, and batch norm's running statistics are constants. Parameters get their gradients
 * too, and lam_net_update() may follow, which trains with constant statistics. If only the input's
 * are wanted, lam_param_set_trainable(p, false) for every parameter saves their time. A layer whose
 * class lacks LAM_EVAL_BACKWARD is LAM_ERR_UNSUPPORTED, by name. */
LAM_MUST_CHECK lam_status lam_net_backward(lam_net *net);

/** As lam_net_backward(), from a gradient of the caller's: without a loss `dy` is the gradient of
 * the output, [n][output shape]. With a loss it is that of what the loss reads, such as logits, in
 * place of the loss's own; the forward then needs no targets. */
LAM_MUST_CHECK lam_status lam_net_backward_from(lam_net *net, const lam_real *dy);

/** Updates the parameters with the gradients of the last backward. The first call with another
 * rule, or with other moments (momentum, centered), starts the moments at 0.
 *
 * Each call is one step of the optimizer, as step() in PyTorch. A second call after one backward
 * applies the same gradients once more: it moves the moments again, and Adam's bias correction
 * counts two steps. So lam_net_update() after lam_net_step(), which contains one, is a second step.
 * A parameter that was frozen during the backward has no new gradient: if it is trainable by now,
 * it is updated with its last one. */
LAM_MUST_CHECK lam_status lam_net_update(lam_net *net, const lam_optimizer *optimizer);

/** Forward, backward and update in one parallel region, bit-identical with the three calls. For
 * targets and the macro of this name see lam_net_forward(). */
LAM_MUST_CHECK lam_status lam_net_step(lam_net *net, const lam_optimizer *optimizer,
	const lam_real *x, const void *targets, int64_t n);
LAM_MUST_CHECK lam_status lam_net_step_classes(lam_net *net, const lam_optimizer *optimizer,
	const lam_real *x, const int32_t *classes, int64_t n);
LAM_MUST_CHECK lam_status lam_net_step_values(lam_net *net, const lam_optimizer *optimizer,
	const lam_real *x, const lam_real *values, int64_t n);

#ifndef __cplusplus
/* The functions above, chosen by the type of the targets. */
#define lam_net_forward(...) LAM_IF_FIVE(LAM_FORWARD_BY_TYPE, lam_net_forward, __VA_ARGS__)
#define lam_net_step(...) LAM_IF_FIVE(LAM_STEP_BY_TYPE, lam_net_step, __VA_ARGS__)
#define LAM_FORWARD_BY_TYPE(net, mode, x, targets, n) \
	LAM_BY_TARGETS(lam_net_forward, targets)(net, mode, x, targets, n)
#define LAM_STEP_BY_TYPE(net, optimizer, x, targets, n) \
	LAM_BY_TARGETS(lam_net_step, targets)(net, optimizer, x, targets, n)
/* Which of the three functions `function` is, by the type of the targets. */
#define LAM_BY_TARGETS(function, targets) \
	LAM_BY_TARGET_TYPE(targets, function##_classes, function##_values, function)
#endif

/** Predicts n samples, any number: `y` is [n][output shape]. With a loss layer, y is the output of
 * that layer's activation, as probabilities.
 *
 * Numbers that are not finite are computed with like any others, and the status is LAM_OK. A
 * parameter, running statistic or input of NaN makes each output NaN that depends on it; with
 * softmax that is each output of the sample. From an infinity come infinities, NaN, or, behind a
 * layer with a limit such as tanh, the limit. isfinite() of y tells; so does lam_evaluate(). */
LAM_MUST_CHECK lam_status lam_net_predict(lam_net *net, const lam_real *x, int64_t n, lam_real *y);

/** The output of the last forward, [n][output shape]. NULL before the first, after lam_evaluate()
 * and lam_fit(), and while the net runs. Valid until the next call that runs the net. */
const lam_real *lam_net_output(lam_net *net);

/** The output of a layer or a container that the net watches (`.watch`), in the last forward:
 * [n][shape]. If the last call was lam_net_predict() of more than `.max_batch` samples, only the
 * last ones are there. *shape, unless it is NULL, receives the shape of one sample. Valid until the
 * next call that runs the net; allocates nothing. NULL and a sentence for a path that is not
 * watched (LAM_ERR_ARGUMENT), and before the first forward, after lam_evaluate() and lam_fit(), and
 * while the net runs (LAM_ERR_STATE). */
const lam_real *lam_net_value(lam_net *net, const char *path, lam_shape *shape);

/** The input gradient of the last backward, [n][input shape]; NULL before the first,
 * without `.input_grad`, and while the net runs. Valid until the next call that runs the net. */
const lam_real *lam_net_input_grad(lam_net *net);

/** Gradient accumulation. true: every backward adds the gradient of its batch's loss, a mean over
 * its samples or its targets that count, to the gradients; lam_net_set_divisor() makes the sum that
 * of one large batch. The first one after lam_net_update() starts a new sum. A parameter
 * that is frozen then joins the sum with its first backward. false (the default): every backward
 * overwrites them. Allocates a second gradient array. */
LAM_MUST_CHECK lam_status lam_net_accumulate(lam_net *net, bool accumulate);

/** All gradients in one array of *count values, in the order of the parameters. Each begins at a
 * multiple of 64 bytes, after zeros. NULL for inference. It may be written, so that data-parallel
 * training can sum gradients before lam_net_update(). */
lam_real *lam_net_gradients(lam_net *net, int64_t *count);

/** The number of parameters: arrays, not values. */
int lam_net_param_count(const lam_net *net);
/** Parameter i, 0 to count - 1, in the order of the layers; NULL out of range. */
lam_param *lam_net_param(lam_net *net, int i);
/** The parameter or state of this name; NULL if there is none. */
lam_param *lam_net_find(lam_net *net, const char *name);
/** The number of states: values that are saved but not trained, such as running statistics. */
int lam_net_state_count(const lam_net *net);
lam_param *lam_net_state(lam_net *net, int i);

/** The shape of one sample of the first input, and of the first output; the largest batch; the
 * seed. */
lam_shape lam_net_input_shape(const lam_net *net);
lam_shape lam_net_output_shape(const lam_net *net);
int64_t lam_net_max_batch(const lam_net *net);
uint64_t lam_net_seed(const lam_net *net);
/** The targets that the loss needs; LAM_ERR_STATE for a net without a loss. */
LAM_MUST_CHECK lam_status lam_net_targets(const lam_net *net, lam_target_info *info);
/** The model, which the net owns. It must not be changed. */
const lam_layer *lam_net_model(const lam_net *net);

/** The name of a class of the (first) classifier, from 0; NULL if it has none. The names come from
 * lam_fit()'s data set, from lam_net_set_class_names() or from the file, and are saved with the
 * net. A replica has its owner's. Valid until the names change or the net is freed. */
const char *lam_net_class_name(const lam_net *net, int64_t class_index);
/** How many classes have names. */
int64_t lam_net_class_name_count(const lam_net *net);
/** Copies the names of classes 0 to count - 1, each of 1 to 255 bytes of printable UTF-8, at most
 * 16 MiB together; count 0: takes them away. More names than classes are LAM_ERR_ARGUMENT.
 * LAM_ERR_STATE while lam_fit() trains the net. */
LAM_MUST_CHECK lam_status lam_net_set_class_names(
	lam_net *net, const char *const *names, int64_t count);

/** Bytes that the net has allocated, by purpose. */
typedef struct lam_net_memory {
	size_t size;
	int64_t parameters;  /**< their values */
	int64_t states;      /**< running statistics, and what else layers keep between steps */
	int64_t gradients;   /**< of the parameters, and the parts from which they are summed */
	int64_t packed;      /**< copies of parameters in the order in which kernels read them */
	int64_t activations; /**< outputs of layers, their gradients, and what backward needs */
	int64_t scratch;     /**< what threads use during a call */
	int64_t buffers;     /**< copies of inputs, outputs and targets of the caller's */
	int64_t moments;     /**< of the optimizer */
	int64_t total;       /**< all of these together */
} lam_net_memory;
/** Fills in at most `memory_size` (sizeof(lam_net_memory)) bytes. The moments are 0 before the
 * first update or lam_net_prepare(). */
void lam_net_memory_of(const lam_net *net, lam_net_memory *memory, size_t memory_size);

/** Writes a table of the layers, their output shapes and parameters, and the bytes of memory, to
 * the caller's stream. Call lam_net_prepare() before it to have the optimizer's moments among the
 * bytes. */
lam_status lam_net_summary(const lam_net *net, FILE *out);

#ifdef __cplusplus
}
#endif
#endif
