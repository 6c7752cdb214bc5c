/* SPDX-License-Identifier: MIT */
/** \file
 * A trained net as one C file, without dependencies, for any compiler and any machine. */
#ifndef LAM_EXPORT_C_H
#define LAM_EXPORT_C_H

#include "../../framework/dataset.h"
#include "../../framework/net.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where the weights of an exported net are. */
typedef enum lam_c_weights {
	LAM_C_INLINE = 0, /**< in the C file, `static const` */
	LAM_C_FILE = 1,   /**< in a second one, NAME_weights.c, beside it */
	/** in a file of bytes, NAME.weights, little-endian, which the caller reads or maps, aligned
	 * to 4 bytes; the functions take it as their last argument, `const float *weights` */
	LAM_C_BLOB = 2,
} lam_c_weights;

/** What an exported net takes, in bytes. */
typedef struct lam_export_c_report {
	int64_t weight_bytes; /**< read-only */
	int64_t arena_bytes;  /**< of activations, without the caller's input and output */
	int functions;        /**< C functions; layers of equal shapes share one */
	int64_t samples;      /**< of int8: how many of `.score` or `.calibrate` were compared */
	/** of int8: the fraction of them whose largest output is their class, of the net and of its
	 * int8 form; NaN without classes */
	double net_accuracy, int8_accuracy;
	/** of int8: the largest difference of an output, relative to the largest output */
	double difference;
} lam_export_c_report;

typedef struct lam_export_c_options {
	size_t size;
	lam_net *net;     /**< is exported; unchanged */
	const char *path; /**< of the C file, which ends in ".c"; the header is beside it */
	LAM_NAMED;
	/** of the function, and the prefix of all names: an identifier of at most 40 letters,
	 * digits and underscores, that C, C++, math.h and stdio.h leave free. Default: the file's
	 */
	const char *name;
	lam_c_weights weights; /**< where the weights go; default: into the C file */
	/** no static arena: only the function that takes the caller's */
	bool caller_arena;
	/** for int8: samples of the net's input, with which the ranges of all values are measured.
	 * Weights have a scale for each output, values one each; sums are of 32 bits, and scaled by
	 * whole numbers. Weights take a quarter of the bytes, and so do activations. Needs one
	 * input and one output, LAM_C_INLINE, and layers that have a form in int8: affine,
	 * convolutions, pooling, activations, batch norm, concatenation, sums, and what moves
	 * values. Values must be finite, and not all 0. NULL: float */
	const lam_dataset *calibrate;
	/** how many of them, evenly spread; default 500. On these the loss of accuracy is measured,
	 * too, which stands in the file and in the report, if there is no `.score` */
	int64_t samples;
	/** int8 without any float: the arguments are `const int8_t x[…], int8_t y[…]`, a softmax at
	 * the end is left out, and the macros DIGITS_X_SCALE and DIGITS_Y_SCALE say what a 1 is */
	bool integer;
	/** called once for each reason why the net cannot be written; the sentence of the failure
	 * holds the first ones only */
	void (*refused)(void *data, const char *reason);
	void *refused_data;          /**< borrowed; handed to `.refused` */
	size_t report_size;          /**< set by the macro */
	lam_export_c_report *report; /**< filled in; NULL: not wanted */
	/** of int8: the loss of accuracy is measured on all samples of this data set, which had no
	 * part in training or calibration */
	const lam_dataset *score;
} lam_export_c_options;

/** lam_export_c(net, "digits.c", .name = "digits") writes a net's inference as C99 that needs
 * nothing but <math.h>, and its header digits.h:
 *
 *     void digits(const float x[784], float y[10]);
 *     void digits_in(const float x[784], float y[10], float arena[DIGITS_ARENA]);
 *
 * `x` and `y` are one sample, as lam_net_predict() has them. The first function uses a static arena
 * and is for one thread at a time; the second one is reentrant. Nothing is allocated. A net of
 * several inputs or outputs has an argument for each, inputs first, in the order of
 * lam_net_input_name() and lam_net_output_name(): `in_image`, `out_kind`. Macros give the sizes:
 * DIGITS_X, DIGITS_Y, DIGITS_ARENA (values), DIGITS_WEIGHTS.
 *
 * Batch norm and other scales of channels are folded into the weights before them, activations are
 * applied where a value is stored, and buffers share memory as in a net for inference. Loops have
 * constant bounds, and channels are innermost, so compilers vectorise them: compile with -O2 or
 * -O3, for the machine (-march=native, -mcpu=cortex-m7). The values differ from those of a net made
 * with .direct by rounding, up to 1e-5 of the largest. The file also compiles as C++.
 *
 * Compiled with -DDIGITS_TEST, the file is a program that computes a sample that it makes, and
 * exits with 0 if the output is the one that the net had when it was exported. The first comment
 * has the architecture, and the SHA-256 of it and the parameters.
 *
 * Layers of one's own take part by .emit_c of their class. A layer that cannot be written, or a
 * weight that is not finite, is LAM_ERR_UNSUPPORTED, before anything is written; all reasons are
 * listed. Each file appears whole or not at all. The net may be made for training, too; its
 * parameters are not changed. Errors of lam_net_replica() and of files are passed on. */
LAM_MUST_CHECK lam_status lam_export_c_with(const lam_export_c_options *options);

#ifndef __cplusplus
#define lam_export_c(net_, ...) \
	lam_export_c_with(&(lam_export_c_options){.size = sizeof(lam_export_c_options), \
		.report_size = sizeof(lam_export_c_report), \
		.net = net_, \
		.path = __VA_ARGS__})
#endif

/* For those who write layers: what .emit_c of a class calls. It writes the body of a function of
 * one sample, whose arguments are arrays of float, row-major and without gaps:
 *
 *     y          the output
 *     x0, x1, …  the inputs
 *     w0, w1, …  the parameters, in the order of lam_plan_param(), as the layer declared them
 *     s0, s1, …  the states, in the order of lam_plan_state()
 *
 * <math.h> is included. `y` is no part of an input. */

/** Adds text, in printf's format, at most 2000 bytes a call. Not for reals, which depend on the
 * locale: lam_c_constant(). */
void lam_c_print(lam_c *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** A finite number as a constant of type float, as "0.1f". Valid until the eighth call after it. */
const char *lam_c_constant(lam_c *c, double value);

/** The shape of input `index`, from 0, or of the output, -1; rank 0 if there is none. */
lam_shape lam_c_shape(const lam_c *c, int index);

#ifdef __cplusplus
}
#endif
#endif
