/* SPDX-License-Identifier: MIT */
/* The net: makes it from a plan, shares its parameters with replicas, and frees it. */
#include "framework/base/float_mode.h"
#include "framework/base/options.h"
#include "framework/kernels/sizes.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/net/ends.h"
#include "framework/net/make.h"
#include "framework/net/profile.h"
#include "framework/net/query.h"
#include "framework/net/use.h"
#include "framework/net/work.h"
#include "framework/plan/watch.h"
#include "framework/threads/region.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

enum { DEFAULT_BATCH = 128, MOST_THREADS = 1024 };

/* Sets the addresses of each parameter's values and gradients in the arenas. A replica's values are
 * its source's. */
static void bind_params(
	lam_net *net, struct lam_param **params, int count, lam_real *values, lam_real *grads)
{
	for (int i = 0; i < count; i++) {
		struct lam_param *param = params[i];
		param->value = values + param->offset;
		param->grad = grads ? grads + param->offset : NULL;
		param->running = &net->running;
		param->version = &param->own_version;
		atomic_init(&param->own_version, 1);
		if (net->source) {
			bool state = param->is_state;
			param->version = (state ? net->source->plan.states
						: net->source->plan.params)[i]
						 ->version;
		}
	}
}

/* Makes the tables of pointers that a lam_pass gives to the layer. */
static bool bind_calls(lam_net *net)
{
	lam_plan *plan = &net->plan;
	for (int i = 0; i < plan->call_count; i++) {
		lam_call *call = &plan->calls[i];
		call->w = lam_alloc((size_t)call->params + 1, sizeof *call->w);
		call->dw = lam_alloc((size_t)call->params + 1, sizeof *call->dw);
		call->state = lam_alloc((size_t)call->states + 1, sizeof *call->state);
		call->packed = lam_alloc((size_t)call->packs + 1, sizeof *call->packed);
		if (!call->w || !call->dw || !call->state || !call->packed)
			return false;
		for (int k = 0; k < call->params; k++)
			call->w[k] = plan->params[call->first_param + k]->value;
		for (int k = 0; k < call->states; k++)
			call->state[k] = plan->states[call->first_state + k]->value;
		for (int k = 0; k < call->packs; k++) {
			const lam_packed_copy *copy = &plan->packed[call->first_packed + k];
			call->packed[k] = copy->bytes ? net->packed + copy->offset : NULL;
		}
	}
	return true;
}

/* Allocates zeros, written by several threads. */
static bool allocate_zeros(lam_real **at, int64_t bytes, int threads)
{
	*at = lam_region_alloc((size_t)bytes, 1, threads);
	return *at;
}

/* Allocates the arrays with one value per block, update unit, task or thread. */
static bool allocate_counts(lam_net *net)
{
	const lam_plan *plan = &net->plan;
	const size_t tasks = lam_most_tasks(plan);
	int64_t pieces = plan->param_count;
	for (int i = 0; i < plan->param_count; i++)
		pieces += lam_update_pieces(plan->params[i]->count);
	net->norm_sums = lam_alloc((size_t)pieces, sizeof *net->norm_sums);
	net->tasks = lam_alloc(tasks, sizeof *net->tasks);
	net->cuts = lam_alloc(tasks, sizeof *net->cuts);
	net->shares = lam_alloc((size_t)net->threads, sizeof *net->shares);
	/* Two views between the threads' lists keep them in cache lines of their own. */
	net->view_stride = 2 * plan->most_inputs + 2;
	net->views = lam_alloc((size_t)(net->threads * net->view_stride), sizeof *net->views);
	return net->norm_sums && net->tasks && net->cuts && net->shares && net->views;
}

/* Allocates all arrays, with the sizes of lam_net_measure(). */
static bool allocate(lam_net *net)
{
	const lam_net_sizes *s = &net->sizes;
	if (!net->source
		&& (!allocate_zeros(&net->values, s->values, net->threads)
			|| !(net->states = lam_alloc((size_t)s->states, 1))))
		return false;
	if (!net->plan.inference && !allocate_zeros(&net->grads, s->grads, net->threads))
		return false;
	if (s->parts && !(net->parts = lam_alloc_blank((size_t)s->parts, 1)))
		return false;
	net->packed = lam_alloc_blank((size_t)s->packed, 1);
	net->activations = lam_alloc_blank((size_t)s->activations, 1);
	net->shared = lam_alloc_blank((size_t)s->shared, 1);
	net->scratch = lam_alloc_blank((size_t)s->scratch, 1);
	return net->packed && net->activations && net->shared && net->scratch
		&& lam_ends_allocate(net) && allocate_counts(net);
}

/* The most threads of a net for which `asked` were asked, 0 for OpenMP's number. Not more than the
 * processors: each has its own scratch memory. */
static int threads_of(int asked)
{
#ifdef _OPENMP
	int threads = asked ? asked : omp_get_max_threads();
	const int processors = threads > 1 ? lam_processors() : 1;
	threads = threads < processors ? threads : processors;
	return threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
#else
	(void)asked;
	return 1;
#endif
}

lam_status lam_net_check_numbers(const char *function, int64_t max_batch, int threads)
{
	if (max_batch < 0 || max_batch > LAM_MOST_BATCH)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: .max_batch is %" PRId64 "; expected 1 to %d",
			function, max_batch, (int)LAM_MOST_BATCH);
	if (threads < 0 || threads > MOST_THREADS)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: .threads is %d; expected 1 to %d", function,
			threads, (int)MOST_THREADS);
	return LAM_OK;
}

/* Checks that a replica's parameters and states have the shapes of its source's. */
static lam_status fits_source(const lam_net *replica)
{
	const lam_plan *plan = &replica->plan, *source = &replica->source->plan;
	const int params = plan->param_count, states = plan->state_count;
	if (params != source->param_count || states != source->state_count)
		return lam_fail(LAM_ERR_SHAPE,
			"lam_net_replica: with another .shape the layers have %d parameters and %d "
			"states; expected %d and %d",
			params, states, source->param_count, source->state_count);
	for (int i = 0; i < params + states; i++) {
		const struct lam_param *p = i < params ? plan->params[i] : plan->states[i - params],
				       *q = i < params ? source->params[i]
						       : source->states[i - params];
		if (!lam_shape_equal(&p->shape, &q->shape))
			return lam_fail(LAM_ERR_SHAPE,
				"lam_net_replica: \"%s\" is %s; with .shape %s it would be %s",
				q->name, lam_shape_text(q->shape).text,
				lam_shape_text(plan->slots[0].shape).text,
				lam_shape_text(p->shape).text);
	}
	return LAM_OK;
}

/* Plans the model for `few` samples one at a time, or 0. */
static lam_status plan_for(lam_net *net, lam_layer *model, lam_shape shape,
	const lam_net_options *options, int64_t few)
{
	net->plan = (lam_plan){.inference = options->inference,
		.input_grad = options->input_grad,
		.direct = options->direct,
		.recompute = options->recompute && !options->inference,
		.few = few,
		.samples = net->max_batch,
		.like = net->source && net->source->model == model ? &net->source->plan : NULL};
	lam_status status = lam_plan_watch(&net->plan, options->watch);
	return status ? status : lam_plan_make(&net->plan, model, shape);
}

/* Less than sixteen samples, or for inference any number, are computed one at a time, unless batch
 * lanes take less time. Winograd's algorithm and numbers of channels that do not fill lanes are why
 * they may; values of sixteen samples that are more than a cache holds are why they may not. */
static lam_status plan_net(
	lam_net *net, lam_layer *model, lam_shape shape, const lam_net_options *options)
{
	const bool whole_blocks = net->max_batch >= LAM_LANES;
	if (whole_blocks && !options->inference)
		return plan_for(net, model, shape, options, 0);
	lam_status status = plan_for(net, model, shape, options, net->max_batch);
	/* With the conversions there may be too many calls, where batch lanes have none. */
	if (status ? status != LAM_ERR_UNSUPPORTED || !whole_blocks
		   : !lam_plan_prefers_batch_lanes(&net->plan))
		return status;
	lam_plan_free(&net->plan);
	return plan_for(net, model, shape, options, 0);
}

/* Plans the model and allocates the net. On failure NULL; the net is freed, but not the model. */
static lam_net *make(
	lam_layer *model, lam_shape shape, const lam_net_options *options, lam_net *source)
{
	lam_net *net = lam_alloc(1, sizeof *net);
	if (!net)
		return NULL;
	net->source = source;
	net->seed = options->seed;
	net->max_batch = options->max_batch ? options->max_batch : DEFAULT_BATCH;
	net->max_blocks = lane_blocks(net->max_batch);
	net->threads = threads_of(options->threads);
	net->loss = NAN;
	if (plan_net(net, model, shape, options) || (source && fits_source(net))
		|| lam_ends_make(net) || lam_net_measure(net, options->memory_limit)
		|| !allocate(net))
		goto failed;
	bind_params(net, net->plan.params, net->plan.param_count,
		source ? source->values : net->values, net->grads);
	bind_params(net, net->plan.states, net->plan.state_count,
		source ? source->states : net->states, NULL);
	if (!bind_calls(net) || lam_check_cuts(net))
		goto failed;
	if (net->threads > 1)
		lam_net_count_work(net);
	return net;
failed:
	lam_net_free(net);
	return NULL;
}

/* As make(), in IEEE 754's default float mode, because a layer's .check may compute numbers. */
lam_net *lam_net_new(
	lam_layer *model, lam_shape shape, const lam_net_options *options, lam_net *source)
{
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_IEEE);
	return make(model, shape, options, source);
}

lam_net *lam_net_create_with(const lam_net_options *given)
{
	lam_net_options options;
	if (!lam_take_options("lam_net_create", &options, sizeof options,
		    offsetof(lam_net_options, shape), offsetof(lam_net_options, named), given)) {
		if (lam_options_hold(given, offsetof(lam_net_options, shape)))
			lam_layer_free(given->model);
		return NULL;
	}
	lam_layer *model = options.model;
	if (!model) {
		/* If there is a sentence, the constructor that failed has set it. */
		if (!*lam_error())
			lam_fail(LAM_ERR_ARGUMENT, "lam_net_create: the model is NULL");
		return NULL;
	}
	if (lam_layer_is_number(model)) {
		lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_create: a number stands where the model is expected");
		return NULL;
	}
	if (model->taken) {
		lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_create: the model (%s) is already part of another composition or "
			"net",
			model->layer_class->kind);
		return NULL;
	}
	lam_net *net = NULL;
	if (options.inference && options.input_grad)
		lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_create: .input_grad in a net for .inference, which has no "
			"gradients");
	else if (options.inference && options.recompute)
		lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_create: .recompute in a net for .inference, which keeps no "
			"activations for a backward");
	else if (lam_net_check_numbers("lam_net_create", options.max_batch, options.threads)
			== LAM_OK
		&& lam_check_memory_limit("lam_net_create", options.memory_limit) == LAM_OK)
		net = lam_net_new(model, options.shape, &options, NULL);
	if (!net) {
		lam_layer_free(model);
		return NULL;
	}
	model->taken = true;
	net->model = model;
	lam_net_initialise(net);
	return net;
}

void lam_net_free(lam_net *net)
{
	if (!net || lam_net_expect_free(net, "lam_net_free"))
		return;
	if (net->model && (!net->source || net->owns_model)) {
		net->model->taken = false;
		lam_layer_free(net->model);
	}
	lam_names_free(net->class_names);
	lam_ends_free(net);
	lam_plan_free(&net->plan);
	lam_free(net->values);
	lam_free(net->states);
	lam_free(net->grads);
	lam_free(net->parts);
	lam_free(net->fresh);
	for (int m = 0; m < LAM_MAX_MOMENTS; m++)
		lam_free(net->moments[m]);
	lam_free(net->packed);
	lam_free(net->activations);
	lam_free(net->shared);
	lam_free(net->scratch);
	lam_free(net->norm_sums);
	lam_free(net->sum_parts);
	lam_free(net->sums);
	lam_free(net->rule_text);
	lam_free(net->tasks);
	lam_free(net->cuts);
	lam_free(net->shares);
	lam_free(net->views);
	lam_profile_free(net->profile);
	lam_free(net);
}
