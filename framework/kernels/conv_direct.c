/* SPDX-License-Identifier: MIT */
/* Direct convolution as sweeps. Forward is one sweep. The input gradient, with stride s, is s x s
 * sweeps, one for each residue of the input's position (conv_axis.h says why). */
#include "framework/kernels/conv_direct.h"
#include "framework/kernels/conv_sweep.h"
#include "framework/kernels/conv_weight.h"
#include "framework/kernels/sweep_shape.h"

/* Packs tile `tile` of one group. The weight of channel c, output a and a tap is at w + c c_step +
 * a a_step + tap. */
static void pack_tile(const struct sweep *s, int64_t tile, int64_t kw, const lam_real *w,
	int64_t c_step, int64_t a_step, lam_real *packed)
{
	int64_t first = sweep_tile_begin(s, tile), outputs = sweep_tile_begin(s, tile + 1) - first;

	packed += first * s->channels * s->rows.taps * s->columns.taps;
	w += first * a_step;
	for (int64_t c = 0; c < s->channels; c++, w += c_step)
		for (int64_t p = 0; p < s->rows.taps; p++) {
			const lam_real *row = w
				+ (s->rows.weight_first + p * s->rows.weight_step) * kw
				+ s->columns.weight_first;

			for (int64_t q = 0; q < s->columns.taps; q++, row += s->columns.weight_step)
				for (int64_t a = 0; a < outputs; a++)
					*packed++ = row[a * a_step];
		}
}

static void pack(const lam_conv_geometry *g, lam_job job, const lam_real *w, lam_real *packed,
	struct lam_slices slices)
{
	int64_t out = g->out / g->groups, in = g->in / g->groups, taps = g->kh * g->kw;
	int64_t c_step = job == LAM_FORWARD ? taps : in * taps;
	int64_t a_step = job == LAM_FORWARD ? in * taps : taps;

	for (int64_t index = 0; index < lam_conv_sweeps(g, job); index++) {
		struct sweep s = lam_conv_sweep(g, job, index);
		int64_t group_weights = sweep_group_weights(&s), tiles = sweep_tiles(&s),
			items = g->groups * tiles;

		for (int64_t item = slices_begin(slices, items); item < slices_end(slices, items);
			item++) {
			int64_t group = item / tiles;

			pack_tile(&s, item % tiles, g->kw, w + group * out * in * taps, c_step,
				a_step, packed + group * group_weights);
		}
		packed += s.groups * sweep_group_weights(&s);
	}
}

static void run(const lam_conv_geometry *g, lam_job job, const struct lam_conv_call *call)
{
	const lam_real *packed = call->packed;

	for (int64_t index = 0; index < lam_conv_sweeps(g, job); index++) {
		struct sweep s = lam_conv_sweep(g, job, index);

		s.packed = packed;
		s.bias = call->bias;
		s.finish = finish_of(call->finish, call->epilogue, call->to);
		sweep_run(&s, call->from, call->to, call->scratch, call->slices);
		packed += s.groups * sweep_group_weights(&s);
	}
}

COLD static size_t scratch_size(const lam_conv_geometry *g, lam_job job)
{
	int64_t size = 0;

	if (job == LAM_GRADIENT)
		return weight_dots(g) ? weight_dot_scratch(g) : conv_weight_scratch(g);
	for (int64_t index = 0; index < lam_conv_sweeps(g, job); index++) {
		const struct sweep s = lam_conv_sweep(g, job, index);

		size = most(size, sweep_scratch(&s));
	}
	return (size_t)size;
}

static int64_t gradient_slices(const lam_conv_geometry *g, int64_t blocks, int phase)
{
	return (weight_dots(g) ? weight_dot_slices : conv_weight_slices)(g, blocks, phase);
}

COLD static size_t gradient_shared(const lam_conv_geometry *g)
{
	return (weight_dots(g) ? weight_dot_shared : conv_weight_shared)(g);
}

static void gradient(const lam_conv_geometry *g, const struct lam_conv_gradient_call *call)
{
	(weight_dots(g) ? weight_dot_gradient : conv_weight_gradient)(g, call);
}

static struct lam_conv_count count(const lam_conv_geometry *g, lam_job job)
{
	(void)job;
	return (struct lam_conv_count){.products = conv_direct_products(g)};
}

const struct lam_conv_algorithm conv_direct_algorithm = {
	.packed_size = conv_direct_weights,
	.pack = pack,
	.scratch_size = scratch_size,
	.run = run,
	.gradient_slices = gradient_slices,
	.gradient_shared = gradient_shared,
	.gradient = gradient,
	.count = count,
};
