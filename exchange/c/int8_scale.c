/* SPDX-License-Identifier: MIT */
/* The scales of values, measured on samples: a replica predicts them and its values are watched. */
#include "exchange/c/int8.h"

#include "framework/base/failure.h"
#include "framework/memory.h"
#include "framework/plan/title.h"

#include <math.h>
#include <string.h>

double lam_c_scale(const lam_c_graph *graph, int value)
{
	for (;;) {
		const lam_c_value *v = &graph->values[value];
		if (v->part_of >= 0) {
			value = v->part_of;
			continue;
		}
		const lam_c_op *op = v->producer >= 0 ? &graph->ops[v->producer] : NULL;
		if (!op || (op->kind->flags & LAM_C_QUANTIZES))
			return graph->int8->input;
		const bool max = op->call && strstr(op->call->layer_class->kind, "max_pool");
		if (op->kind == graph->copy || max || lam_c_is_view(op->kind, op->call)) {
			value = op->in[0];
			continue;
		}
		return op->most > 0 ? op->most / LAM_C_MOST : 1.0 / LAM_C_MOST;
	}
}

/* The name to watch: of a sum that the plan made, the container's. */
static char *path_of(const lam_call *call)
{
	char *path = lam_text_copy(call->path);
	const size_t length = path ? strlen(path) : 0;
	if (path && call->owns_layer && length >= 3)
		path[length > 3 ? length - 4 : 0] = 0;
	return path;
}

static const lam_call *last_call(const lam_c_op *op)
{
	return op->posts ? op->post[op->posts - 1] : op->last ? op->last : op->call;
}

static void free_paths(char **paths, int count)
{
	for (int i = 0; paths && i < count; i++)
		lam_free(paths[i]);
	lam_free(paths);
}

/* A path for each operation that has a scale of its own; paths[op] is NULL for the others. */
static char **all_paths(const lam_c_graph *graph)
{
	char **paths = lam_alloc((size_t)graph->op_count, sizeof *paths);
	for (int i = 0; paths && i < graph->op_count; i++) {
		const lam_c_op *op = &graph->ops[i];
		if (op->gone || !op->call || lam_c_is_view(op->kind, op->call))
			continue;
		paths[i] = path_of(last_call(op));
		if (!paths[i]) {
			free_paths(paths, graph->op_count);
			return NULL;
		}
	}
	return paths;
}

/* Raises *most to the largest size of the values; false: one is not finite. */
static bool raise_most(const lam_real *values, int64_t count, double *most)
{
	for (int64_t i = 0; i < count; i++) {
		if (!isfinite(values[i]))
			return false;
		*most = fmax(*most, fabs((double)values[i]));
	}
	return true;
}

static lam_status measure_sample(lam_c_graph *graph, lam_net *replica, char *const *paths,
	const lam_real *x, int64_t count, lam_real *y)
{
	lam_status status = lam_net_predict(replica, x, 1, y);
	if (!status && !raise_most(x, count, &graph->int8->input_most))
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"lam_export_c: a sample to calibrate has a value that is not finite");
	for (int i = 0; i < graph->op_count && !status; i++) {
		if (!paths[i])
			continue;
		lam_shape shape;
		const lam_real *values = lam_net_value(replica, paths[i], &shape);
		if (!values)
			return lam_error_status();
		if (!raise_most(values, lam_shape_count(&shape), &graph->ops[i].most))
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"lam_export_c: %s: a value is not finite on a sample to calibrate",
				lam_call_title(last_call(&graph->ops[i])).text);
	}
	return status;
}

lam_status lam_c_int8_samples(
	const lam_c_graph *graph, const lam_dataset *dataset, const char *option)
{
	const lam_shape x = lam_dataset_shape(dataset), in = graph->plan->slots[0].shape;
	if (!lam_shape_equal(&x, &in))
		return lam_fail(LAM_ERR_SHAPE,
			"lam_export_c: samples of %s to %s; expected the net's input, %s",
			lam_shape_text(x).text, option, lam_shape_text(in).text);
	if (lam_dataset_count(dataset) == LAM_ENDLESS)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"lam_export_c: an endless data set to %s; expected one with a count",
			option);
	return LAM_OK;
}

lam_status lam_c_int8_measure(
	lam_c_graph *graph, lam_net *net, const lam_dataset *dataset, int64_t samples)
{
	lam_status status = lam_c_int8_samples(graph, dataset, "calibrate");
	if (status)
		return status;
	const int64_t values = graph->plan->slots[0].features, all = lam_dataset_count(dataset);
	const int64_t outputs = graph->plan->slots[graph->plan->outputs[0].slot].features;
	char **paths = all_paths(graph);
	const char **watch = lam_alloc((size_t)graph->op_count + 1, sizeof *watch);
	lam_real *x = lam_alloc((size_t)values, sizeof *x),
		 *y = lam_alloc((size_t)outputs, sizeof *y);
	lam_net *replica = NULL;
	status = paths && watch && x && y ? LAM_OK : LAM_ERR_MEMORY;
	int count = 0;
	for (int i = 0; !status && i < graph->op_count; i++)
		if (paths[i])
			watch[count++] = paths[i];
	if (!status) {
		replica = lam_net_replica(net, .max_batch = 1, .inference = true, .watch = watch);
		status = replica ? LAM_OK : lam_error_status();
	}
	samples = samples < all ? samples : all;
	for (int64_t i = 0; i < samples && !status; i++) {
		status = lam_dataset_read(dataset, i * all / samples, x, NULL);
		if (!status)
			status = measure_sample(graph, replica, paths, x, values, y);
	}
	if (!status && !(graph->int8->input_most > 0))
		status = lam_fail(LAM_ERR_UNSUPPORTED,
			"lam_export_c: all values of the samples to calibrate are 0, which says "
			"nothing "
			"of their range");
	graph->int8->input = graph->int8->input_most / LAM_C_MOST;
	lam_net_free(replica);
	free_paths(paths, graph->op_count);
	lam_free(watch);
	lam_free(x);
	lam_free(y);
	return status;
}
