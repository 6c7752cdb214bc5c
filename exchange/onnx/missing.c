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
