/* SPDX-License-Identifier: MIT */
/* Which algorithm does a convolution's job, by its geometry alone. */
#include "framework/kernels/conv_direct.h"
#include "framework/kernels/conv_weight.h"
#include "framework/kernels/winograd.h"

static bool transformed(const lam_conv_geometry *g, lam_job job)
{
	if (g->algorithm == LAM_CONV_DIRECT || !winograd_serves(g))
		return false;
	return g->algorithm == LAM_CONV_WINOGRAD || winograd_pays(g, job);
}

/* To a kernel of one tap, without stride or pad, the plane is one row: it has no borders. */
static lam_conv_geometry flat(const lam_conv_geometry *g)
{
	lam_conv_geometry flat = *g;

	if (g->kh == 1 && g->kw == 1 && g->sh == 1 && g->sw == 1 && g->ph == 0 && g->pw == 0
		&& g->oh == g->h && g->ow == g->w) {
		flat.h = flat.oh = 1;
		flat.w = flat.ow = g->h * g->w;
	}
	return flat;
}
#define FLAT(g) ((lam_conv_geometry[]){flat(g)})

static int64_t packed_size(const lam_conv_geometry *g, lam_job job)
{
	if (job == LAM_GRADIENT)
		return 0;
	return transformed(g, job) ? winograd_packed_size(g) : conv_direct_packed_size(g);
}

static size_t scratch_size(const lam_conv_geometry *g, lam_job job)
{
	if (job == LAM_GRADIENT)
		return transformed(g, job) ? winograd_weight_scratch(g)
					   : conv_weight_scratch(FLAT(g));
	return transformed(g, job) ? winograd_scratch(g, job) : 0;
}

static void pack(const lam_conv_geometry *g, lam_job job, const lam_real *w, lam_real *packed,
	int64_t slice, int64_t slices)
{
	(transformed(g, job) ? winograd_pack : conv_direct_pack)(g, job, w, packed, slice, slices);
}

static void run(const lam_conv_geometry *g, lam_job job, const lam_real *packed,
	const lam_real *bias, lam_epilogue epilogue, const lam_real *x, lam_real *y, void *scratch,
	int64_t slice, int64_t slices)
{
	if (transformed(g, job))
		winograd_run(g, job, packed, bias, epilogue, x, y, scratch, slice, slices);
	else
		conv_direct_run(FLAT(g), job, packed, bias, epilogue, x, y, slice, slices);
}

static void forward(const lam_conv_geometry *g, const lam_real *packed, const lam_real *bias,
	lam_epilogue epilogue, const lam_real *x, lam_real *y, void *scratch, int64_t slice,
	int64_t slices)
{
	run(g, LAM_FORWARD, packed, bias, epilogue, x, y, scratch, slice, slices);
}

static void input_gradient(const lam_conv_geometry *g, const lam_real *packed, const lam_real *bias,
	lam_epilogue epilogue, const lam_real *dy, lam_real *dx, void *scratch, int64_t slice,
	int64_t slices)
{
	run(g, LAM_BACKWARD, packed, bias, epilogue, dy, dx, scratch, slice, slices);
}

static int64_t slices(const lam_conv_geometry *g, lam_job job)
{
	(void)job;
	return conv_direct_slices(g, 1);
}

static int64_t pack_slices(const lam_conv_geometry *g)
{
	int64_t n = conv_direct_packed_size(g) / 8192;

	return n < 1 ? 1 : n < 16 ? n : 16;
}

static int64_t weight_slices(const lam_conv_geometry *g, int64_t blocks, int phase)
{
	if (transformed(g, LAM_GRADIENT))
		return winograd_weight_slices(g, blocks, phase);
	return conv_weight_slices(FLAT(g), blocks, phase);
}

static size_t weight_shared(const lam_conv_geometry *g)
{
	return transformed(g, LAM_GRADIENT) ? winograd_weight_shared(g)
					    : conv_weight_shared(FLAT(g));
}

static void weight_gradient(const lam_conv_geometry *g, int phase, const lam_real *x,
	int64_t x_block, const lam_real *dy, int64_t dy_block, int64_t blocks, lam_real *dw,
	void *shared, void *scratch, int64_t slice, int64_t slices)
{
	bool winograd = transformed(g, LAM_GRADIENT);

	if (phase == 0 && winograd)
		winograd_weight_sum(
			g, x, x_block, dy, dy_block, blocks, shared, scratch, slice, slices);
	else if (phase == 0)
		conv_weight_sum(FLAT(g), x, x_block, dy, dy_block, blocks, dw, shared, scratch,
			slice, slices);
	else if (winograd)
		winograd_weight_finish(g, blocks, shared, dw, slice, slices);
	else
		conv_weight_add_parts(FLAT(g), blocks, shared, dw, slice, slices);
}

static struct lam_conv_count count(const lam_conv_geometry *g, lam_job job)
{
	if (transformed(g, job))
		return winograd_count(g, job);
	return (struct lam_conv_count){
		.products = (double)conv_direct_packed_size(g) * (double)(g->oh * g->ow)};
}

const struct lam_conv_kernels LAM_KERNEL(conv_kernels) = {
	.packed_size = packed_size,
	.scratch_size = scratch_size,
	.slices = slices,
	.pack_slices = pack_slices,
	.weight_slices = weight_slices,
	.weight_shared = weight_shared,
	.count = count,
	.pack = pack,
	.forward = forward,
	.input_gradient = input_gradient,
	.weight_gradient = weight_gradient,
	.bias_gradient = conv_bias_gradient,
};
