/* SPDX-License-Identifier: MIT */
/* The public functions that run a net, all by lam_net_run(). */
#include "framework/kernels/kernels.h"
#include "framework/memory.h"
#include "framework/net/arenas.h"
#include "framework/net/inside.h"
#include "framework/net/optimizer_check.h"
#include "framework/net/place.h"
#include "framework/net/run.h"
#include "framework/net/use.h"
#include "framework/threads/region.h"

#ifdef _OPENMP
#include <omp.h>
#endif

static lam_status no_net(const char *function)
{
	return lam_fail(LAM_ERR_ARGUMENT, "%s: the net is NULL", function);
}

static lam_status forward(lam_net *net, const char *function, lam_mode mode, const lam_real *x,
	const void *targets, lam_targets_given given, int64_t n)
{
	if (!net)
		return no_net(function);
	return lam_net_run(net,
		&(lam_run){.what = LAM_RUN_FORWARD,
			.mode = mode,
			.n = n,
			.rows = x,
			.targets = targets,
			.given = given,
			.backward_may_follow = true});
}

/* Parentheses: the macros of these names choose among the three by the type of the targets. */
lam_status(lam_net_forward)(
	lam_net *net, lam_mode mode, const lam_real *x, const void *targets, int64_t n)
{
	return forward(net, "lam_net_forward", mode, x, targets, LAM_GIVEN_UNTYPED, n);
}

lam_status lam_net_forward_classes(
	lam_net *net, lam_mode mode, const lam_real *x, const int32_t *classes, int64_t n)
{
	return forward(net, "lam_net_forward", mode, x, classes, LAM_GIVEN_CLASSES, n);
}

lam_status lam_net_forward_values(
	lam_net *net, lam_mode mode, const lam_real *x, const lam_real *values, int64_t n)
{
	return forward(net, "lam_net_forward", mode, x, values, LAM_GIVEN_VALUES, n);
}

lam_status lam_net_backward(lam_net *net)
{
	if (!net)
		return no_net("lam_net_backward");
	return lam_net_run(net, &(lam_run){.what = LAM_RUN_BACKWARD});
}

lam_status lam_net_backward_from(lam_net *net, const lam_real *dy)
{
	if (!net)
		return no_net("lam_net_backward_from");
	if (!dy)
		return lam_fail(
			LAM_ERR_ARGUMENT, "lam_net_backward_from: the output gradient is NULL");
	return lam_net_run(net, &(lam_run){.what = LAM_RUN_BACKWARD, .dy_rows = dy});
}

lam_status lam_net_update(lam_net *net, const lam_optimizer *optimizer)
{
	if (!net)
		return no_net("lam_net_update");
	return lam_net_run(net, &(lam_run){.what = LAM_RUN_UPDATE, .optimizer = optimizer});
}

static lam_status step(lam_net *net, const lam_optimizer *optimizer, const lam_real *x,
	const void *targets, lam_targets_given given, int64_t n)
{
	if (!net)
		return no_net("lam_net_step");
	return lam_net_run(net,
		&(lam_run){
			.what = LAM_RUN_FORWARD | LAM_RUN_BACKWARD | LAM_RUN_UPDATE,
			.mode = LAM_TRAIN,
			.n = n,
			.rows = x,
			.targets = targets,
			.given = given,
			.optimizer = optimizer,
		});
}

lam_status(lam_net_step)(lam_net *net, const lam_optimizer *optimizer, const lam_real *x,
	const void *targets, int64_t n)
{
	return step(net, optimizer, x, targets, LAM_GIVEN_UNTYPED, n);
}

lam_status lam_net_step_classes(lam_net *net, const lam_optimizer *optimizer, const lam_real *x,
	const int32_t *classes, int64_t n)
{
	return step(net, optimizer, x, classes, LAM_GIVEN_CLASSES, n);
}

lam_status lam_net_step_values(lam_net *net, const lam_optimizer *optimizer, const lam_real *x,
	const lam_real *values, int64_t n)
{
	return step(net, optimizer, x, values, LAM_GIVEN_VALUES, n);
}

lam_status lam_net_predict(lam_net *net, const lam_real *x, int64_t n, lam_real *y)
{
	if (!net)
		return no_net("lam_net_predict");
	if (!x || !y)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_net_predict: the %s is NULL",
			x ? "output" : "input");
	if (n < 1 || n > LAM_MAX_COUNT)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_predict: %lld samples; expected 1 to %lld", (long long)n,
			(long long)LAM_MAX_COUNT);
	int64_t in = net->plan.slots[0].features, out = net->plan.slots[net->plan.output].features;
	for (int64_t first = 0; first < n; first += net->max_batch) {
		int64_t count = n - first < net->max_batch ? n - first : net->max_batch;
		lam_status status = lam_net_run(net,
			&(lam_run){
				.what = LAM_RUN_FORWARD,
				.mode = LAM_EVAL,
				.n = count,
				.rows = x + first * in,
				.y_rows = y + first * out,
			});
		if (status)
			return status;
	}
	return LAM_OK;
}

const lam_real *lam_net_output(lam_net *net)
{
	if (!net || !net->has_output || net->running)
		return NULL;
	const lam_slot_info *slot = &net->plan.slots[net->plan.output];
	if (!net->output_copied)
		lam_place_to_rows(net->output_rows, lam_net_place(net, slot->buffer),
			slot->features, net->n, slot->layout);
	net->output_copied = true;
	return net->output_rows;
}

const lam_real *lam_net_input_grad(lam_net *net)
{
	if (!net || !net->has_input_grad || net->running
		|| net->plan.slots[0].gradient == BUFFER_NONE)
		return NULL;
	const lam_slot_info *slot = &net->plan.slots[0];
	if (!net->input_grad_copied)
		lam_place_to_rows(net->input_grad_rows, lam_net_place(net, slot->gradient),
			slot->features, net->n, LAM_BATCH_LANES);
	net->input_grad_copied = true;
	return net->input_grad_rows;
}

lam_status lam_net_accumulate(lam_net *net, bool accumulate)
{
	if (!net)
		return no_net("lam_net_accumulate");
	if (net->plan.inference)
		return lam_fail(LAM_ERR_STATE,
			"lam_net_accumulate: the net was made for inference and has no gradients");
	lam_status status = lam_net_expect_free(net, "lam_net_accumulate");
	if (status)
		return status;
	if (accumulate && !net->fresh) {
		net->fresh = lam_region_alloc(
			(size_t)net->plan.param_values, sizeof(lam_real), net->threads);
		if (!net->fresh)
			return LAM_ERR_MEMORY;
	}
	net->accumulate = accumulate;
	net->sum_begun = false;
	return LAM_OK;
}

lam_status lam_net_prepare(lam_net *net, const lam_optimizer *optimizer)
{
	if (!net)
		return no_net("lam_net_prepare");
	if (optimizer) {
		if (net->plan.inference)
			return lam_fail(LAM_ERR_STATE,
				"lam_net_prepare: an optimizer for a net that was made for "
				"inference");
		lam_status status = lam_net_expect_free(net, "lam_net_prepare with an optimizer");
		if (!status)
			status = lam_optimizer_check(optimizer);
		if (!status)
			status = lam_net_moments(net, optimizer);
		if (status)
			return status;
	}
	lam_kernel();
#ifdef _OPENMP
	const int threads = lam_region_threads(net->threads);
	int met = 0;
	if (threads > 1)
#pragma omp parallel num_threads(threads)
#pragma omp atomic
		met++;
#endif
	return LAM_OK;
}
