/* SPDX-License-Identifier: MIT */
/* Long sums keep their digits: every kernel that sums is given as many terms as made one
 * accumulator of float lose them. Ones are summed exactly up to 2^24 only. The rounding errors of
 * equal terms, tenths, add up instead of cancelling. */
#include "tests/kernels/lane_arrays.h"

#include <unistd.h>

enum { SIDE = 4200, SMALL = 1024, PLACES = SMALL * SMALL };

#define TENTH ((lam_real)0.1)

static const struct lam_slices all_slices = {0, 1, 1};

/* Whether a test that takes `bytes` may run; if not, it is skipped. */
static bool memory_for(double bytes)
{
	if ((double)sysconf(_SC_AVPHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) > bytes)
		return true;
	test_skip("too little free memory");
	return false;
}

/* `count` values: equal ones, or with `random` values from 0 to twice as large. */
static lam_real *values_of(int64_t count, lam_real value, bool random)
{
	lam_real *x = lam_alloc((size_t)count, sizeof *x);

	for (int64_t i = 0; x && i < count; i++)
		x[i] = random ? (lam_real)pick(0, 2000000) / 1000000 * value : value;
	return x;
}

static void check_share(double actual, double expected, double bound, const char *what)
{
	check(fabs(actual - expected) <= bound * fabs(expected), "%s is %.9g for %.9g, off by %.2g",
		what, actual, expected, fabs(actual - expected) / fabs(expected));
}

/* dw of one block. */
static void find_gradient(lam_conv_geometry *g, lam_conv_choice choice, const lam_real *x,
	const lam_real *dy, lam_real *dw)
{
	lam_kernel()->conv.choose(g, choice);
	const struct lam_conv_algorithm *algorithm = g->algorithm[LAM_GRADIENT];
	void *shared = lam_alloc(algorithm->gradient_shared(g), 1),
	     *scratch = lam_alloc(algorithm->scratch_size(g, LAM_GRADIENT), 1);
	struct lam_conv_gradient_call call = {.x = x,
		.dy = dy,
		.blocks = 1,
		.dw = dw,
		.shared = shared,
		.scratch = scratch,
		.slices = all_slices};

	for (; algorithm->gradient_slices(g, 1, call.phase) > 0; call.phase++)
		algorithm->gradient(g, &call);
	lam_free(shared), lam_free(scratch);
}

static double sum_products(
	const lam_conv_geometry *g, const lam_real *x, const lam_real *dy, int64_t p, int64_t q)
{
	double sum = 0;

	for (int64_t i = 0; i < g->oh; i++)
		for (int64_t j = 0; j < g->ow; j++) {
			int64_t u = i * g->sh + p - g->ph, v = j * g->sw + q - g->pw;

			for (int l = 0; l < LAM_LANES && u >= 0 && u < g->h && v >= 0 && v < g->w;
				l++)
				sum += (double)x[(u * g->w + v) * LAM_LANES + l]
					* (double)dy[(i * g->ow + j) * LAM_LANES + l];
		}
	return sum;
}

static void gradients_of_planes(void)
{
	static const struct {
		lam_conv_geometry geometry;
		lam_conv_choice choice;
		const char *what;
	} rows[] = {
		{{1, 1, 1, SMALL, SMALL, SMALL, SMALL, 3, 3, 1, 1, 1, 1, 1, 1, {0}},
			LAM_CONV_DIRECT, "3x3"},
		{{1, 1, 1, SMALL, SMALL, SMALL - 1, SMALL - 1, 2, 2, 1, 1, 0, 0, 1, 1, {0}},
			LAM_CONV_DIRECT, "2x2"},
		{{1, 1, 1, SMALL, SMALL, SMALL / 2, SMALL / 2, 2, 2, 2, 2, 0, 0, 1, 1, {0}},
			LAM_CONV_DIRECT, "2x2 with stride"},
		{{1, 1, 1, SMALL, SMALL, SMALL, SMALL, 1, 1, 1, 1, 0, 0, 1, 1, {0}},
			LAM_CONV_DIRECT, "1x1"},
		{{1, 16, 16, SMALL / 4, SMALL / 4, SMALL / 4, SMALL / 4, 1, 1, 1, 1, 0, 0, 1, 1,
			 {0}},
			LAM_CONV_DIRECT, "1x1 of 16 channels"},
		{{1, 1, 1, 1, PLACES, 1, PLACES, 1, 3, 1, 1, 0, 1, 1, 1, {0}}, LAM_CONV_DIRECT,
			"1x3"},
		{{1, 1, 1, SMALL, SMALL, SMALL, SMALL, 3, 3, 1, 1, 1, 1, 1, 1, {0}},
			LAM_CONV_WINOGRAD, "3x3 by Winograd"},
		{{1, 1, 1, 1, PLACES, 1, PLACES, 1, 3, 1, 1, 0, 1, 1, 1, {0}}, LAM_CONV_WINOGRAD,
			"1x3 by Winograd"},
	};

	for (int random = 0; random < 2; random++) {
		lam_real *x = values_of((int64_t)PLACES * LAM_LANES, TENTH, random),
			 *dy = values_of((int64_t)PLACES * LAM_LANES, TENTH, random);

		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
			lam_conv_geometry g = rows[i].geometry;
			lam_real dw[256];
			double bound = rows[i].choice == LAM_CONV_DIRECT ? 3e-6 : 3e-5;

			find_gradient(&g, rows[i].choice, x, dy, dw);
			check_share(dw[0], sum_products(&rows[i].geometry, x, dy, 0, 0), bound,
				rows[i].what);
		}
		lam_real db;
		double sum = 0;
		for (int64_t i = 0; i < (int64_t)PLACES * LAM_LANES; i++)
			sum += (double)dy[i];
		lam_kernel()->conv.bias_gradient(PLACES, dy, 0, 1, &db, 0, 1);
		check_share(db, sum, 3e-6, "the bias");
		lam_free(x), lam_free(dy);
	}
}

/* dw by Winograd's algorithm, with one channel in the lanes of x and of dy. */
static void find_channel_gradient(const lam_conv_geometry *g, const lam_real *x, lam_real *dw)
{
	const struct lam_channel_kernels *channel = &lam_kernel()->channel;
	const lam_channel_weight_form form = LAM_CHANNEL_WEIGHT_WINOGRAD;
	struct lam_channel_gradient_call call = {
		.wide = x, .narrow = x, .samples = 1, .dw = dw, .slices = all_slices};
	void *shared = lam_alloc((size_t)channel->weight_shared(g, form).once, 1),
	     *scratch = lam_alloc(channel->weight_scratch(g, form), 1);

	call.shared = shared;
	call.scratch = scratch;
	for (; channel->weight_slices(g, form, 1, call.phase) > 0; call.phase++)
		channel->weight_gradient(g, form, &call);
	lam_free(shared), lam_free(scratch);
}

/* One sample of ones; x and dy are the same array. */
static void ones_are_counted(void)
{
	const int64_t places = (int64_t)SIDE * SIDE;
	const double inside = (SIDE - 1.0) * (SIDE - 1.0);
	lam_conv_geometry square = {1, 1, 1, SIDE, SIDE, SIDE - 1, SIDE - 1, 2, 2, 1, 1, 0, 0, 1, 1,
				  {0}},
			  row = {1, 1, 1, 1, places, 1, places, 1, 3, 1, 1, 0, 1, 1, 1, {0}};
	lam_real dw[4], sum[LAM_LANES] __attribute__((aligned(LAM_ALIGN)));

	if (!memory_for(1.6e9))
		return;
	lam_real *x = lam_alloc((size_t)(places * LAM_LANES), sizeof *x),
		 *w = values_of(places, 1, false);
	memset(x, 0, (size_t)(places * LAM_LANES) * sizeof *x);
	for (int64_t i = 0; i < places; i++)
		x[i * LAM_LANES] = 1;
	find_gradient(&square, LAM_CONV_DIRECT, x, x, dw);
	for (int t = 0; t < 4; t++)
		check_share(dw[t], inside, 1e-6, "dw of 2x2 taps");
	find_gradient(&row, LAM_CONV_WINOGRAD, x, x, dw);
	check_share(dw[1], (double)places, 1e-5, "dw by Winograd");
	find_channel_gradient(&row, x, dw);
	check_share(dw[1], (double)places, 1e-5, "dw by Winograd with channels in the lanes");
	lam_kernel()->conv.bias_gradient(places, x, 0, 1, dw, 0, 1);
	check_share(dw[0], (double)places, 1e-6, "db");
	lam_kernel()->pool.global_average_forward(sum, x, 1, (size_t)places);
	check_share(sum[0], 1, 1e-6, "the global average");

	lam_affine_geometry affine = {places, 1}, back = {1, places};
	struct lam_affine_call call = {
		.packed = w, .from = x, .to = sum, .blocks = 1, .slices = all_slices};
	lam_kernel()->affine.run(&affine, LAM_FORWARD, &call);
	check_share(sum[0], (double)places, 1e-6, "y of an affine map");
	lam_kernel()->affine.run(&back, LAM_BACKWARD, &call);
	check_share(sum[0], (double)places, 1e-6, "dx of an affine map");
	call.packed = x, call.from = w;
	lam_kernel()->channel.affine(&affine, &call);
	check_share(sum[0], (double)places, 1e-6, "y of an affine map of one sample");
	lam_free(x), lam_free(w);
}

/* A convolution whose sums have PLACES terms, in batch lanes and with channels in the lanes. */
static void check_forward(lam_conv_geometry g, bool planes, const char *what)
{
	lam_real *x = values_of((int64_t)PLACES * LAM_LANES, TENTH, false),
		 *w = values_of(g.out * (g.in / g.groups) * g.kh * g.kw, TENTH, false),
		 y[5 * LAM_LANES] __attribute__((aligned(LAM_ALIGN)));
	const double expected = PLACES * (double)TENTH * (double)TENTH;
	struct lam_conv_call call = {.from = x, .to = y, .slices = all_slices};
	const lam_channel_form form = lam_channel_form_of(&g, LAM_FORWARD, planes);

	lam_kernel()->conv.choose(&g, LAM_CONV_DIRECT);
	if (g.groups == 1) {
		const struct lam_conv_algorithm *direct = g.algorithm[LAM_FORWARD];
		lam_real *packed = lam_alloc((size_t)direct->packed_size(&g), sizeof *packed);
		direct->pack(&g, LAM_FORWARD, w, packed, all_slices);
		call.packed = packed;
		direct->run(&g, LAM_FORWARD, &call);
		check_share(y[3], expected, 3e-6, what);
		lam_free(packed);
	}
	const struct lam_channel_kernels *channel = &lam_kernel()->channel;
	lam_real *packed = lam_alloc(
		(size_t)channel->conv_packed_size(&g, LAM_FORWARD, form), sizeof *packed);
	channel->conv_pack(&g, LAM_FORWARD, form, w, packed, all_slices);
	call.packed = packed;
	channel->conv(&g, LAM_FORWARD, form, &call);
	check_share(y[0], expected, 3e-6, what);
	lam_free(packed), lam_free(x), lam_free(w);
}

static void outputs_of_many_terms(void)
{
	const lam_conv_geometry plane = {1, 1, 1, SMALL, SMALL, 1, 1, SMALL, SMALL, 1, 1, 0, 0, 1,
					1, {0}},
				channels = {
					1, PLACES / 4, 5, 2, 2, 1, 1, 2, 2, 1, 1, 0, 0, 1, 1, {0}};
	lam_conv_geometry each = plane, few = channels;
	each.groups = each.in = each.out = LAM_LANES, few.out = 1;

	check_forward(plane, true, "a kernel as large as a plane");
	check_forward(plane, false, "a plane from lanes");
	check_forward(few, false, "few outputs of many channels");
	check_forward(each, false, "a depthwise kernel as large as a plane");
}

/* A million samples of an affine layer. */
static void gradients_of_many_samples(void)
{
	const struct lam_affine_kernels *k = &lam_kernel()->affine;
	const lam_affine_geometry g = {3, 2};
	const int64_t samples = 1000000, blocks = samples / LAM_LANES;
	lam_real *x = values_of(samples * g.in, TENTH, false),
		 *dy = values_of(samples * g.out, TENTH, false);
	lam_real *rows = lam_alloc((size_t)k->transposed_size(&g, blocks), sizeof *rows);
	lam_real dw[6], db[2];

	for (int64_t block = 0; block < blocks; block++)
		k->transpose(&g, dy + block * g.out * LAM_LANES, block, blocks, rows);
	k->gradient(&g,
		&(struct lam_affine_gradient_call){.x = x,
			.x_block = g.in * LAM_LANES,
			.rows = rows,
			.samples = samples,
			.dw = dw,
			.slices = all_slices});
	k->bias_gradient(&g, false, rows, samples, NULL, db, 0, g.out);
	check_share(dw[5], (double)samples * TENTH * TENTH, 3e-6, "dw");
	check_share(db[1], (double)samples * TENTH, 3e-6, "db");
	lam_free(x), lam_free(dy), lam_free(rows);
}

static void windows_of_many_places(void)
{
	enum { KERNEL = 10000, LENGTH = 2 * KERNEL - 1 };
	const struct lam_pool_kernels *pool = &lam_kernel()->pool;
	struct lam_pool_geometry g = {.channels = 1,
		.in = {1, LENGTH},
		.out = {1, KERNEL},
		.kernel = {1, KERNEL},
		.stride = {1, 1},
		.dilation = {1, 1}};
	lam_real *x = values_of((int64_t)LENGTH * LAM_LANES, TENTH, false),
		 *y = values_of((int64_t)LENGTH * LAM_LANES, 0, false),
		 *dx = values_of((int64_t)LENGTH * LAM_LANES, 0, false);
	int16_t *index = lam_alloc((size_t)KERNEL * LAM_LANES, sizeof *index);

	for (int l = 0; l < LAM_LANES; l++)
		x[(KERNEL - 1) * LAM_LANES + l] = 2 * TENTH; /* the maximum of all windows */
	pool->average_forward(y, x, &g);
	check_share(y[7], (KERNEL + 1.0) / KERNEL * TENTH, 3e-6, "an average");
	pool->max_forward(y, index, x, &g);
	for (int64_t i = 0; i < (int64_t)KERNEL * LAM_LANES; i++)
		y[i] = TENTH;
	pool->max_backward(dx, y, index, &g);
	check_share(
		dx[(KERNEL - 1) * LAM_LANES + 3], KERNEL * (double)TENTH, 3e-6, "a maximum's dx");
	check(dx[0] == 0 && dx[KERNEL * LAM_LANES] == 0, "no maximum");
	pool->average_backward(dx, y, &g);
	check_share(dx[(KERNEL - 1) * LAM_LANES + 3], TENTH, 3e-6, "an average's dx");
	check_share(dx[KERNEL / 2 * LAM_LANES], (KERNEL / 2 + 1) * (double)TENTH / KERNEL, 3e-6,
		"dx of half of the windows");

	lam_real *plane = values_of((int64_t)PLACES * LAM_LANES, TENTH, false);
	g.in[0] = g.in[1] = g.kernel[0] = g.kernel[1] = SMALL, g.out[1] = 1;
	pool->average_forward(y, plane, &g);
	check_share(y[15], TENTH, 3e-6, "the average of a plane");
	pool->global_average_forward(y, plane, 1, PLACES);
	check_share(y[15], TENTH, 3e-6, "the global average");
	lam_free(x), lam_free(y), lam_free(dx), lam_free(index), lam_free(plane);
}

/* The gradient of a plane that became PLACES values. */
static void enlarged_planes(void)
{
	const struct lam_upsample_kernels *upsample = &lam_kernel()->upsample;
	struct lam_upsample_geometry g = {1, {1, 1}, {SMALL, SMALL}, false};
	lam_real *dy = values_of((int64_t)PLACES * LAM_LANES, TENTH, false),
		 dx[4 * LAM_LANES] __attribute__((aligned(LAM_ALIGN)));

	upsample->nearest_backward(dx, dy, &g);
	check_share(dx[5], PLACES * (double)TENTH, 3e-6, "dx of a value that is repeated");
	g.in[0] = g.in[1] = 2, g.scale[0] = g.scale[1] = SMALL / 2;
	for (int align = 0; align < 2; align++) {
		g.align_corners = align;
		void *scratch = lam_alloc((size_t)lam_upsample_scratch(&g), 1);
		upsample->linear_backward(dx, dy, &g, scratch);
		for (int i = 0; i < 4; i++)
			check_share(dx[i * LAM_LANES + i], PLACES / 4 * (double)TENTH, 3e-6,
				"dx of a value between others");
		lam_free(scratch);
	}
	lam_free(dy);
}

static void many_classes(void)
{
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	lam_real *z = values_of((int64_t)PLACES * LAM_LANES, -2, false),
		 *p = values_of((int64_t)PLACES * LAM_LANES, 0, false);
	const int32_t classes[LAM_LANES] = {1};
	const double sum = 1 + (PLACES - 1.0) * exp(-2);

	for (int l = 0; l < LAM_LANES; l++)
		z[l] = 0;
	reduce->softmax(p, z, PLACES);
	check_share(p[3], 1 / sum, 3e-6, "softmax");
	check_share(reduce->cross_entropy_classes(p, z, classes, PLACES, 1, NULL, 0), log(sum) + 2,
		3e-6, "cross-entropy");
	check_share(p[LAM_LANES], exp(-2) / sum, 3e-6, "its probability");
	lam_real *t = values_of((int64_t)PLACES * LAM_LANES, TENTH / PLACES, false);
	check_share(reduce->cross_entropy_values(p, z, t, PLACES, 1, NULL, 0),
		(double)TENTH * (log(sum) + 2 * (PLACES - 1.0) / PLACES), 3e-6,
		"cross-entropy of values");
	for (int64_t i = 0; i < (int64_t)PLACES * LAM_LANES; i++)
		p[i] = TENTH;
	reduce->softmax_backward(z, p, p, PLACES);
	check_share(z[9], (double)TENTH * (TENTH - PLACES * (double)TENTH * TENTH), 3e-6,
		"softmax's dz");
	lam_free(z), lam_free(p), lam_free(t);
}

static void statistics_and_norms(void)
{
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	const double values = (double)PLACES * LAM_LANES;
	lam_real *x = values_of((int64_t)PLACES * LAM_LANES, TENTH, true), mean = 0, factor = 1;
	double sum = 0, squares = 0, sum_dy = 0, sum_dyx = 0;
	struct lam_moments moments;

	for (int64_t i = 0; i < (int64_t)PLACES * LAM_LANES; i++) {
		sum += (double)x[i];
		squares += (double)x[i] * (double)x[i];
	}
	reduce->channel_moments(&moments, 0, x, 1, PLACES, LAM_LANES);
	check_share(moments.origin + moments.mean, sum / values, 3e-6, "the mean");
	check_share(moments.squares, squares - sum * sum / values, 3e-6, "the variance");
	reduce->channel_products(&sum_dy, &sum_dyx, x, x, &mean, &factor, 1, PLACES, LAM_LANES);
	check_share(sum_dy, sum, 3e-6, "the sum of dy");
	check_share(sum_dyx, squares, 3e-6, "the sum of dy x");
	sum_dyx = 0;
	reduce->channel_dots(&sum_dyx, x, x, 1, PLACES, LAM_LANES);
	check_share(sum_dyx, squares, 3e-6, "a scale's sum of dy x");
	check_share(reduce->sum_squares(x, (size_t)PLACES * LAM_LANES), squares, 3e-6, "the norm");
	lam_real *zero = values_of((int64_t)PLACES * LAM_LANES, 0, false);
	check_share(reduce->squared_error(x, zero, PLACES, LAM_LANES, NULL), squares, 3e-6,
		"the squared error");
	lam_free(x), lam_free(zero);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(gradients_of_planes), TEST(ones_are_counted),
		TEST(outputs_of_many_terms), TEST(gradients_of_many_samples),
		TEST(windows_of_many_places), TEST(enlarged_planes), TEST(many_classes),
		TEST(statistics_and_norms)};

	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
