/* SPDX-License-Identifier: MIT */
/* The affine kernels, called directly: every job, in random slices, agrees with the textbook. */
#include "tests/kernels/lane_arrays.h"

/* Runs each job, slice by slice. */
static void run_all(const lam_affine_geometry *g, struct lam_affine_call forward,
	struct lam_affine_call backward, struct lam_affine_gradient_call gradient, int64_t slices)
{
	const struct lam_affine_kernels *k = &lam_kernel()->affine;
	for (struct lam_slices s = slices_from(slices); s.end > 0; s = slices_before(s)) {
		forward.slices = backward.slices = gradient.slices = s;
		k->run(g, LAM_FORWARD, &forward);
		k->run(g, LAM_BACKWARD, &backward);
		k->gradient(g, &gradient);
	}
}

/* A block alone is bit-identical with the same block among others. */
static void check_blocks_alone(const lam_affine_geometry *g, struct lam_affine_call forward,
	const struct array *x, const struct array *y)
{
	const size_t bytes = (size_t)(y->features * LAM_LANES) * sizeof(lam_real);
	lam_real *one = lam_alloc(bytes, 1);
	forward.to = one, forward.blocks = 1, forward.slices = (struct lam_slices){0, 1, 1};
	for (int64_t block = 0; block < x->blocks; block++) {
		forward.from = x->lanes + block * x->block;
		lam_kernel()->affine.run(g, LAM_FORWARD, &forward);
		check(memcmp(one, y->lanes + block * y->block, bytes) == 0,
			"y depends on the other blocks");
	}
	lam_free(one);
}

/* A call that packs panels of the weight gives the bits of one that has a packed copy. Overwrites
 * to. */
static void check_other_ways(const lam_affine_geometry *g, struct lam_affine_call call, lam_job job,
	const lam_real *w, const struct array *to)
{
	const struct lam_affine_kernels *k = &lam_kernel()->affine;
	const size_t bytes = (size_t)(to->blocks * to->block) * sizeof(lam_real);
	lam_real *before = lam_alloc(bytes, 1);
	void *scratch = lam_alloc((size_t)k->stream_scratch(), 1);
	memcpy(before, to->lanes, bytes);
	call.packed = NULL, call.weight = w, call.scratch = scratch;
	for (call.slices = slices_from(3); call.slices.end > 0;
		call.slices = slices_before(call.slices))
		k->run(g, job, &call);
	check(memcmp(before, to->lanes, bytes) == 0, "panels give other bits than a copy");
	lam_free(before), lam_free(scratch);
}

/* Takes the values of a weight gradient; each must be there by then, and is taken once. */
struct taken {
	const lam_real *dw, *expected;
	unsigned char *times;
};

static void take(void *data, int64_t first, int64_t count)
{
	const struct taken *taken = data;
	check(memcmp(taken->dw + first, taken->expected + first, (size_t)count * sizeof(lam_real))
			== 0,
		"values from %" PRId64 " on are taken too soon", first);
	for (int64_t i = first; i < first + count; i++)
		taken->times[i]++;
}

static void check_turned(const lam_affine_geometry *g, const struct array *x,
	const struct array *dy, const lam_real *dw, const lam_real *db)
{
	const struct lam_affine_kernels *k = &lam_kernel()->affine;
	const size_t bytes = (size_t)(g->in * g->out) * sizeof(lam_real);
	lam_real *again = lam_alloc(bytes, 1), *sums = lam_alloc((size_t)g->out, sizeof *sums),
		 *rows = lam_alloc((size_t)k->turned_size(g, x->blocks), sizeof(lam_real));
	struct lam_affine_gradient_call call = {
		.rows = rows, .turned = true, .samples = x->n, .dw = again};
	struct taken taken = {again, dw, lam_alloc((size_t)(g->in * g->out), 1)};
	const struct lam_taker taker = {
		.take = take, .data = &taken, .array = {again}, .arrays = 1};
	for (int64_t block = 0; block < x->blocks; block++)
		k->turn(g, x->lanes + block * x->block, dy->lanes + block * dy->block, block,
			x->blocks, rows);
	for (call.slices = slices_from(4); call.slices.end > 0;
		call.slices = slices_before(call.slices))
		k->gradient(g, &call);
	check(memcmp(again, dw, bytes) == 0, "rows of x give other bits than rows of dy");
	k->bias_gradient(g, true, rows, x->n, NULL, sums, g->out / 3, g->out);
	k->bias_gradient(g, true, rows, x->n, NULL, sums, 0, g->out / 3);
	check(memcmp(sums, db, (size_t)g->out * sizeof *sums) == 0, "db of tiles has other bits");
	memset(again, 0, bytes);
	call.taker = &taker;
	for (call.slices = slices_from(pick(1, 4)); call.slices.end > 0;
		call.slices = slices_before(call.slices))
		k->gradient(g, &call);
	for (int64_t i = 0; i < g->in * g->out; i++)
		check(taken.times[i] == 1, "value %" PRId64 " is taken %d times", i,
			taken.times[i]);
	lam_free(again), lam_free(sums), lam_free(rows), lam_free(taken.times);
}

/* Writes the lane blocks of samples [first, first + n) to `to`; nothing may read idle lanes. */
static void cut_samples(const struct array *from, int64_t first, int64_t n, lam_real *to)
{
	for (int64_t block = 0; block < lane_blocks(n); block++)
		for (int64_t f = 0; f < from->features; f++)
			for (int64_t lane = 0; lane < LAM_LANES; lane++) {
				const int64_t s = first + block * LAM_LANES + lane;
				*to++ = s < first + n ? from->lanes[s / LAM_LANES * from->block
						+ f * LAM_LANES + s % LAM_LANES]
						      : (lam_real)NAN;
			}
}

/* Shards of a batch, each from a lane block of its own on; and the gradients of each, and of all.
 */
struct sharded {
	const lam_affine_geometry *g;
	const struct array *side, *other; /* x and dy, or, turned, dy and x */
	bool turned;
	struct lam_affine_shards shards;
	lam_real *lanes, *others, *rows, *dw, *db;
};

static int64_t rows_size(const struct sharded *all, int64_t blocks)
{
	const struct lam_affine_kernels *k = &lam_kernel()->affine;
	return all->turned ? k->turned_size(all->g, blocks) : k->transposed_size(all->g, blocks);
}

/* Writes the rows of block `from` of all, as block `block` of `blocks`. */
static void write_rows(
	const struct sharded *all, int64_t from, int64_t block, int64_t blocks, lam_real *rows)
{
	const struct lam_affine_kernels *k = &lam_kernel()->affine;
	const lam_real *side = all->lanes + from * all->side->features * LAM_LANES,
		       *other = all->others + from * all->other->features * LAM_LANES;
	if (all->turned)
		k->turn(all->g, other, side, block, blocks, rows);
	else
		k->transpose(all->g, other, block, blocks, rows);
}

/* The gradients of shard s, from rows of its own, which are those of all shards' blocks, too. */
static void shard_alone(const struct sharded *all, int s, int64_t block)
{
	const struct lam_affine_kernels *k = &lam_kernel()->affine;
	const int64_t n = all->shards.samples[s], blocks = lane_blocks(n),
		      step = all->side->features * LAM_LANES, weights = all->g->in * all->g->out;
	lam_real *rows = lam_alloc((size_t)rows_size(all, blocks), sizeof(lam_real));
	for (int64_t b = 0; b < blocks; b++) {
		write_rows(all, block + b, b, blocks, rows);
		write_rows(all, block + b, block + b, all->shards.blocks, all->rows);
	}
	k->gradient(all->g,
		&(struct lam_affine_gradient_call){.x = all->lanes + block * step,
			.x_block = step,
			.rows = rows,
			.turned = all->turned,
			.samples = n,
			.dw = all->dw + s * weights,
			.slices = {0, 1, 1}});
	k->bias_gradient(
		all->g, all->turned, rows, n, NULL, all->db + s * all->g->out, 0, all->g->out);
	lam_free(rows);
}

/* sums[0] becomes the sum of `count` arrays of `values`, in a binary tree. */
static void add_tree(lam_real *sums, int count, int64_t values)
{
	for (int d = 1; d < count; d *= 2)
		for (int s = 0; s < count; s += 2 * d)
			for (int64_t i = 0; i < values; i++)
				sums[s * values + i] += sums[(s + d) * values + i];
}

/* The gradients of all shards in one call have the bits of `all`'s first ones. */
static void check_sums(const struct sharded *all)
{
	const struct lam_affine_kernels *k = &lam_kernel()->affine;
	const int64_t out = all->g->out, weights = all->g->in * out;
	struct lam_affine_gradient_call call = {.x = all->lanes,
		.x_block = all->side->features * LAM_LANES,
		.rows = all->rows,
		.turned = all->turned,
		.dw = all->dw + all->shards.count * weights,
		.shards = &all->shards};
	lam_real *db = all->db + all->shards.count * out;
	for (call.slices = slices_from(4); call.slices.end > 0;
		call.slices = slices_before(call.slices))
		k->gradient(all->g, &call);
	check(memcmp(call.dw, all->dw, (size_t)weights * sizeof(lam_real)) == 0,
		"weights of %d shards", all->shards.count);
	k->bias_gradient(all->g, all->turned, all->rows, 0, &all->shards, db, out / 2, out);
	k->bias_gradient(all->g, all->turned, all->rows, 0, &all->shards, db, 0, out / 2);
	check(memcmp(db, all->db, (size_t)out * sizeof(lam_real)) == 0, "biases of %d shards",
		all->shards.count);
}

/* The gradients of shards, added in a binary tree one value after the other, and in the call that
 * writes only their sum, have the same bits. */
static void check_shards(
	const lam_affine_geometry *g, const struct array *x, const struct array *dy, bool turned)
{
	enum { MOST = 8 };
	const int64_t weights = g->in * g->out, n = x->n;
	int64_t samples[MOST], blocks = 0;
	int count = 1;
	while (count < MOST && 2 * count <= n
		&& (pick(0, 3) > 0 || n > count * LAM_AFFINE_SHARD_SAMPLES))
		count *= 2;
	for (int s = 0; s < count; s++) {
		samples[s] = n * (s + 1) / count - n * s / count;
		blocks += lane_blocks(samples[s]);
	}
	struct sharded all = {.g = g,
		.side = turned ? dy : x,
		.other = turned ? x : dy,
		.turned = turned,
		.shards = {count, samples, blocks}};
	const int64_t step = all.side->features * LAM_LANES,
		      other_step = all.other->features * LAM_LANES;
	all.lanes = lam_alloc((size_t)(blocks * step), sizeof(lam_real));
	all.others = lam_alloc((size_t)(blocks * other_step), sizeof(lam_real));
	all.rows = lam_alloc((size_t)rows_size(&all, blocks), sizeof(lam_real));
	all.dw = lam_alloc((size_t)((count + 1) * weights), sizeof(lam_real));
	all.db = lam_alloc((size_t)((count + 1) * g->out), sizeof(lam_real));
	int64_t block = 0;
	for (int s = 0; s < count; s++, block += lane_blocks(samples[s - 1])) {
		cut_samples(all.side, n * s / count, samples[s], all.lanes + block * step);
		cut_samples(all.other, n * s / count, samples[s], all.others + block * other_step);
		shard_alone(&all, s, block);
	}
	add_tree(all.dw, count, weights);
	add_tree(all.db, count, g->out);
	check_sums(&all);
	lam_free(all.lanes), lam_free(all.others), lam_free(all.rows), lam_free(all.dw);
	lam_free(all.db);
}

static void check_gradients(const lam_affine_geometry *g, const struct array *x,
	const struct array *dy, const lam_real *dw, const lam_real *db)
{
	check_turned(g, x, dy, dw, db);
	check_shards(g, x, dy, false);
	check_shards(g, x, dy, true);
}

static void pack_both(const lam_affine_geometry *g, const lam_real *w, lam_real *to_y,
	lam_real *to_dx, int64_t slices)
{
	const struct lam_affine_kernels *k = &lam_kernel()->affine;
	for (struct lam_slices s = slices_from(slices); s.end > 0; s = slices_before(s)) {
		k->pack(g, LAM_FORWARD, w, to_y, s);
		k->pack(g, LAM_BACKWARD, w, to_dx, s);
	}
}

static void check_affine(int64_t in, int64_t out, int64_t n)
{
	const struct lam_affine_kernels *k = &lam_kernel()->affine;
	const lam_affine_geometry g = {in, out};
	struct array x = new_array(n, in, true, false), dx = new_array(n, in, false, true);
	struct array dy = new_array(n, out, true, true), y = new_array(n, out, false, false);
	int64_t weights = in * out, slices = pick(1, 5), blocks = x.blocks;
	double *w = lam_alloc((size_t)weights, sizeof(double)),
	       *dw = lam_alloc((size_t)weights, sizeof(double));
	double *b = lam_alloc((size_t)out, sizeof(double)),
	       *db = lam_alloc((size_t)out, sizeof(double));
	lam_epilogue epilogue = pick(0, 1) ? LAM_EPILOGUE_RELU : LAM_EPILOGUE_NONE;
	bool biased = pick(0, 2) > 0;
	random_values(w, weights);
	random_values(b, out);
	textbook_affine(y.rows, x.rows, w, biased ? b : NULL, n, in, out);
	textbook_affine_backward(dx.rows, dw, db, dy.rows, x.rows, w, n, in, out);
	if (epilogue == LAM_EPILOGUE_RELU)
		rectify(&y);

	lam_real *w_real = to_real(w, weights), *b_real = to_real(b, out);
	lam_real *dw_real = to_real(w, weights), *db_real = to_real(b, out);
	lam_real *to_y = lam_alloc((size_t)weights, sizeof(lam_real));
	lam_real *to_dx = lam_alloc((size_t)weights, sizeof(lam_real));
	lam_real *rows = lam_alloc((size_t)k->transposed_size(&g, blocks), sizeof(lam_real));
	struct lam_affine_call forward = {.packed = to_y,
		.bias = biased ? b_real : NULL,
		.epilogue = epilogue,
		.from = x.lanes,
		.from_block = x.block,
		.to = y.lanes,
		.to_block = y.block,
		.blocks = blocks};
	struct lam_affine_call backward = {.packed = to_dx,
		.from = dy.lanes,
		.from_block = dy.block,
		.to = dx.lanes,
		.to_block = dx.block,
		.blocks = blocks};
	struct lam_affine_gradient_call gradient = {
		.x = x.lanes, .x_block = x.block, .rows = rows, .samples = n, .dw = dw_real};

	pack_both(&g, w_real, to_y, to_dx, slices);
	for (int64_t block = 0; block < blocks; block++)
		k->transpose(&g, dy.lanes + block * dy.block, block, blocks, rows);
	run_all(&g, forward, backward, gradient, slices);
	k->bias_gradient(&g, false, rows, n, NULL, db_real, out / 2, out);
	k->bias_gradient(&g, false, rows, n, NULL, db_real, 0, out / 2);
	check_lanes(&y, "y");
	check_lanes(&dx, "dx");
	check_values(dw_real, dw, weights, "dw");
	check_values(db_real, db, out, "db");

	check_blocks_alone(&g, forward, &x, &y);
	check_other_ways(&g, forward, LAM_FORWARD, w_real, &y);
	check_other_ways(&g, backward, LAM_BACKWARD, w_real, &dx);
	check_gradients(&g, &x, &dy, dw_real, db_real);

	void *all[] = {w, dw, b, db, w_real, b_real, dw_real, db_real, to_y, to_dx, rows};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		lam_free(all[i]);
	free_array(&x), free_array(&dx), free_array(&y), free_array(&dy);
}

static void affine(void)
{
	static const int64_t sizes[][2] = {{1, 1}, {1, 17}, {17, 1}, {2, 3}, {5, 7}, {16, 16},
		{400, 120}, {120, 84}, {84, 10}, {784, 256}, {1100, 33}, {33, 600}, {9, 9},
		{31, 50}, {200, 600}, {1100, 260}, {320, 192}, {128, 64}};
	static const int64_t samples[] = {1, 15, 16, 17, 48, 100};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		for (size_t n = 0; n < sizeof samples / sizeof *samples; n++) {
			int before = kit.failures;

			check_affine(sizes[i][0], sizes[i][1], samples[n]);
			if (kit.failures > before)
				printf("%" PRId64 "->%" PRId64 " n %" PRId64 ":\n", sizes[i][0],
					sizes[i][1], samples[n]);
		}
	/* Sums of more than SUM_TERMS terms. */
	for (int i = 0; i < 4; i++)
		check_affine(50, 31, 600);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(affine)};

	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
