/* SPDX-License-Identifier: MIT */
/* In place of all others where protobuf-c was missing. */
#include "exchange/onnx/lamina_onnx.h"

#include "framework/base/options.h"

lam_net *lam_onnx_load_with(const lam_onnx_load_options *options)
{
	if (lam_options_hold(options, offsetof(lam_onnx_load_options, shape)))
		lam_layer_free(options->loss);
	lam_fail(LAM_ERR_UNSUPPORTED,
		"lam_onnx_load: lamina was configured without %s; expected one that has it",
		LAM_ONNX_MISSING);
	return NULL;
}

lam_status lam_onnx_save_with(const lam_onnx_save_options *options)
{
	(void)options;
	return lam_fail(LAM_ERR_UNSUPPORTED,
		"lam_onnx_save: lamina was configured without %s; expected one that has it",
		LAM_ONNX_MISSING);
}

/* Without a file, no layer is asked for its nodes. */
const char *lam_onnx_add_node(lam_onnx *onnx, const char *type, ...)
{
	(void)onnx;
	return type;
}

void lam_onnx_add_input(lam_onnx *onnx, const char *input)
{
	(void)onnx, (void)input;
}

void lam_onnx_set_int(lam_onnx *onnx, const char *name, int64_t value)
{
	(void)onnx, (void)name, (void)value;
}

void lam_onnx_set_ints(lam_onnx *onnx, const char *name, const int64_t *values, int count)
{
	(void)onnx, (void)name, (void)values, (void)count;
}

void lam_onnx_set_real(lam_onnx *onnx, const char *name, double value)
{
	(void)onnx, (void)name, (void)value;
}

void lam_onnx_set_word(lam_onnx *onnx, const char *name, const char *value)
{
	(void)onnx, (void)name, (void)value;
}

const char *lam_onnx_input_name(lam_onnx *onnx, int index)
{
	(void)onnx, (void)index;
	return "";
}

const char *lam_onnx_param_name(lam_onnx *onnx, int index)
{
	return lam_onnx_input_name(onnx, index);
}

const char *lam_onnx_param_as(lam_onnx *onnx, int index, lam_shape shape)
{
	(void)shape;
	return lam_onnx_input_name(onnx, index);
}

const char *lam_onnx_state_name(lam_onnx *onnx, int index)
{
	return lam_onnx_input_name(onnx, index);
}

const char *lam_onnx_add_reals(lam_onnx *onnx, const double *values, lam_shape shape)
{
	(void)values;
	return lam_onnx_param_as(onnx, 0, shape);
}

const char *lam_onnx_add_ints(lam_onnx *onnx, const int64_t *values, int count)
{
	(void)values;
	return lam_onnx_input_name(onnx, count);
}

lam_shape lam_onnx_shape_of(const lam_onnx *onnx, int index)
{
	(void)onnx, (void)index;
	return (lam_shape){0};
}

int lam_onnx_opset(const lam_onnx *onnx)
{
	(void)onnx;
	return 0;
}
