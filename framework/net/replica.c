/* SPDX-License-Identifier: MIT */
/* Replicas: nets on the parameters of another one, its source. A replica has the source's layers.
 * If its input has another shape, it has a copy of them, as layers keep what follows from shapes.
 */
#include "framework/base/options.h"
#include "framework/layer/inside.h"
#include "framework/net/inside.h"
#include "framework/net/make.h"

static lam_status check(const lam_replica_options *o)
{
	if (!o->net)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_net_replica: the net is NULL");
	if (o->train && o->inference)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_replica: .train and .inference; expected one of them");
	if (o->input_grad && !o->train)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_net_replica: .input_grad in a replica for inference; expected it with "
			".train");
	lam_status status = lam_net_check_numbers("lam_net_replica", o->max_batch, o->threads);
	return status ? status : lam_check_memory_limit("lam_net_replica", o->memory_limit);
}

static lam_net *replica_of_size(
	lam_net *source, lam_shape shape, const lam_net_options *options, bool copied)
{
	lam_layer *model = copied ? lam_layer_copy(source->model) : source->model;
	if (!model)
		return NULL;
	lam_net *net = lam_net_new(model, shape, options, source);
	if (net) {
		if (copied) /* the source's own may be read by other threads */
			model->taken = true;
		net->model = model;
		net->owns_model = copied;
	} else if (copied) {
		lam_layer_free(model);
	}
	return net;
}

lam_net *lam_net_replica_with(const lam_replica_options *given)
{
	lam_replica_options options;
	if (!lam_take_options("lam_net_replica", &options, sizeof options,
		    offsetof(lam_replica_options, max_batch), offsetof(lam_replica_options, named),
		    given)
		|| check(&options))
		return NULL;
	lam_net *source = options.net;
	while (source->source)
		source = source->source;
	const lam_net_options own = {
		.seed = options.seed ? options.seed : source->seed,
		.max_batch = options.max_batch ? options.max_batch : options.net->max_batch,
		.inference = !options.train,
		.input_grad = options.input_grad,
		.direct = source->plan.direct,
		.recompute = source->plan.recompute,
		.threads = options.threads ? options.threads : options.net->threads,
		.memory_limit = options.memory_limit,
		.watch = options.watch,
	};
	const lam_shape first = source->plan.slots[0].shape;
	lam_shape shape = lam_layer_planned_shape(source->model, options.net->plan.slots[0].shape);
	if (options.shape.rank)
		shape = options.shape;
	const bool copied = shape.rank && !lam_shape_equal(&shape, &first);
	return replica_of_size(source, shape, &own, copied);
}
