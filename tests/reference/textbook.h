/* SPDX-License-Identifier: MIT */
/* The textbook: every layer as plain loops in double over row-major arrays, written from PyTorch's
 * definitions, independently of lamina. Slow and obvious; the library is compared with it.
 *
 * Images are [n][channels][height][width]; signals have height 1; features have planes of 1 x 1.
 * Arguments are outputs, then inputs, then parameters. Gradients are overwritten. A dx or db that
 * is NULL is not computed; a b that is NULL counts as 0. */
#ifndef LAM_TEXTBOOK_H
#define LAM_TEXTBOOK_H

#include <stdbool.h>
#include <stdint.h>

/* The window that slides over a plane. Index 0 is height, 1 is width. */
struct window {
	int64_t groups, channels, out; /* input and output channels */
	int64_t in[2], size[2];        /* planes of the input and of the output */
	int64_t kernel[2], stride[2], pad[2], dilation[2], output_pad[2];
	bool ceil_mode, exclude_pad;
};

/* Computes the size of the output planes, window->size; false when it would be 0.
 *
 *     convolution   floor((in + 2 pad - dilation (kernel - 1) - 1) / stride) + 1
 *     pooling       the same, or with the ceiling, but without windows that would begin in the
 *                   padding at the far side
 *     transposed    (in - 1) stride - 2 pad + dilation (kernel - 1) + output_pad + 1 */
bool textbook_conv_size(struct window *window);
bool textbook_pool_size(struct window *window);
bool textbook_transposed_size(struct window *window);

/* y[o][i] = b[o] + sum over c in o's group, k of w[o][c][k] x[c][i stride + k dilation - pad] */
void textbook_conv(double *y, const double *x, const double *w, const double *b,
	const struct window *, int64_t n);
void textbook_conv_backward(double *dx, double *dw, double *db, const double *dy, const double *x,
	const double *w, const struct window *, int64_t n);

/* y[o][i stride + k dilation - pad] += w[c][o][k] x[c][i], for c and o of the same group; y[o]
 * begins as b[o] */
void textbook_transposed(double *y, const double *x, const double *w, const double *b,
	const struct window *, int64_t n);
void textbook_transposed_backward(double *dx, double *dw, double *db, const double *dy,
	const double *x, const double *w, const struct window *, int64_t n);

/* The largest value of each window; of equal ones the first. A NaN counts as larger than any
 * number. */
void textbook_max_pool(double *y, const double *x, const struct window *, int64_t n);
void textbook_max_pool_backward(
	double *dx, const double *dy, const double *x, const struct window *, int64_t n);

/* The window's sum, divided by the number of its taps inside the padded input or, with exclude_pad,
 * inside the input. */
void textbook_avg_pool(double *y, const double *x, const struct window *, int64_t n);
void textbook_avg_pool_backward(double *dx, const double *dy, const struct window *, int64_t n);

/* Means of windows: the rows of window i are floor(i in / out) to ceil((i + 1) in / out) - 1, its
 * columns likewise. */
void textbook_adaptive_avg_pool(
	double *y, const double *x, int64_t planes, const int64_t in[2], const int64_t out[2]);
void textbook_adaptive_avg_pool_backward(
	double *dx, const double *dy, int64_t planes, const int64_t in[2], const int64_t out[2]);

/* pad: left, right, top, bottom; negative crops. */
void textbook_zero_pad(
	double *y, const double *x, int64_t planes, const int64_t in[2], const int64_t pad[4]);
void textbook_zero_pad_backward(
	double *dx, const double *dy, int64_t planes, const int64_t in[2], const int64_t pad[4]);

/* y[c] = x[begin + c] for begin <= begin + c < end; x is [n][channels][places] */
struct range {
	int64_t channels, begin, end, places;
};
void textbook_slice(double *y, const double *x, const struct range *, int64_t n);
void textbook_slice_backward(double *dx, const double *dy, const struct range *, int64_t n);

/* Axis d of y is axis order[d] of x; x is [n][in[0]][in[1]][in[2]][in[3]]. */
void textbook_permute(
	double *y, const double *x, const int64_t in[4], const int64_t order[4], int64_t n);
void textbook_permute_backward(
	double *dx, const double *dy, const int64_t in[4], const int64_t order[4], int64_t n);

/* y[c][h r + i][w r + j] = x[c r r + i r + j][h][w]; y has `planes` planes in all */
void textbook_pixel_shuffle(
	double *y, const double *x, int64_t planes, const int64_t in[2], int64_t r);
void textbook_pixel_shuffle_backward(
	double *dx, const double *dy, int64_t planes, const int64_t in[2], int64_t r);

/* Each plane larger by the factors `scale`: the nearest input, or linear between the inputs. */
struct upsampling {
	int64_t planes, in[2], scale[2];
	bool linear, align_corners;
};
void textbook_upsample(double *y, const double *x, const struct upsampling *);
void textbook_upsample_backward(double *dx, const double *dy, const struct upsampling *);

/* y = W x + b, W [out][in] */
void textbook_affine(double *y, const double *x, const double *w, const double *b, int64_t n,
	int64_t in, int64_t out);
void textbook_affine_backward(double *dx, double *dw, double *db, const double *dy, const double *x,
	const double *w, int64_t n, int64_t in, int64_t out);

/* 1 / (1 + exp(-x)) */
double textbook_sigmoid(double x);

/* p_k = exp(z_k) / sum of exp(z) over the channels k, at every place of every sample: z is
 * [n][channels][places] */
void textbook_softmax(double *p, const double *z, int64_t n, int64_t channels, int64_t places);
void textbook_softmax_backward(
	double *dz, const double *dp, const double *p, int64_t n, int64_t channels, int64_t places);

/* y[c] = mean of plane c */
void textbook_global_average(double *y, const double *x, int64_t planes, int64_t plane);
void textbook_global_average_backward(double *dx, const double *dy, int64_t planes, int64_t plane);

/* y = (x - mean_c) / std_c */
void textbook_standardize(double *y, const double *x, const double *mean, const double *std,
	int64_t n, int64_t channels, int64_t plane);
void textbook_standardize_backward(double *dx, const double *dy, const double *std, int64_t n,
	int64_t channels, int64_t plane);

/* y = weight_c (x - mean_c) / sqrt(var_c + eps) + bias_c
 *
 * In training mean and variance (divided by N) are those of the batch. The running mean moves
 * towards the batch's by `momentum`; the running variance moves towards the variance divided by N -
 * 1. In evaluation mean and variance are the running ones. */
struct batch_norm {
	int64_t n, channels, plane;
	double eps, momentum;
};
void textbook_batch_norm(double *y, double *running_mean, double *running_var, const double *x,
	const double *weight, const double *bias, const struct batch_norm *);
void textbook_batch_norm_eval(double *y, const double *x, const double *weight, const double *bias,
	const double *running_mean, const double *running_var, const struct batch_norm *);
/* In evaluation mean and variance are constants. */
void textbook_batch_norm_eval_backward(double *dx, double *dweight, double *dbias, const double *dy,
	const double *x, const double *weight, const double *running_mean,
	const double *running_var, const struct batch_norm *);
void textbook_batch_norm_backward(double *dx, double *dweight, double *dbias, const double *dy,
	const double *x, const double *weight, const struct batch_norm *);

/* y = w (x - mean) / sqrt(var + eps) + b with the mean and the variance (divided by N) of a group
 * of values of one sample: channels of one of `groups` ranges, with all places; or with each_place
 * all channels at a place. w and b have a value per channel, or with each_value one per value; NULL
 * is 1 and 0. */
struct norm {
	int64_t n, channels, places, groups;
	bool each_place, each_value;
	double eps;
};
void textbook_norm(
	double *y, const double *x, const double *w, const double *b, const struct norm *);
void textbook_norm_backward(double *dx, double *dw, double *db, const double *dy, const double *x,
	const double *w, const struct norm *);

/* y_c = x_c / (k + alpha / window sum of x_j^2)^beta over j from c - window / 2 to c + (window - 1)
 * / 2, rounded down, where there is such a channel */
struct response {
	int64_t n, channels, places, window;
	double alpha, beta, k;
};
void textbook_local_response(double *y, const double *x, const struct response *);
void textbook_local_response_backward(
	double *dx, const double *dy, const double *x, const struct response *);

/* Losses: the value, and (unless NULL) the gradient. t: [n][features].
 *     softmax_cross_entropy   at each place, with one t_k of 1 for a class y,
 *                             L = - sum of t'_k log softmax(z)_k,
 *                             t'_k = (1 - smoothing) w_k t_k + smoothing / classes w_k;
 *                             the sum of L over that of w_y, both without ignored classes, or
 *                             for soft targets the mean of L over all places
 *     sigmoid_cross_entropy   mean over all elements of - w t log s(z) - (1 - t) log(1 - s(z)),
 *                             w the weight of positive targets
 *     binary_cross_entropy    the same with probabilities for s(z), logarithms at least -100
 *     mean_squared_error      mean over all elements of (y - t)^2;
 *                             half: mean over samples of |y - t|^2 / 2
 *     l1_loss                 mean over all elements of |y - t|
 *     huber_loss              mean over all elements of (y - t)^2 / 2 where |y - t| <= delta, of
 *                             delta (|y - t| - delta / 2) elsewhere */
struct cross_entropy {
	int64_t n, classes, places;
	const double *targets; /* [n][places] classes; soft: [n][classes][places] */
	bool soft, ignores;    /* ignores: the class `ignored` */
	int64_t ignored;
	const double *weights; /* [classes]; NULL: 1 */
	double smoothing;
};
double textbook_softmax_cross_entropy(
	double *dz, const double *z, const struct cross_entropy *loss);
/* What the sum of samples first … first + n - 1 is divided by to give their mean. */
double textbook_cross_entropy_count(const struct cross_entropy *loss, int64_t first, int64_t n);
double textbook_sigmoid_cross_entropy(
	double *dz, const double *z, const double *t, int64_t n, int64_t features, double positive);
double textbook_binary_cross_entropy(
	double *dp, const double *p, const double *t, int64_t n, int64_t features);
double textbook_mean_squared_error(
	double *dy, const double *y, const double *t, int64_t n, int64_t features, bool half);
double textbook_l1(double *dy, const double *y, const double *t, int64_t n, int64_t features);
double textbook_huber(
	double *dy, const double *y, const double *t, int64_t n, int64_t features, double delta);

#endif
