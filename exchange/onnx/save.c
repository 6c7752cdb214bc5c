/* SPDX-License-Identifier: MIT */
/* lam_onnx_save(): a net as a file. */
#include "exchange/onnx/class_names.h"
#include "exchange/onnx/export.h"

#include "framework/base/options.h"
#include "framework/memory.h"
#include "framework/save.h"
#include "framework/version.h"

#include <stddef.h>

/* The file format that came with each version of the operators. */
static int64_t format_of(int opset)
{
	static const int formats[] = {
		[7] = 3, 3, 4, 5, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9, [LAM_ONNX_MOST_OPSET] = 10};
	return formats[opset];
}

/* Puts the model together, and writes it. */
static lam_status write(lam_onnx *onnx, const char *path)
{
	LaminaOnnx__OperatorSet opset = LAMINA_ONNX__OPERATOR_SET__INIT;
	LaminaOnnx__Entry entry = LAMINA_ONNX__ENTRY__INIT;
	LaminaOnnx__Model model = LAMINA_ONNX__MODEL__INIT;
	LaminaOnnx__OperatorSet *opsets[] = {&opset};
	LaminaOnnx__Entry *entries[] = {&entry};
	opset.domain = lam_onnx_text_of(onnx, "%s", "");
	opset.has_version = model.has_ir_version = true;
	opset.version = onnx->opset;
	model.ir_version = format_of(onnx->opset);
	model.producer_name = lam_onnx_text_of(onnx, "lamina");
	model.producer_version = lam_onnx_text_of(onnx, "%s", LAM_VERSION);
	model.graph = &onnx->graph;
	model.opset_import = opsets;
	model.n_opset_import = 1;
	entry.key = lam_onnx_text_of(onnx, LAM_ONNX_CLASSES);
	model.metadata_props = entries;
	if (lam_net_class_name_count(onnx->net)) {
		entry.value = lam_onnx_write_classes(onnx->net, &onnx->arena);
		onnx->failed |= !entry.value;
		model.n_metadata_props = 1;
	}
	if (onnx->failed)
		return LAM_ERR_MEMORY;
	const size_t bytes = lamina_onnx__model__get_packed_size(&model);
	if (bytes > INT32_MAX)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"lam_onnx_save: the file would have %zu bytes; an ONNX file has at most %d",
			bytes, INT32_MAX);
	uint8_t *packed = lam_alloc_blank(bytes, 1);
	if (!packed)
		return LAM_ERR_MEMORY;
	lamina_onnx__model__pack(&model, packed);
	const lam_status status = lam_write_file(path, packed, bytes);
	lam_free(packed);
	return status;
}

lam_status lam_onnx_save_with(const lam_onnx_save_options *given)
{
	lam_onnx_save_options o;
	if (!lam_take_options("lam_onnx_save", &o, sizeof o,
		    offsetof(lam_onnx_save_options, refused),
		    offsetof(lam_onnx_save_options, named), given))
		return LAM_ERR_ARGUMENT;
	if (!o.net || !o.path)
		return lam_fail(
			LAM_ERR_ARGUMENT, "lam_onnx_save: the %s is NULL", o.net ? "path" : "net");
	if (o.opset && (o.opset < LAM_ONNX_LEAST_OPSET || o.opset > LAM_ONNX_MOST_OPSET))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_onnx_save: option opset is %d; expected %d to %d", o.opset,
			LAM_ONNX_LEAST_OPSET, LAM_ONNX_MOST_OPSET);
	lam_onnx onnx = {.net = o.net,
		.opset = o.opset ? o.opset : LAM_ONNX_USUAL_OPSET,
		.refused = o.refused};
	lam_onnx_arena_begin(&onnx.arena, SIZE_MAX / 2);
	lam_status status = lam_onnx_export(&onnx);
	if (!status)
		status = write(&onnx, o.path);
	lam_onnx_arena_free(&onnx.arena);
	return status;
}
