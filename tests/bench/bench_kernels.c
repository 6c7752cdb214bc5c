/* SPDX-License-Identifier: MIT */
/* The speed of the convolution and affine kernels on one thread: GFLOP/s of forward, input gradient
 * and weight gradient, and their share of the multiply-add peak, which is measured beside each of
 * them. Not a test:
 *
 *     LAMINA_ISA=avx2 tests/bench/bench_kernels [word]
 *
 * measures the layers whose name contains the word. */
#include "framework/kernels/kernels.h"
#include "framework/memory.h"
#include "tests/bench/peak.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double least_seconds = 0.06; /* per figure, which is the best of several runs */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* does not count other programs' time */
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static lam_real *fill(int64_t count)
{
	lam_real *values = lam_alloc((size_t)count, sizeof(lam_real));

	for (int64_t i = 0; i < count; i++)
		values[i] = (lam_real)((double)(i * 2654435761u % 1000) / 1000 - 0.5);
	return values;
}

struct call {
	const lam_conv_geometry *conv;
	const lam_affine_geometry *affine;
	int64_t blocks;
	lam_real *x, *y, *w, *packed, *rows;
	void *scratch, *shared;
};

static const struct lam_slices all_slices = {0, 1, 1};

static void conv_run(const struct call *c, lam_job job)
{
	const lam_conv_geometry *g = c->conv;
	const int64_t x_block = g->in * g->h * g->w * LAM_LANES,
		      y_block = g->out * g->oh * g->ow * LAM_LANES;

	for (int64_t b = 0; b < c->blocks; b++) {
		lam_real *x = c->x + b * x_block, *y = c->y + b * y_block;

		g->algorithm[job]->run(g, job,
			&(struct lam_conv_call){.packed = c->packed,
				.from = job == LAM_FORWARD ? x : y,
				.to = job == LAM_FORWARD ? y : x,
				.scratch = c->scratch,
				.slices = all_slices});
	}
}

static void conv_forward(const struct call *c)
{
	conv_run(c, LAM_FORWARD);
}

static void conv_input(const struct call *c)
{
	conv_run(c, LAM_BACKWARD);
}

static void conv_weight(const struct call *c)
{
	const lam_conv_geometry *g = c->conv;
	const struct lam_conv_algorithm *algorithm = g->algorithm[LAM_GRADIENT];
	struct lam_conv_gradient_call call = {.x = c->x,
		.x_block = g->in * g->h * g->w * LAM_LANES,
		.dy = c->y,
		.dy_block = g->out * g->oh * g->ow * LAM_LANES,
		.blocks = c->blocks,
		.dw = c->w,
		.shared = c->shared,
		.scratch = c->scratch,
		.slices = all_slices};

	for (; algorithm->gradient_slices(g, c->blocks, call.phase) > 0; call.phase++)
		algorithm->gradient(g, &call);
}

static void conv_pack(const struct call *c)
{
	c->conv->algorithm[LAM_FORWARD]->pack(c->conv, LAM_FORWARD, c->w, c->packed, all_slices);
}

static void conv_pack_back(const struct call *c)
{
	c->conv->algorithm[LAM_BACKWARD]->pack(c->conv, LAM_BACKWARD, c->w, c->packed, all_slices);
}

static void affine_run(const struct call *c, lam_job job)
{
	const lam_affine_geometry *g = c->affine;
	const bool forward = job == LAM_FORWARD;
	const int64_t x_block = g->in * LAM_LANES, y_block = g->out * LAM_LANES;

	lam_kernel()->affine.run(g, job,
		&(struct lam_affine_call){.packed = c->packed,
			.from = forward ? c->x : c->y,
			.from_block = forward ? x_block : y_block,
			.to = forward ? c->y : c->x,
			.to_block = forward ? y_block : x_block,
			.blocks = c->blocks,
			.slices = all_slices});
}

static void affine_forward(const struct call *c)
{
	affine_run(c, LAM_FORWARD);
}

static void affine_input(const struct call *c)
{
	affine_run(c, LAM_BACKWARD);
}

static void affine_weight(const struct call *c)
{
	const lam_affine_geometry *g = c->affine;

	const struct lam_affine_kernels *k = &lam_kernel()->affine;
	const bool turned = k->turns(g);

	for (int64_t block = 0; block < c->blocks; block++) {
		const lam_real *dy = c->y + block * g->out * LAM_LANES;

		if (turned)
			k->turn(g, c->x + block * g->in * LAM_LANES, dy, block, c->blocks, c->rows);
		else
			k->transpose(g, dy, block, c->blocks, c->rows);
	}
	k->gradient(g,
		&(struct lam_affine_gradient_call){.x = c->x,
			.turned = turned,
			.x_block = g->in * LAM_LANES,
			.rows = c->rows,
			.samples = c->blocks * LAM_LANES,
			.dw = c->w,
			.slices = all_slices});
}

static void affine_pack(const struct call *c)
{
	lam_kernel()->affine.pack(c->affine, LAM_FORWARD, c->w, c->packed, all_slices);
}

static void affine_pack_back(const struct call *c)
{
	lam_kernel()->affine.pack(c->affine, LAM_BACKWARD, c->w, c->packed, all_slices);
}

/* Seconds of the fastest run, from repetitions long enough for the clock's resolution. */
static double best_time(void (*run)(const struct call *), const struct call *call)
{
	double begin = now(), best = 1e30, time = 0;
	int64_t repeats = 1;

	for (int samples = 0; samples < 3 || now() - begin < least_seconds; samples++) {
		double start = now();

		for (int64_t i = 0; i < repeats; i++)
			run(call);
		time = now() - start;
		if (time < 2e-4) {
			repeats *= 2;
			samples = 0;
		} else if (time / (double)repeats < best) {
			best = time / (double)repeats;
		}
	}
	return best;
}

/* Measures a kernel that does `operations` per run, and prints its rate. */
static void show(
	void (*run)(const struct call *), const struct call *call, double operations, double peak)
{
	double rate = operations / best_time(run, call);

	printf(" %6.1f", rate * 1e-9);
	if (peak > 0)
		printf(" %4.0f%%", 100 * rate / peak);
	fflush(stdout);
}

static void show_packs(void (*forward)(const struct call *), void (*back)(const struct call *),
	const struct call *call, int64_t weights)
{
	printf("   pack %4.2f, %4.2f ns\n", best_time(forward, call) * 1e9 / (double)weights,
		best_time(back, call) * 1e9 / (double)weights);
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static void bench_conv(const char *name, const lam_conv_geometry *given, int64_t blocks)
{
	lam_conv_geometry g = *given;
	double peak = bench_fma_peak(1);

	g.oh = (g.h + 2 * g.ph - g.dh * (g.kh - 1) - 1) / g.sh + 1;
	g.ow = (g.w + 2 * g.pw - g.dw * (g.kw - 1) - 1) / g.sw + 1;
	int64_t weights = g.out * (g.in / g.groups) * g.kh * g.kw;
	double operations = 2.0 * (double)(weights * g.oh * g.ow * blocks * LAM_LANES);
	lam_kernel()->conv.choose(&g, LAM_CONV_BY_SHAPE);
	const struct lam_conv_algorithm *const *by = g.algorithm;
	size_t scratch = 0;
	for (lam_job job = LAM_FORWARD; job < LAM_JOBS; job++)
		scratch = larger(scratch, by[job]->scratch_size(&g, job));
	struct call c = {
		.conv = &g,
		.blocks = blocks,
		.x = fill(blocks * g.in * g.h * g.w * LAM_LANES),
		.y = fill(blocks * g.out * g.oh * g.ow * LAM_LANES),
		.w = fill(weights),
		.packed = fill((int64_t)larger((size_t)by[LAM_FORWARD]->packed_size(&g),
			(size_t)by[LAM_BACKWARD]->packed_size(&g))),
		.scratch = lam_alloc(scratch, 1),
		.shared = lam_alloc(by[LAM_GRADIENT]->gradient_shared(&g), 1),
	};

	printf("%-32s", name);
	show(conv_forward, &c, operations, peak);
	show(conv_input, &c, operations, peak);
	show(conv_weight, &c, operations, peak);
	show_packs(conv_pack, conv_pack_back, &c, weights);
	lam_free(c.x), lam_free(c.y), lam_free(c.w), lam_free(c.packed), lam_free(c.scratch),
		lam_free(c.shared);
}

static void bench_affine(const char *name, const lam_affine_geometry *g, int64_t blocks)
{
	const struct lam_affine_kernels *k = &lam_kernel()->affine;
	double peak = bench_fma_peak(1),
	       operations = 2.0 * (double)(g->in * g->out * blocks * LAM_LANES);
	struct call c = {
		.affine = g,
		.blocks = blocks,
		.x = fill(blocks * g->in * LAM_LANES),
		.y = fill(blocks * g->out * LAM_LANES),
		.w = fill(g->in * g->out),
		.packed = fill(g->in * g->out),
		.rows = fill(
			k->turns(g) ? k->turned_size(g, blocks) : k->transposed_size(g, blocks)),
	};

	printf("%-32s", name);
	show(affine_forward, &c, operations, peak);
	show(affine_input, &c, operations, peak);
	show(affine_weight, &c, operations, peak);
	show_packs(affine_pack, affine_pack_back, &c, g->in * g->out);
	lam_free(c.x), lam_free(c.y), lam_free(c.w), lam_free(c.packed), lam_free(c.rows);
}

static const struct {
	const char *name;
	/* groups, in, out, h, w, -, -, kernel, stride, pad, dilation, - */
	lam_conv_geometry geometry;
} convs[] = {
	{"64->64 3x3 32x32", {1, 64, 64, 32, 32, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1, {0}}},
	{"128->128 3x3 16x16", {1, 128, 128, 16, 16, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1, {0}}},
	{"256->256 3x3 8x8", {1, 256, 256, 8, 8, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1, {0}}},
	{"32->64 3x3 26x26 p0", {1, 32, 64, 26, 26, 0, 0, 3, 3, 1, 1, 0, 0, 1, 1, {0}}},
	{"3->64 3x3 32x32", {1, 3, 64, 32, 32, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1, {0}}},
	{"1->32 3x3 28x28", {1, 1, 32, 28, 28, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1, {0}}},
	{"1->32 3x3 28x28 p0", {1, 1, 32, 28, 28, 0, 0, 3, 3, 1, 1, 0, 0, 1, 1, {0}}},
	{"1->6 5x5 28x28 p2", {1, 1, 6, 28, 28, 0, 0, 5, 5, 1, 1, 2, 2, 1, 1, {0}}},
	{"6->16 5x5 14x14", {1, 6, 16, 14, 14, 0, 0, 5, 5, 1, 1, 0, 0, 1, 1, {0}}},
	{"64->64 7x7 14x14", {1, 64, 64, 14, 14, 0, 0, 7, 7, 1, 1, 3, 3, 1, 1, {0}}},
	{"3->64 7x7 32x32", {1, 3, 64, 32, 32, 0, 0, 7, 7, 1, 1, 3, 3, 1, 1, {0}}},
	{"64->64 5x5 s2 16x16", {1, 64, 64, 16, 16, 0, 0, 5, 5, 2, 2, 2, 2, 1, 1, {0}}},
	{"64->128 3x3 s2 32x32", {1, 64, 128, 32, 32, 0, 0, 3, 3, 2, 2, 1, 1, 1, 1, {0}}},
	{"256->64 1x1 16x16", {1, 256, 64, 16, 16, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, {0}}},
	{"depthwise 64 3x3 32x32", {64, 64, 64, 32, 32, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1, {0}}},
	{"depthwise 8 3x3 32x32", {8, 8, 8, 32, 32, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1, {0}}},
	{"transposed 64->32 k4 s2 16x16 *", {1, 32, 64, 32, 32, 0, 0, 4, 4, 2, 2, 1, 1, 1, 1, {0}}},
	{"conv1d 64->64 k5 256", {1, 64, 64, 1, 256, 0, 0, 1, 5, 1, 1, 0, 2, 1, 1, {0}}},
	{"conv1d 1->32 k5 187", {1, 1, 32, 1, 187, 0, 0, 1, 5, 1, 1, 0, 0, 1, 1, {0}}},
	{"conv1d 32->64 k5 91", {1, 32, 64, 1, 91, 0, 0, 1, 5, 1, 1, 0, 0, 1, 1, {0}}},
	{"1->16 3x3 s2 28x28", {1, 1, 16, 28, 28, 0, 0, 3, 3, 2, 2, 1, 1, 1, 1, {0}}},
	{"16->32 3x3 s2 14x14", {1, 16, 32, 14, 14, 0, 0, 3, 3, 2, 2, 1, 1, 1, 1, {0}}},
	{"transposed 32->16 k4 s2 7x7 *", {1, 16, 32, 14, 14, 0, 0, 4, 4, 2, 2, 1, 1, 1, 1, {0}}},
	{"transposed 16->1 k4 s2 14x14 *", {1, 1, 16, 28, 28, 0, 0, 4, 4, 2, 2, 1, 1, 1, 1, {0}}},
};

static const struct {
	const char *name;
	lam_affine_geometry geometry;
	int64_t blocks;
} affines[] = {
	{"affine 9216->128 n 128", {9216, 128}, 8},
	{"affine 784->256 n 128", {784, 256}, 8},
	{"affine 4096->4096 n 256", {4096, 4096}, 16},
	{"affine 4096->256 n 128", {4096, 256}, 8},
	{"affine 256->128 n 128", {256, 128}, 8},
	{"affine 128->10 n 128", {128, 10}, 8},
	{"affine 400->120 n 128", {400, 120}, 8},
	{"affine 120->84 n 128", {120, 84}, 8},
	{"affine 9216->128 n 16", {9216, 128}, 1},
	{"affine 784->256 n 32", {784, 256}, 2},
};

int main(int argc, char **argv)
{
	const char *wanted = argc > 1 ? argv[1] : "";

	printf("%s, peak %.1f GFLOP/s\n%-32s %12s %12s %12s\n", lam_kernel()->isa,
		bench_fma_peak(1) * 1e-9, "(* backwards: dx is its forward)", "forward", "dx",
		"dw");
	for (size_t i = 0; i < sizeof convs / sizeof *convs; i++)
		if (strstr(convs[i].name, wanted))
			bench_conv(convs[i].name, &convs[i].geometry, 2);
	for (size_t i = 0; i < sizeof affines / sizeof *affines; i++)
		if (strstr(affines[i].name, wanted))
			bench_affine(affines[i].name, &affines[i].geometry, affines[i].blocks);
	return 0;
}
