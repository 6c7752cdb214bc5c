/* The net: its memory, from the plan; made, shared and freed. */
#include "framework/base/options.h"
#include "framework/kernels/float_mode.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/net/profile.h"
#include "framework/net/walk.h"
#include "framework/threads/region.h"

#include <math.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

enum { DEFAULT_BATCH = 128, MOST_THREADS = 1024 };

/* Values and gradients of each parameter are slices of the arenas; a replica's values are its
 * source's. */
static void bind_params(
	lam_net *net, struct lam_param **params, int count, lam_real *values, lam_real *grads)
{
	for (int i = 0; i < count; i++) {
		struct lam_param *param = params[i];
		param->value = values + param->offset;
		param->grad = grads ? grads + param->offset : NULL;
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

/* The tables of pointers that a pass hands to the layer. */
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

/* The longest list of work that one run can have. */
static size_t work_room(const lam_plan *plan)
{
	return (size_t)plan->packed_count + 3 * (size_t)plan->call_count + (size_t)plan->sum_count
		+ 3 * (size_t)plan->param_count + 4;
}

/* *bytes = a * b; false when no address could reach them. */
static bool count_bytes(int64_t a, int64_t b, int64_t *bytes)
{
	return !__builtin_mul_overflow(a, b, bytes) && *bytes <= LAM_MAX_COUNT * LAM_ALIGN;
}

static bool allocate(lam_net *net, size_t limit)
{
	lam_plan *plan = &net->plan;
	int64_t activations, shared = 0, scratch = 0, input = 0, output = 0;
	int64_t real = sizeof(lam_real), lanes = LAM_LANES * real;
	const lam_slot_info *in = &plan->slots[0], *out = &plan->slots[plan->output];
	bool fits = count_bytes(plan->block_bytes, plan->few ? plan->few : net->max_blocks,
			    &activations)
		&& count_bytes(activations + plan->whole_bytes, 1, &activations)
		&& count_bytes(plan->scratch_bytes, net->threads, &scratch)
		&& count_bytes(in->features * lanes, net->max_blocks, &input)
		&& count_bytes(out->features * real, net->max_batch, &output);
	for (int i = 0; i < plan->call_count && fits; i++)
		for (int job = 0; job < LAM_JOBS && fits; job++) {
			int64_t bytes;
			fits = count_bytes(plan->calls[i].shared_per_block[job],
				lam_call_blocks(&plan->calls[i], net->max_batch), &bytes);
			bytes += plan->calls[i].shared[job];
			shared = fits && bytes > shared ? bytes : shared;
		}
	if (!fits) {
		lam_fail(LAM_ERR_MEMORY,
			"out of memory: a net for %lld samples per step needs more than an address "
			"can reach",
			(long long)net->max_batch);
		return false;
	}
	plan->shared_bytes = shared;
	if (plan->loss >= 0) {
		lam_target_info info;
		if (lam_net_targets(net, &info))
			return false;
		net->target_bytes = info.type == LAM_CLASSES
			? sizeof(int32_t)
			: (size_t)lam_shape_count(&info.shape) * sizeof(lam_real);
	}
	if (lam_net_check_memory(net, limit))
		return false;
	if (!net->source) {
		net->values = lam_region_alloc(
			(size_t)plan->param_values, sizeof(lam_real), net->threads);
		net->states = lam_alloc((size_t)plan->state_values, sizeof(lam_real));
		if (!net->values || !net->states)
			return false;
	}
	if (!net->plan.inference
		&& !(net->grads = lam_region_alloc(
			     (size_t)plan->param_values, sizeof(lam_real), net->threads)))
		return false;
	int64_t parts = plan->param_count;
	for (int i = 0; i < plan->param_count; i++)
		parts += lam_update_pieces(plan->params[i]->count);
	net->packed = lam_alloc_blank((size_t)plan->packed_bytes, 1);
	net->activations = lam_alloc_blank((size_t)activations, 1);
	net->shared = lam_alloc_blank((size_t)shared, 1);
	net->scratch = lam_alloc_blank((size_t)scratch, 1);
	net->input = lam_alloc_blank((size_t)input, 1);
	net->output_rows = lam_alloc_blank((size_t)output, 1);
	net->loss_sums = lam_alloc(
		(size_t)(plan->few ? plan->few : net->max_blocks), sizeof *net->loss_sums);
	net->norm_sums = lam_alloc((size_t)parts, sizeof *net->norm_sums);
	net->work = lam_alloc(work_room(plan), sizeof *net->work);
	net->cuts = lam_alloc(work_room(plan), sizeof *net->cuts);
	net->shares = lam_alloc((size_t)net->threads, sizeof *net->shares);
	if (plan->loss >= 0 && !plan->inference
		&& !(net->target_copy = lam_alloc((size_t)net->max_batch, net->target_bytes)))
		return false;
	if (net->plan.input_grad
		&& !(net->input_grad_rows = lam_alloc(
			     (size_t)(in->features * net->max_batch), sizeof(lam_real))))
		return false;
	return net->packed && net->activations && net->shared && net->scratch && net->input
		&& net->output_rows && net->loss_sums && net->norm_sums && net->work && net->cuts
		&& net->shares;
}

static int default_threads(void)
{
#ifdef _OPENMP
	int threads = omp_get_max_threads();
	return threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
#else
	return 1;
#endif
}

static lam_status check_numbers(const char *function, int max_batch, int threads)
{
	if (max_batch < 0 || max_batch > LAM_MOST_BATCH)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: .max_batch is %d; expected 1 to %d",
			function, max_batch, (int)LAM_MOST_BATCH);
	if (threads < 0 || threads > MOST_THREADS)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: .threads is %d; expected 1 to %d", function,
			threads, (int)MOST_THREADS);
	return LAM_OK;
}

/* Plans the model and allocates; NULL with everything of the net's own freed, the model not. */
static lam_net *make(
	lam_layer *model, lam_shape shape, const lam_net_options *options, lam_net *source)
{
	lam_net *net = lam_alloc(1, sizeof *net);
	if (!net)
		return NULL;
	net->source = source;
	net->seed = options->seed;
	net->max_batch = options->max_batch ? options->max_batch : DEFAULT_BATCH;
	net->max_blocks = (net->max_batch + LAM_LANES - 1) / LAM_LANES;
	net->threads = options->threads ? options->threads : default_threads();
	net->loss = NAN;
	net->plan.inference = options->inference;
	net->plan.input_grad = options->input_grad;
	net->plan.direct = options->direct;
	net->plan.few = options->inference && net->max_batch < LAM_LANES ? net->max_batch : 0;
	net->plan.like = source ? &source->plan : NULL;
	if (lam_plan_make(&net->plan, model, shape) || !allocate(net, options->memory_limit))
		goto failed;
	bind_params(net, net->plan.params, net->plan.param_count,
		source ? source->values : net->values, net->grads);
	bind_params(net, net->plan.states, net->plan.state_count,
		source ? source->states : net->states, NULL);
	if (!bind_calls(net))
		goto failed;
	return net;
failed:
	lam_net_free(net);
	return NULL;
}

/* A layer may compute numbers of its own from its options when it sees its input. */
static lam_net *net_new(
	lam_layer *model, lam_shape shape, const lam_net_options *options, lam_net *source)
{
	const lam_float_mode caller = lam_float_set(LAM_FLOAT_IEEE);
	lam_net *net = make(model, shape, options, source);
	lam_float_restore(caller);
	return net;
}

lam_net *lam_net_create_with(const lam_net_options *given)
{
	lam_net_options options;
	if (!lam_take_options("lam_net_create", &options, sizeof options,
		    offsetof(lam_net_options, shape), given)) {
		if (lam_options_hold(given, offsetof(lam_net_options, shape)))
			lam_layer_free(given->model);
		return NULL;
	}
	lam_layer *model = options.model;
	if (!model) {
		if (!*lam_error()) /* else the sentence is that of the constructor that failed */
			lam_fail(LAM_ERR_ARGUMENT, "lam_net_create: the model is NULL");
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
	else if (check_numbers("lam_net_create", options.max_batch, options.threads) == LAM_OK)
		net = net_new(model, options.shape, &options, NULL);
	if (!net) {
		lam_layer_free(model);
		return NULL;
	}
	model->taken = true;
	net->model = model;
	lam_net_initialise(net);
	return net;
}

lam_net *lam_net_replica_with(const lam_replica_options *given)
{
	lam_replica_options options;
	if (!lam_take_options("lam_net_replica", &options, sizeof options,
		    offsetof(lam_replica_options, max_batch), given))
		return NULL;
	lam_net *source = options.net;
	if (!source) {
		lam_fail(LAM_ERR_ARGUMENT, "lam_net_replica: the net is NULL");
		return NULL;
	}
	while (source->source)
		source = source->source;
	if (check_numbers("lam_net_replica", options.max_batch, options.threads))
		return NULL;
	lam_net_options own = {
		.seed = source->seed,
		.max_batch = options.max_batch ? options.max_batch : (int)options.net->max_batch,
		.inference = true,
		.direct = source->plan.direct,
		.threads = options.threads ? options.threads : options.net->threads,
	};
	lam_net *replica = net_new(source->model, source->plan.slots[0].shape, &own, source);
	if (replica)
		replica->model = source->model;
	return replica;
}

void lam_net_free(lam_net *net)
{
	if (!net)
		return;
	if (net->model && !net->source) {
		net->model->taken = false;
		lam_layer_free(net->model);
	}
	lam_plan_free(&net->plan);
	lam_free(net->values);
	lam_free(net->states);
	lam_free(net->grads);
	lam_free(net->fresh);
	for (int m = 0; m < LAM_MAX_MOMENTS; m++)
		lam_free(net->moments[m]);
	lam_free(net->packed);
	lam_free(net->activations);
	lam_free(net->shared);
	lam_free(net->scratch);
	lam_free(net->input);
	lam_free(net->output_rows);
	lam_free(net->input_grad_rows);
	lam_free(net->target_copy);
	lam_free(net->loss_sums);
	lam_free(net->norm_sums);
	lam_free(net->confusion);
	lam_free(net->work);
	lam_free(net->cuts);
	lam_free(net->shares);
	lam_profile_free(net->profile);
	lam_free(net);
}
