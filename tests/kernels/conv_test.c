/* SPDX-License-Identifier: MIT */
/* The convolution kernels, called directly: every job, cut into random slices, agrees with the
 * textbook. */
#include "tests/kernels/lane_arrays.h"

static struct window window_of(const lam_conv_geometry *g)
{
	return (struct window){
		.groups = g->groups,
		.channels = g->in,
		.out = g->out,
		.in = {g->h, g->w},
		.size = {g->oh, g->ow},
		.kernel = {g->kh, g->kw},
		.stride = {g->sh, g->sw},
		.pad = {g->ph, g->pw},
		.dilation = {g->dh, g->dw},
	};
}

static lam_real *pack_conv(const lam_conv_geometry *g, lam_job job, const lam_real *w)
{
	lam_real *packed = lam_alloc((size_t)g->algorithm[job]->packed_size(g), sizeof(lam_real));

	for (struct lam_slices s = slices_from(pick(1, 4)); s.end > 0; s = slices_before(s))
		g->algorithm[job]->pack(g, job, w, packed, s);
	return packed;
}

/* Scratch for a job, full of NaN. */
static void *new_scratch(const lam_conv_geometry *g, lam_job job)
{
	const size_t size = g->algorithm[job]->scratch_size(g, job);
	void *scratch = lam_alloc(size, 1);

	if (size > 0)
		memset(scratch, 0xff, size);
	return scratch;
}

/* Runs a job over all blocks, in `slices`. */
static void run_conv(const lam_conv_geometry *g, lam_job job, struct lam_conv_call call,
	const struct array *from, const struct array *to, int64_t slices)
{
	void *scratch = new_scratch(g, job);

	call.scratch = scratch;
	for (int64_t block = 0; block < from->blocks; block++) {
		call.from = from->lanes + block * from->block;
		call.to = to->lanes + block * to->block;
		for (call.slices = slices_from(slices); call.slices.end > 0;
			call.slices = slices_before(call.slices))
			g->algorithm[job]->run(g, job, &call);
	}
	lam_free(scratch);
}

static void run_gradient(const lam_conv_geometry *g, const struct array *x, const struct array *dy,
	lam_real *dw, int64_t slices)
{
	const struct lam_conv_algorithm *algorithm = g->algorithm[LAM_GRADIENT];
	void *shared = lam_alloc(algorithm->gradient_shared(g), 1),
	     *scratch = new_scratch(g, LAM_GRADIENT);
	struct lam_conv_gradient_call call = {
		.x = x->lanes,
		.x_block = x->block,
		.dy = dy->lanes,
		.dy_block = dy->block,
		.blocks = x->blocks,
		.dw = dw,
		.shared = shared,
		.scratch = scratch,
	};

	for (; algorithm->gradient_slices(g, x->blocks, call.phase) > 0; call.phase++)
		for (call.slices = slices_from(slices); call.slices.end > 0;
			call.slices = slices_before(call.slices))
			algorithm->gradient(g, &call);
	lam_free(shared), lam_free(scratch);
}

/* Results are bit-identical with other slices. Overwrites dy. */
static void check_other_slices(const lam_conv_geometry *g, struct lam_conv_call forward,
	const struct array *x, struct array *dy, const struct array *y, const lam_real *dw)
{
	const size_t bytes = (size_t)(g->out * (g->in / g->groups) * g->kh * g->kw)
		* sizeof(lam_real);
	lam_real *again = lam_alloc(bytes, 1);
	run_gradient(g, x, dy, again, 7);
	check(memcmp(again, dw, bytes) == 0, "dw depends on the slices");
	lam_free(again);
	memset(dy->lanes, 0, (size_t)(dy->blocks * dy->block) * sizeof(lam_real));
	run_conv(g, LAM_FORWARD, forward, x, dy, 1);
	for (int64_t block = 0; block < x->blocks; block++)
		check(memcmp(y->lanes + block * y->block, dy->lanes + block * dy->block,
			      (size_t)dy->features * LAM_LANES * sizeof(lam_real))
				== 0,
			"y depends on the slices");
}

/* Checks forward, input gradient (also the forward of a transposed convolution) and weight gradient
 * of a geometry. */
static void check_conv(const lam_conv_geometry *given, lam_conv_choice choice, int64_t n)
{
	const struct lam_conv_kernels *k = &lam_kernel()->conv;
	lam_conv_geometry chosen = *given, *g = &chosen;
	struct window window = window_of(given), back = window;
	int64_t weights = g->out * (g->in / g->groups) * g->kh * g->kw, slices = pick(1, 5);
	struct array x = new_array(n, g->in * g->h * g->w, true, false),
		     dx = new_array(n, x.features, false, true);
	struct array dy = new_array(n, g->out * g->oh * g->ow, true, true),
		     y = new_array(n, dy.features, false, false);
	struct array t = new_array(n, x.features, false, false);
	double *w = lam_alloc((size_t)weights, sizeof(double)),
	       *dw = lam_alloc((size_t)weights, sizeof(double));
	double *b = lam_alloc((size_t)g->out, sizeof(double)),
	       *db = lam_alloc((size_t)g->out, sizeof(double));
	double *c = lam_alloc((size_t)g->in, sizeof(double));
	lam_epilogue epilogue = pick(0, 1) ? LAM_EPILOGUE_RELU : LAM_EPILOGUE_NONE;
	bool biased = pick(0, 2) > 0;

	random_values(w, weights);
	random_values(b, g->out);
	random_values(c, g->in);
	textbook_conv(y.rows, x.rows, w, biased ? b : NULL, &window, n);
	textbook_conv_backward(dx.rows, dw, db, dy.rows, x.rows, w, &window, n);
	back.channels = g->out, back.out = g->in;
	for (int axis = 0; axis < 2; axis++)
		back.in[axis] = window.size[axis], back.size[axis] = window.in[axis];
	textbook_transposed(t.rows, dy.rows, w, c, &back, n);
	rectify(&t);
	if (epilogue == LAM_EPILOGUE_RELU)
		rectify(&y);

	lam_real *w_real = to_real(w, weights), *b_real = to_real(b, g->out),
		 *c_real = to_real(c, g->in);
	lam_real *dw_real = to_real(w, weights), *db_real = to_real(b, g->out);
	k->choose(g, choice);
	lam_real *to_y = pack_conv(g, LAM_FORWARD, w_real),
		 *to_dx = pack_conv(g, LAM_BACKWARD, w_real);
	struct lam_conv_call forward = {
		.packed = to_y, .bias = biased ? b_real : NULL, .epilogue = epilogue};
	struct lam_conv_call backward = {.packed = to_dx};
	struct lam_conv_call transposed = {
		.packed = to_dx, .bias = c_real, .epilogue = LAM_EPILOGUE_RELU};

	run_conv(g, LAM_FORWARD, forward, &x, &y, slices);
	run_conv(g, LAM_BACKWARD, backward, &dy, &dx, slices);
	run_conv(g, LAM_BACKWARD, transposed, &dy, &t, slices);
	check_lanes(&y, "y");
	check_lanes(&dx, "dx");
	check_lanes(&t, "the transposed convolution");
	run_gradient(g, &x, &dy, dw_real, slices);
	check_values(dw_real, dw, weights, "dw");
	k->bias_gradient(g->oh * g->ow, dy.lanes, dy.block, dy.blocks, db_real, 0, g->out / 2);
	k->bias_gradient(g->oh * g->ow, dy.lanes, dy.block, dy.blocks, db_real, g->out / 2, g->out);
	check_values(db_real, db, g->out, "db");

	check_other_slices(g, forward, &x, &dy, &y, dw_real);

	void *all[] = {w, dw, b, db, c, w_real, b_real, c_real, dw_real, db_real, to_y, to_dx};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		lam_free(all[i]);
	free_array(&x), free_array(&dx), free_array(&y), free_array(&dy), free_array(&t);
}

static bool fit(lam_conv_geometry *g)
{
	int64_t height = g->h + 2 * g->ph - g->dh * (g->kh - 1) - 1,
		width = g->w + 2 * g->pw - g->dw * (g->kw - 1) - 1;

	if (g->oh > 0)
		return true; /* given */
	g->oh = height / g->sh + 1;
	g->ow = width / g->sw + 1;
	g->sh = g->oh == 1 ? 1 : g->sh, g->sw = g->ow == 1 ? 1 : g->sw; /* as layers do */
	return height >= 0 && width >= 0;
}

static void name_conv(const lam_conv_geometry *g, int64_t n)
{
	char name[160];

	snprintf(name, sizeof name,
		"%" PRId64 "->%" PRId64 "/%" PRId64 " %" PRId64 "x%" PRId64 " k %" PRId64
		"x%" PRId64 " s %" PRId64 ",%" PRId64 " p %" PRId64 ",%" PRId64 " d %" PRId64
		",%" PRId64 " n %" PRId64,
		g->in, g->out, g->groups, g->h, g->w, g->kh, g->kw, g->sh, g->sw, g->ph, g->pw,
		g->dh, g->dw, n);
	printf("%s:\n", name);
}

static void check_named(lam_conv_geometry g, lam_conv_choice choice, int64_t n)
{
	int before = kit.failures;
	bool taps = (g.sw == 1 ? g.kw <= (g.kh == 1 ? 20 : 10) : g.sw == 2 && g.kw <= 10)
		&& g.kw > g.sw && (g.kh == g.kw || g.kh == 1) && g.groups == 1;

	if (!fit(&g))
		return;
	tolerance = DOUBLE_BUILD ? 1e-13 : 1e-5;
	if (choice != LAM_CONV_DIRECT && taps)
		tolerance *= 10; /* conv.h's bound for Winograd's algorithm */
	check_conv(&g, choice, n);
	if (kit.failures > before)
		name_conv(&g, n);
}

/* groups, in, out, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, - */
static const lam_conv_geometry edges[] = {
	{1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, {0}}, /* one pixel, one tap */
	{1, 1, 1, 1, 1, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1, {0}}, /* a border all round */
	{1, 2, 3, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 1, 1, {0}}, /* outputs that meet no input */
	{1, 3, 5, 5, 5, 0, 0, 5, 5, 1, 1, 0, 0, 1, 1, {0}}, /* kernel = input */
	{1, 3, 2, 4, 7, 0, 0, 4, 7, 1, 1, 3, 6, 1, 1, {0}},
	{1, 2, 2, 9, 9, 0, 0, 2, 2, 5, 4, 0, 0, 1, 1, {0}},  /* stride > kernel */
	{1, 7, 6, 9, 8, 0, 0, 1, 1, 2, 2, 1, 1, 1, 1, {0}},  /* 1x1 with stride and padding */
	{1, 2, 17, 3, 3, 0, 0, 3, 3, 1, 1, 7, 5, 1, 1, {0}}, /* padding larger than needed */
	{1, 2, 3, 7, 11, 0, 0, 3, 3, 2, 3, 2, 4, 2, 3,
		{0}}, /* stride and dilation with a common divisor */
	{1, 2, 3, 13, 12, 0, 0, 3, 3, 4, 2, 2, 1, 2, 4, {0}},
	{1, 16, 17, 1, 40, 0, 0, 1, 5, 1, 1, 0, 2, 1, 1, {0}},  /* 1-D */
	{1, 32, 18, 1, 300, 0, 0, 1, 5, 1, 1, 0, 2, 1, 1, {0}}, /* parts of one plane */
	{1, 5, 4, 1, 33, 0, 0, 1, 4, 1, 3, 0, 1, 1, 2, {0}},
	{6, 6, 6, 8, 9, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1, {0}}, /* depthwise */
	{5, 5, 5, 9, 8, 0, 0, 3, 3, 1, 1, 0, 0, 1, 1, {0}},
	{3, 3, 3, 5, 1, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1, {0}},
	{4, 4, 4, 7, 2, 0, 0, 3, 3, 2, 1, 4, 1, 1, 1, {0}},
	{4, 4, 4, 8, 9, 0, 0, 3, 3, 1, 1, 0, 2, 1, 1, {0}},
	{4, 4, 4, 8, 9, 7, 6, 3, 3, 1, 1, 1, 1, 1, 1, {0}}, /* the last columns of x are not read */
	{3, 12, 3, 6, 7, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1, {0}}, /* one output to a group */
	{5, 5, 10, 8, 9, 0, 0, 3, 2, 2, 1, 1, 0, 1, 2,
		{0}}, /* depthwise with two outputs per channel */
	{2, 6, 4, 6, 5, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1, {0}},   /* groups */
	{1, 1, 6, 28, 28, 0, 0, 5, 5, 1, 1, 2, 2, 1, 1, {0}}, /* a layer of the benchmark's nets */
	{1, 6, 16, 14, 14, 0, 0, 5, 5, 1, 1, 0, 0, 1, 1, {0}},
	{1, 3, 64, 32, 32, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1, {0}},
	{1, 64, 66, 16, 16, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1, {0}},
	{1, 33, 40, 8, 8, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1, {0}},
	{1, 16, 32, 14, 14, 0, 0, 3, 3, 2, 2, 1, 1, 1, 1, {0}},
	{1, 16, 32, 14, 14, 0, 0, 4, 4, 2, 2, 1, 1, 1, 1, {0}},
	{1, 40, 33, 16, 16, 0, 0, 4, 4, 2, 2, 1, 1, 1, 1, {0}}, /* Winograd with stride 2 */
	{1, 40, 33, 17, 16, 0, 0, 5, 5, 2, 2, 2, 2, 1, 1, {0}}, /* residues of three and two taps */
	{1, 17, 33, 12, 13, 0, 0, 7, 7, 1, 1, 3, 3, 1, 1, {0}}, /* by four sets of taps */
	{1, 33, 17, 1, 90, 0, 0, 1, 16, 1, 1, 0, 7, 1, 1, {0}},
	{1, 32, 34, 1, 2, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, {0}}, /* one tap, not all of x is read */
	{1, 33, 32, 2, 9, 0, 0, 1, 1, 2, 1, 1, 0, 1, 1, {0}},
	{1, 32, 33, 1, 5, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, {0}},
	{1, 17, 16, 8, 16, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, {0}}, /* planes 4 KiB apart */
};

static void conv_at_the_edges(void)
{
	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
		check_named(edges[i], LAM_CONV_DIRECT, PICK(1, 15, 16, 17, 33));
		check_named(edges[i], LAM_CONV_BY_SHAPE, PICK(1, 15, 16, 17, 33));
	}
}

/* Winograd's algorithm, even where it does not pay: planes that are no multiple of its tiles, and
 * channels that are no multiple of its chunks; dilations beyond a plane's side, strides, and
 * kernels of one to four sets of taps, too. */
static void winograd_at_random(void)
{
	for (int i = 0; i < test_share(90); i++) {
		bool flat = pick(0, 3) == 0, dilated = pick(0, 2) == 0,
		     strided = !dilated && pick(0, 1);
		int64_t stride = strided ? 2 : 1,
			kernel = pick(0, 1) ? pick(stride + 1, flat && !strided ? 20 : 10)
					    : stride * PICK(2, 3, 3, 5);

		lam_conv_geometry g = {
			.groups = 1,
			.in = PICK(1, 2, 5, 16, 17, 33, 65),
			.out = PICK(1, 2, 7, 8, 9, 16, 17, 66),
			.h = flat ? 1 : pick(1, 13),
			.w = pick(1, flat ? 60 : 13),
			.kh = flat ? 1 : kernel,
			.kw = kernel,
			.sh = flat ? pick(1, 2) : stride,
			.sw = stride,
			.ph = flat ? 0 : pick(0, dilated ? 20 : 3),
			.pw = pick(0, dilated ? 20 : 3),
			.dh = dilated ? pick(1, 6) : 1,
			.dw = dilated ? pick(1, 9) : 1,
		};
		check_named(g, LAM_CONV_WINOGRAD, PICK(1, 15, 16, 17, 40));
	}
}

static void conv_at_random(void)
{
	for (int i = 0; i < test_share(400); i++) {
		lam_conv_geometry g = {.groups = PICK(1, 1, 1, 2, 3)};
		bool flat = pick(0, 5) == 0, wide = pick(0, 3) == 0; /* kernels copy wide pixels */

		g.in = g.groups * (wide ? PICK(32, 33) : PICK(1, 1, 2, 3, 5, 6, 7, 16, 17));
		g.out = g.groups * (wide ? PICK(32, 34) : PICK(1, 1, 2, 3, 5, 6, 7, 9, 16, 17));
		g.h = flat ? 1 : pick(1, wide ? 4 : 14), g.w = pick(1, flat ? 50 : 14);
		g.kh = flat ? 1 : pick(1, 5), g.kw = pick(1, 5);
		g.sh = pick(1, 3), g.sw = pick(1, 3);
		g.ph = flat ? 0 : pick(0, 3), g.pw = pick(0, 3);
		g.dh = pick(1, 3), g.dw = pick(1, 3);
		check_named(g, pick(0, 1) ? LAM_CONV_DIRECT : LAM_CONV_BY_SHAPE,
			PICK(1, 3, 16, 17, 48));
	}
}

/* 1x1 kernels, whose weight gradient is a product of matrices: channels that fill lanes and that do
 * not, bands of several blocks and of parts of a row, several chunks and parts. */
static void dots_at_random(void)
{
	for (int i = 0; i < test_share(40); i++) {
		const int64_t groups = PICK(1, 1, 2);
		lam_conv_geometry g = {
			.groups = groups,
			.in = groups * PICK(16, 22, 31, 32, 48, 64, 130, 144),
			.out = groups * PICK(16, 17, 23, 40, 64, 130, 150),
			.h = pick(1, 12),
			.w = pick(1, 12),
			.kh = 1,
			.kw = 1,
			.sh = PICK(1, 1, 2, 3),
			.sw = PICK(1, 1, 2, 3),
			.dh = 1,
			.dw = 1,
		};
		check_named(g, PICK(LAM_CONV_DIRECT, LAM_CONV_BY_SHAPE), PICK(1, 16, 17, 40, 130));
	}
}

/* The counts of a job's algorithm agree with the formulas. The direct one has in x out x taps x
 * pixels products. Winograd's has, for each element of a window and each tile of a plane, in x out
 * products and in + out transformed values. With stride 2 each of four residues has its own
 * windows, and in the input gradient its own outputs. So has each of four sets of taps its windows,
 * of what a job reads. The weight gradient transforms dy for each 16 channels of four sets. */
static void counts_are_the_formulas(void)
{
	static const struct {
		lam_conv_geometry geometry;
		lam_conv_choice choice;
		lam_job job;
		double pixels, elements; /* taps x pixels of y; elements x tiles */
		double ins, outs;        /* transformed values, in channels in and out */
	} counted[] = {
		{{1, 64, 64, 32, 32, 32, 32, 3, 3, 1, 1, 1, 1, 1, 1, {0}}, LAM_CONV_BY_SHAPE,
			LAM_FORWARD, 9 * 1024, 36 * 64, 1, 1},
		{{1, 6, 16, 14, 14, 10, 10, 5, 5, 1, 1, 0, 0, 1, 1, {0}}, LAM_CONV_WINOGRAD,
			LAM_FORWARD, 25 * 100, 64 * 9, 1, 1},
		{{1, 6, 16, 14, 14, 10, 10, 5, 5, 1, 1, 0, 0, 1, 1, {0}}, LAM_CONV_WINOGRAD,
			LAM_BACKWARD, 25 * 100, 64 * 16, 1, 1},
		{{1, 32, 64, 1, 91, 1, 87, 1, 5, 1, 1, 0, 0, 1, 1, {0}}, LAM_CONV_BY_SHAPE,
			LAM_GRADIENT, 5 * 87, 8 * 22, 1, 1},
		{{1, 64, 128, 16, 16, 8, 8, 4, 4, 2, 2, 1, 1, 1, 1, {0}}, LAM_CONV_BY_SHAPE,
			LAM_FORWARD, 16 * 64, 4 * 25 * 4, 1, 0.25},
		{{1, 64, 128, 16, 16, 8, 8, 4, 4, 2, 2, 1, 1, 1, 1, {0}}, LAM_CONV_BY_SHAPE,
			LAM_BACKWARD, 16 * 64, 4 * 25 * 4, 1, 1},
		{{1, 64, 128, 16, 16, 8, 8, 4, 4, 2, 2, 1, 1, 1, 1, {0}}, LAM_CONV_BY_SHAPE,
			LAM_GRADIENT, 16 * 64, 4 * 25 * 4, 1, 1},
		{{1, 64, 48, 16, 16, 8, 8, 5, 5, 2, 2, 2, 2, 1, 1, {0}}, LAM_CONV_WINOGRAD,
			LAM_FORWARD, 25 * 64, 4 * 36 * 4, 1, 0.25},
		{{1, 64, 48, 16, 16, 8, 8, 5, 5, 2, 2, 2, 2, 1, 1, {0}}, LAM_CONV_WINOGRAD,
			LAM_BACKWARD, 25 * 64, 4 * 36 * 4, 1, 1},
		{{1, 64, 48, 14, 14, 14, 14, 7, 7, 1, 1, 3, 3, 1, 1, {0}}, LAM_CONV_BY_SHAPE,
			LAM_FORWARD, 49 * 196, 4 * 64 * 16, 1, 0.25},
		{{1, 64, 48, 14, 14, 14, 14, 7, 7, 1, 1, 3, 3, 1, 1, {0}}, LAM_CONV_BY_SHAPE,
			LAM_BACKWARD, 49 * 196, 4 * 64 * 16, 0.25, 1},
		{{1, 64, 48, 14, 14, 14, 14, 7, 7, 1, 1, 3, 3, 1, 1, {0}}, LAM_CONV_BY_SHAPE,
			LAM_GRADIENT, 49 * 196, 4 * 64 * 16, 1, 1},
		{{1, 16, 48, 14, 14, 14, 14, 7, 7, 1, 1, 3, 3, 1, 1, {0}}, LAM_CONV_BY_SHAPE,
			LAM_GRADIENT, 49 * 196, 4 * 64 * 16, 1, 0.25},
		{{1, 32, 64, 1, 91, 1, 82, 1, 10, 1, 1, 0, 0, 1, 1, {0}}, LAM_CONV_BY_SHAPE,
			LAM_FORWARD, 10 * 82, 2 * 8 * 21, 1, 0.5},
		{{1, 64, 64, 16, 16, 13, 13, 4, 4, 1, 1, 0, 0, 1, 1, {0}}, LAM_CONV_BY_SHAPE,
			LAM_FORWARD, 16 * 169, 64 * 16, 1, 1},
	};
	for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
		lam_conv_geometry g = counted[i].geometry;
		double pairs = (double)(g.in * g.out),
		       ends = (double)g.in * counted[i].ins + (double)g.out * counted[i].outs;
		lam_kernel()->conv.choose(&g, counted[i].choice);
		struct lam_conv_count count = g.algorithm[counted[i].job]->count(
			&g, counted[i].job);

		check(count.products == pairs * counted[i].elements);
		check(count.transformed == ends * counted[i].elements);
		lam_kernel()->conv.choose(&g, LAM_CONV_DIRECT);
		count = g.algorithm[counted[i].job]->count(&g, counted[i].job);
		check(count.products == pairs * counted[i].pixels);
		check(count.transformed == 0);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(conv_at_the_edges), TEST(conv_at_random),
		TEST(winograd_at_random), TEST(dots_at_random), TEST(counts_are_the_formulas)};

	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
