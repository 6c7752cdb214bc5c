/* SPDX-License-Identifier: MIT */
/* lam_onnx_load(): a net of a file. */
#include "exchange/onnx/load.h"

#include "exchange/onnx/class_names.h"
#include "exchange/onnx/import.h"
#include "exchange/onnx/lamina_onnx.h"
#include "framework/base/options.h"
#include "framework/base/shown.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <stddef.h>

enum { PER_BYTE = 256, FLOOR = 256 << 20 }; /* of .memory_limit, as in lam_net_load() */

/* Writes the values of a parameter. */
static lam_status fill(const lam_onnx_file *file, const lam_onnx_weight *weight, lam_param *param)
{
	const lam_shape shape = lam_param_shape(param);
	const int64_t count = lam_shape_count(&shape);
	const lam_onnx_tensor *tensor = weight->tensor;
	lam_real *to = lam_param_edit(param);
	lam_status status = to ? LAM_OK : lam_error_status();
	if (status)
		return status;
	if (!tensor || weight->repeat) {
		const double value = tensor ? lam_onnx_number(tensor, 0) * weight->factor : 0;
		for (int64_t i = 0; i < count; i++)
			to[i] = (lam_real)(value + weight->shift);
		return LAM_OK;
	}
	if (tensor->count != count || tensor->whole)
		return lam_fail(LAM_ERR_SHAPE, "%s has %" PRId64 " values; the file has %" PRId64,
			weight->path, count, tensor->count);
	if (!weight->transpose) {
		status = lam_onnx_tensor_read(file, tensor, to);
	} else {
		lam_real *from = lam_alloc_blank((size_t)count, sizeof *from);
		status = from ? lam_onnx_tensor_read(file, tensor, from) : LAM_ERR_MEMORY;
		const int64_t outputs = shape.dim[0], inputs = count / outputs;
		for (int64_t i = 0; i < inputs && !status; i++)
			for (int64_t o = 0; o < outputs; o++)
				to[o * inputs + i] = from[i * outputs + o];
		lam_free(from);
	}
	for (int64_t i = 0; i < count && !status && (weight->factor != 1 || weight->shift != 0);
		i++)
		to[i] = (lam_real)((double)to[i] * weight->factor + weight->shift);
	return status;
}

static lam_status fill_all(const lam_onnx_import *im, lam_net *net)
{
	for (const lam_onnx_weight *w = im->weights; w; w = w->next) {
		lam_param *param = lam_net_find(net, w->path);
		if (!param)
			return lam_fail(LAM_ERR_UNSUPPORTED, "the net has no %s", w->path);
		lam_status status = fill(im->file, w, param);
		if (status)
			return status;
		if (w->frozen)
			lam_param_set_trainable(param, false);
	}
	return LAM_OK;
}

/* The most bytes for the net, if the caller says nothing. */
static size_t limit_of(const lam_onnx_import *im, size_t given)
{
	size_t limit;
	if (given)
		return given;
	if (!lam_size_add((size_t)im->file->bytes, (size_t)im->external, &limit)
		|| !lam_size_multiply(limit, PER_BYTE, &limit)
		|| !lam_size_add(limit, FLOOR, &limit))
		return SIZE_MAX;
	return limit;
}

static lam_net *make_net(lam_onnx_import *im, const lam_onnx_load_options *o)
{
	lam_layer *model = lam_graph_done(im->graph);
	im->graph = NULL;
	lam_net *net = !model
		? NULL
		: lam_net_create(model, .max_batch = o->max_batch, .inference = o->inference,
			.input_grad = o->input_grad, .direct = o->direct, .threads = o->threads,
			.seed = o->seed, .memory_limit = limit_of(im, o->memory_limit),
			.watch = o->watch, .recompute = o->recompute);
	if (net && (fill_all(im, net) || lam_onnx_read_classes(im->file, net))) {
		lam_net_free(net);
		net = NULL;
	}
	return net;
}

lam_net *lam_onnx_load_file(lam_onnx_file *file, const lam_onnx_load_options *o)
{
	lam_onnx_import im = {.file = file, .arena = &file->arena, .told = o->refused};
	lam_net *net = NULL;
	if (!lam_onnx_import_file(&im, &o->shape, o->loss))
		net = make_net(&im, o);
	if (!net)
		lam_fail(lam_error_status(), "%s: %s", lam_show_end(file->path).text, lam_error());
	return net;
}

lam_net *lam_onnx_load_with(const lam_onnx_load_options *given)
{
	lam_onnx_load_options o;
	lam_onnx_file file;
	const bool whole = lam_take_options("lam_onnx_load", &o, sizeof o,
		offsetof(lam_onnx_load_options, refused), offsetof(lam_onnx_load_options, named),
		given);
	if (!whole) {
		if (lam_options_hold(given, offsetof(lam_onnx_load_options, shape)))
			lam_layer_free(given->loss);
		return NULL;
	}
	lam_status status = lam_check_memory_limit("lam_onnx_load", o.memory_limit);
	if (!status && !o.path)
		status = lam_fail(LAM_ERR_ARGUMENT, "lam_onnx_load: the path is NULL");
	if (!status && o.shape.rank && !lam_shape_valid(&o.shape))
		status = lam_fail(LAM_ERR_ARGUMENT, "lam_onnx_load: option shape is no shape");
	if (!status)
		status = lam_onnx_file_read(&file, o.path);
	else
		file = (lam_onnx_file){0};
	lam_net *net = NULL;
	if (status)
		lam_layer_free(o.loss);
	else
		net = lam_onnx_load_file(&file, &o);
	lam_onnx_file_free(&file);
	return net;
}
