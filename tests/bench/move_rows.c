/* SPDX-License-Identifier: MIT */
#include "tests/bench/move_rows.h"

#include "framework/kernels/kernels.h"

static int64_t channels_of(const struct move_arrays *s)
{
	return (int64_t)s->values / (s->side * s->side * LAM_LANES);
}

static size_t plane_of(const struct move_arrays *s)
{
	return (size_t)(s->side * s->side);
}

void move_copy(const struct move_arrays *s)
{
	lam_kernel()->map.scale(s->a[0], s->a[1], 1, s->values);
}

#define UNARY(name) \
	static void map_##name(const struct move_arrays *s) \
	{ \
		lam_kernel()->map.name(s->a[0], s->a[1], s->values); \
	}
#define BACKWARD(name) \
	static void map_##name(const struct move_arrays *s) \
	{ \
		lam_kernel()->map.name(s->a[0], s->a[1], s->a[2], s->values); \
	}
UNARY(copy)
UNARY(accumulate)
UNARY(exp)
UNARY(log)
UNARY(erf)
BACKWARD(add)

/* Activations with their option at 1/64, whose value does not change the time. */
#define CURVE(name, ...) \
	static void name##_forward(const struct move_arrays *s) \
	{ \
		const struct lam_curve_options o = {{(lam_real)0.015625, (lam_real)0.015625}}; \
		lam_kernel()->map.curve[LAM_CURVE_##name].forward(s->a[0], s->a[1], s->values, o); \
	} \
	static void name##_backward(const struct move_arrays *s) \
	{ \
		const struct lam_curve_options o = {{(lam_real)0.015625, (lam_real)0.015625}}; \
		lam_kernel()->map.curve[LAM_CURVE_##name].backward( \
			s->a[0], s->a[1], s->a[2], s->values, o); \
	}
LAM_CURVES(CURVE)
#undef CURVE

static void dropout(const struct move_arrays *s)
{
	lam_kernel()->map.dropout(s->a[0], s->a[1], 12345, 0.25, 32, 0, s->values / LAM_LANES);
}

/* The numbers per channel are read from a third array. They are so few that they do not count. */
static void channel_affine(const struct move_arrays *s)
{
	lam_kernel()->map.channel_affine(
		s->a[0], s->a[1], s->a[2], s->a[2], s->a[3], (size_t)channels_of(s), plane_of(s));
}

static void channel_affine_features(const struct move_arrays *s)
{
	lam_kernel()->map.channel_affine(
		s->a[0], s->a[1], s->a[2], s->a[2], s->a[3], s->values / LAM_LANES, 1);
}

static void channel_combine(const struct move_arrays *s)
{
	lam_kernel()->map.channel_combine(s->a[0], s->a[1], s->a[2], s->a[3], s->a[3], s->a[3],
		s->a[3], (size_t)channels_of(s), plane_of(s));
}

static void channel_combine_features(const struct move_arrays *s)
{
	lam_kernel()->map.channel_combine(s->a[0], s->a[1], s->a[2], s->a[3], s->a[3], s->a[3],
		s->a[3], s->values / LAM_LANES, 1);
}

enum { MOST_CHANNELS = 4096 };
static double sums[2][MOST_CHANNELS];
static struct lam_moments moments[MOST_CHANNELS];

/* Runs over all channels, in pieces of as many channels as there are sums for. */
static void each_run(const struct move_arrays *s, size_t plane,
	void (*run)(const struct move_arrays *, size_t from, size_t channels, size_t plane))
{
	const size_t channels = s->values / (plane * LAM_LANES);
	for (size_t c = 0; c < channels; c += MOST_CHANNELS)
		run(s, c * plane * LAM_LANES,
			channels - c < MOST_CHANNELS ? channels - c : MOST_CHANNELS, plane);
}

static void run_moments(const struct move_arrays *s, size_t from, size_t channels, size_t plane)
{
	lam_kernel()->reduce.channel_moments(
		moments, (double)plane * LAM_LANES, s->a[0] + from, channels, plane, LAM_LANES);
}

static void run_products(const struct move_arrays *s, size_t from, size_t channels, size_t plane)
{
	lam_kernel()->reduce.channel_products(sums[0], sums[1], s->a[0] + from, s->a[1] + from,
		s->a[2], s->a[3], channels, plane, LAM_LANES);
}

#define CHANNEL(name) \
	static void channel_##name(const struct move_arrays *s) \
	{ \
		each_run(s, plane_of(s), run_##name); \
	} \
	static void channel_##name##_features(const struct move_arrays *s) \
	{ \
		each_run(s, 1, run_##name); \
	}
CHANNEL(moments)
CHANNEL(products)

/* Blocks of MOVE_CLASSES features, one after the other. */
#define EACH_BLOCK(name, ...) \
	static void name(const struct move_arrays *s) \
	{ \
		for (size_t i = 0; i + MOVE_CLASSES * LAM_LANES <= s->values; \
			i += MOVE_CLASSES * LAM_LANES) \
			lam_kernel()->reduce.name(__VA_ARGS__); \
	}
EACH_BLOCK(softmax, s->a[0] + i, s->a[1] + i, MOVE_CLASSES)
EACH_BLOCK(softmax_backward, s->a[0] + i, s->a[1] + i, s->a[2] + i, MOVE_CLASSES)
EACH_BLOCK(cross_entropy_classes, s->a[0] + i, s->a[1] + i, s->classes, MOVE_CLASSES, LAM_LANES,
	NULL, 0)
EACH_BLOCK(cross_entropy_classes_backward, s->a[0] + i, s->a[1] + i, s->classes, MOVE_CLASSES,
	LAM_LANES, 0, (lam_real)0.01)
EACH_BLOCK(
	sigmoid_cross_entropy, s->a[0] + i, s->a[1] + i, s->a[2] + i, MOVE_CLASSES, LAM_LANES, NULL)
EACH_BLOCK(squared_error, s->a[0] + i, s->a[1] + i, MOVE_CLASSES, LAM_LANES, NULL)
EACH_BLOCK(squared_error_backward, s->a[0] + i, s->a[1] + i, s->a[2] + i, MOVE_CLASSES, LAM_LANES,
	(lam_real)0.01)

static struct lam_pool_geometry geometry(
	const struct move_arrays *s, int64_t kernel, int64_t stride, int64_t pad)
{
	const int64_t out = (s->side + 2 * pad - kernel) / stride + 1;
	return (struct lam_pool_geometry){
		.channels = channels_of(s),
		.in = {s->side, s->side},
		.out = {out, out},
		.kernel = {kernel, kernel},
		.stride = {stride, stride},
		.pad = {pad, pad},
		.dilation = {1, 1},
	};
}

#define POOL(suffix, kernel, stride, pad) \
	static void max_forward_##suffix(const struct move_arrays *s) \
	{ \
		const struct lam_pool_geometry g = geometry(s, kernel, stride, pad); \
		lam_kernel()->pool.max_forward(s->a[0], s->index, s->a[1], &g); \
	} \
	static void max_backward_##suffix(const struct move_arrays *s) \
	{ \
		const struct lam_pool_geometry g = geometry(s, kernel, stride, pad); \
		lam_kernel()->pool.max_backward(s->a[1], s->a[0], s->index, &g); \
	} \
	static void average_forward_##suffix(const struct move_arrays *s) \
	{ \
		const struct lam_pool_geometry g = geometry(s, kernel, stride, pad); \
		lam_kernel()->pool.average_forward(s->a[0], s->a[1], &g); \
	} \
	static void average_backward_##suffix(const struct move_arrays *s) \
	{ \
		const struct lam_pool_geometry g = geometry(s, kernel, stride, pad); \
		lam_kernel()->pool.average_backward(s->a[1], s->a[0], &g); \
	}
POOL(2x2, 2, 2, 0)
POOL(3x3_s2, 3, 2, 1)
POOL(2x2_s1, 2, 1, 0)
POOL(3x3_s1, 3, 1, 1)
POOL(3x3_s3, 3, 3, 0)

static void global_average_forward(const struct move_arrays *s)
{
	lam_kernel()->pool.global_average_forward(
		s->a[0], s->a[1], (size_t)channels_of(s), plane_of(s));
}

static void global_average_backward(const struct move_arrays *s)
{
	lam_kernel()->pool.global_average_backward(
		s->a[1], s->a[0], (size_t)channels_of(s), plane_of(s));
}

/* The geometry of padding; the padded plane is the larger array. */
static struct lam_pad_geometry padding(const struct move_arrays *s)
{
	return (struct lam_pad_geometry){
		.channels = channels_of(s),
		.height = s->side - 2,
		.width = s->side - 2,
		.left = 1,
		.right = 1,
		.top = 1,
		.bottom = 1,
	};
}

static void pad_forward(const struct move_arrays *s)
{
	const struct lam_pad_geometry g = padding(s);
	lam_kernel()->pool.pad_forward(s->a[0], s->a[1], &g);
}

static void pad_backward(const struct move_arrays *s)
{
	const struct lam_pad_geometry g = padding(s);
	lam_kernel()->pool.pad_backward(s->a[1], s->a[0], &g);
}

static void sgd(const struct move_arrays *s)
{
	const struct lam_sgd_rule rule = {.lr = 1e-9, .gradient_scale = 1};
	lam_kernel()->update.sgd(s->a[0], s->a[1], NULL, s->values, &rule);
}

static void sgd_momentum(const struct move_arrays *s)
{
	const struct lam_sgd_rule rule = {.lr = 1e-9, .momentum = 0.5, .gradient_scale = 1};
	lam_kernel()->update.sgd(s->a[0], s->a[1], s->a[2], s->values, &rule);
}

static void adam(const struct move_arrays *s)
{
	const struct lam_adam_rule rule = {.lr = 1e-9,
		.beta1 = 0.9,
		.beta2 = 0.999,
		.eps = 1e-8,
		.gradient_scale = 1,
		.step = 10};
	lam_kernel()->update.adam(s->a[0], s->a[1], s->a[2], s->a[3], s->values, &rule);
}

static void rmsprop(const struct move_arrays *s)
{
	const struct lam_rmsprop_rule rule = {
		.lr = 1e-9, .alpha = 0.99, .eps = 1e-8, .gradient_scale = 1};
	lam_kernel()->update.rmsprop(s->a[0], s->a[1], s->a[2], NULL, NULL, s->values, &rule);
}

/* The length of a row, that of an image; a block has sixteen rows. */
enum { ROW = 784 };

static void rows_to_block(const struct move_arrays *s)
{
	const size_t row = s->values / LAM_LANES < ROW ? s->values / LAM_LANES : ROW;
	for (size_t i = 0; i + row * LAM_LANES <= s->values; i += row * LAM_LANES)
		lam_kernel()->transpose.rows_to_block(
			s->a[0] + i, s->a[1] + i, row, row, LAM_LANES);
}

static void block_to_rows(const struct move_arrays *s)
{
	const size_t row = s->values / LAM_LANES < ROW ? s->values / LAM_LANES : ROW;
	for (size_t i = 0; i + row * LAM_LANES <= s->values; i += row * LAM_LANES)
		lam_kernel()->transpose.block_to_rows(
			s->a[0] + i, row, s->a[1] + i, row, LAM_LANES);
}

static volatile double sink;

static void sum_squares(const struct move_arrays *s)
{
	sink = lam_kernel()->reduce.sum_squares(s->a[0], s->values);
}

static void all_finite(const struct move_arrays *s)
{
	sink = lam_kernel()->reduce.all_finite(s->a[0], s->values);
}

const struct move_row move_rows[] = {
	{"copy", 2, 2, map_copy},
	{"accumulate", 3, 2, map_accumulate},
	{"add", 3, 3, map_add},
#define CURVE(name, ...) {#name, 2, 2, name##_forward}, {#name " backward", 3, 3, name##_backward},
	LAM_CURVES(CURVE)
#undef CURVE
		{"exp", 2, 2, map_exp},
	{"log", 2, 2, map_log},
	{"erf", 2, 2, map_erf},
	{"dropout", 2, 2, dropout},
	{"softmax", 2, 2, softmax},
	{"softmax backward", 3, 3, softmax_backward},
	{"softmax cross-entropy", 2, 2, cross_entropy_classes},
	{"softmax cross-entropy backward", 2, 2, cross_entropy_classes_backward},
	{"sigmoid cross-entropy", 3, 3, sigmoid_cross_entropy},
	{"squared error", 2, 2, squared_error},
	{"squared error backward", 3, 3, squared_error_backward},
	{"channel affine", 2, 2, channel_affine},
	{"channel affine NF", 2, 2, channel_affine_features},
	{"channel combine", 3, 3, channel_combine},
	{"channel combine NF", 3, 3, channel_combine_features},
	{"channel moments", 1, 1, channel_moments},
	{"channel moments NF", 1, 1, channel_moments_features},
	{"channel products", 2, 2, channel_products},
	{"channel products NF", 2, 2, channel_products_features},
	{"max pool 2x2", 1.25 + 0.0625, 1.25 + 0.0625, max_forward_2x2},
	{"max pool 2x2 backward", 1.25 + 0.0625, 1.25 + 0.0625, max_backward_2x2},
	{"max pool 3x3 s2", 1.25 + 0.0625, 1.25 + 0.0625, max_forward_3x3_s2},
	{"max pool 3x3 s2 backward", 1.25 + 0.0625, 1.25 + 0.0625, max_backward_3x3_s2},
	{"max pool 2x2 s1", 2 + 0.25, 2 + 0.25, max_forward_2x2_s1},
	{"max pool 2x2 s1 backward", 2 + 0.25, 2 + 0.25, max_backward_2x2_s1},
	{"max pool 3x3 s1", 2 + 0.25, 2 + 0.25, max_forward_3x3_s1},
	{"max pool 3x3 s1 backward", 2 + 0.25, 2 + 0.25, max_backward_3x3_s1},
	{"max pool 3x3", 1 + 1.25 / 9, 1 + 1.25 / 9, max_forward_3x3_s3},
	{"max pool 3x3 backward", 1 + 1.25 / 9, 1 + 1.25 / 9, max_backward_3x3_s3},
	{"average pool 2x2", 1.25, 1.25, average_forward_2x2},
	{"average pool 2x2 backward", 1.25, 1.25, average_backward_2x2},
	{"average pool 3x3 s2", 1.25, 1.25, average_forward_3x3_s2},
	{"average pool 3x3 s2 backward", 1.25, 1.25, average_backward_3x3_s2},
	{"average pool 2x2 s1", 2, 2, average_forward_2x2_s1},
	{"average pool 2x2 s1 backward", 2, 2, average_backward_2x2_s1},
	{"average pool 3x3 s1", 2, 2, average_forward_3x3_s1},
	{"average pool 3x3 s1 backward", 2, 2, average_backward_3x3_s1},
	{"average pool 3x3", 1 + 1. / 9, 1 + 1. / 9, average_forward_3x3_s3},
	{"average pool 3x3 backward", 1 + 1. / 9, 1 + 1. / 9, average_backward_3x3_s3},
	{"global average", 1, 1, global_average_forward},
	{"global average backward", 1, 1, global_average_backward},
	{"zero pad", 1.75, 1.75, pad_forward},
	{"zero pad backward", 1.75, 1.75, pad_backward},
	{"sgd", 3, 2, sgd},
	{"sgd with momentum", 5, 3, sgd_momentum},
	{"adam", 7, 4, adam},
	{"rmsprop", 5, 3, rmsprop},
	{"rows to block", 2, 2, rows_to_block},
	{"block to rows", 2, 2, block_to_rows},
	{"sum of squares", 1, 1, sum_squares},
	{"all finite", 1, 1, all_finite},
};

const int move_row_count = sizeof move_rows / sizeof *move_rows;
