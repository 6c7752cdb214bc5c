/* SPDX-License-Identifier: MIT */
/* An exported net of int8: value = scale x q, q from -127 to 127, with a scale for each value and
 * for each output of a weight. Sums are of int32; scales are whole numbers and shifts.
 *
 *     int8_scale.c   measures the scales on samples
 *     int8_emit.c    writes operations of values; int8_conv.c those with weights
 *     int8_run.c     computes the same, bit by bit, to measure the loss of accuracy
 *
 * Private to exchange/c/. */
#ifndef LAM_C_INT8_H
#define LAM_C_INT8_H

#include "exchange/c/conv.h"
#include "exchange/c/kinds.h"

#pragma GCC visibility push(hidden)

enum { LAM_C_LEAST = -127, LAM_C_MOST = 127, LAM_C_SHIFT = 16, LAM_C_INPUTS = 8 };

/* Windows of a pooling. */
typedef struct lam_c_windows {
	lam_c_plane x, y;
	int64_t kernel[2], stride[2], pad[2], dilation[2];
	bool max;
} lam_c_windows;

/* The windows of a pooling; kernel 0: they differ in size. */
lam_c_windows lam_c_windows_of(const lam_c_graph *graph, const lam_c_op *op);

/* An operation as int8_run.c computes it; places are values of the arena. */
typedef struct lam_c_step {
	void (*run)(const struct lam_c_int8 *, const struct lam_c_step *, const float *x,
		int8_t *arena, float *y);
	int64_t x[LAM_C_INPUTS], y; /* where inputs and output begin */
	int inputs;
	int64_t w, b; /* in the weights, in the numbers */
	int32_t factor[LAM_C_INPUTS], low, high, shift;
	bool channels; /* factor and term of each channel are numbers */
	double scale;
	lam_c_nest nest[LAM_C_INPUTS + 2]; /* of output, inputs, channels */
	lam_c_conv conv;
	lam_c_windows windows;
} lam_c_step;

/* How often the largest output is the class, of the net and of its int8 form; NaN where targets are
 * no classes. */
typedef struct lam_c_loss {
	int64_t samples; /* also those without a class, which do not count in: */
	double net, int8;
	double difference; /* largest of an output, relative to the largest output */
} lam_c_loss;

typedef struct lam_c_int8 {
	double input, input_most; /* scale of the net's input; its largest size */
	double output;            /* scale of the net's output, unless that is a softmax */
	lam_c_loss loss;
	bool logits;  /* a softmax at the end is left out */
	bool integer; /* the caller's arrays are int8, too */
	int8_t *weights;
	int64_t count, room;
	int32_t *numbers;
	int64_t number_count, number_room;
	lam_c_step *steps;
	int step_count, step_room;
} lam_c_int8;

void lam_c_int8_free(lam_c_int8 *int8);

/* Puts conversions at the net's ends, and refuses what has no form in int8. */
void lam_c_int8_ends(lam_c_graph *graph);

/* Measures the largest size of each value on samples of the data set. */
lam_status lam_c_int8_measure(
	lam_c_graph *graph, lam_net *net, const lam_dataset *dataset, int64_t samples);

/* Whether the data set, the option of this name, has samples of the net's input, and a count. */
lam_status lam_c_int8_samples(
	const lam_c_graph *graph, const lam_dataset *dataset, const char *option);

/* Operations at the ends: floats to int8, and back. */
extern const lam_c_kind lam_c_quantize, lam_c_values;

/* The scale of a value; known once it is measured and all values have their places. */
double lam_c_scale(const lam_c_graph *graph, int value);

/* Writes an operation with weights, and appends its step. */
void lam_c_conv_write8(lam_c_graph *graph, const lam_c_conv *conv);

/* A new step for an operation; NULL when memory is short. */
lam_c_step *lam_c_step_new(lam_c_graph *graph, const lam_c_op *op);

/* Room for numbers at the end of each pool; -1 when memory is short. */
int64_t lam_c_int8_weights(lam_c_graph *graph, int64_t count);
int64_t lam_c_int8_numbers(lam_c_graph *graph, int64_t count);

/* ratio = factor / 2^shift, factor with 31 bits. */
void lam_c_int8_ratio(double ratio, int32_t *factor, int32_t *shift);

/* The least and the largest output with the functions that the operation applies. */
void lam_c_int8_range(const lam_c_graph *graph, const lam_c_op *op, int32_t *low, int32_t *high);

/* a factor / 2^shift, rounded, in a range. */
int8_t lam_c_int8_scaled(int64_t a, int32_t factor, int32_t shift, int32_t low, int32_t high);

/* Steps (int8_run.c). */
typedef void lam_c_run(const lam_c_int8 *, const lam_c_step *, const float *, int8_t *, float *);
lam_c_run lam_c_run_conv, lam_c_run_map, lam_c_run_table, lam_c_run_windows, lam_c_run_quantize,
	lam_c_run_values, lam_c_run_softmax;

/* Runs all steps on one sample. */
void lam_c_int8_run(const lam_c_graph *graph, const float *x, int8_t *arena, float *y);

/* Measures the loss on so many samples, or on all if there are fewer. */
lam_status lam_c_int8_compare(
	lam_c_graph *graph, lam_net *net, const lam_dataset *dataset, int64_t samples);

/* The value of a function of one number. */
double lam_c_curve_value(const lam_call *call, double x);

#pragma GCC visibility pop
#endif
