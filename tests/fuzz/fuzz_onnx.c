/* SPDX-License-Identifier: MIT */
/* ONNX files: read, made to a net for inference and for training, and predicted with. */
#include "exchange/onnx/load.h"
#include "framework/io.h"
#include "layers/loss.h"
#include "tests/fuzz/fuzz.h"

/* The arena of a file, layers for its nodes, and the net. */
enum { FLOOR = 8 << 20, PER_BYTE = 4096, LIMIT = 1 << 20, MOST_VALUES = 1 << 14 };

static lam_net *load(const uint8_t *data, size_t size, lam_onnx_load_options options)
{
	lam_onnx_file file;
	lam_net *net = NULL;
	options.size = sizeof options;
	options.memory_limit = LIMIT;
	options.max_batch = 2;
	options.threads = 1;
	if (lam_onnx_file_unpack(&file, "fuzz/it.onnx", data, size))
		lam_layer_free(options.loss);
	else
		net = lam_onnx_load_file(&file, &options);
	lam_onnx_file_free(&file);
	return net;
}

/* A net for inference of the bytes, which predicts. */
static void infer(const uint8_t *data, size_t size)
{
	static const lam_real x[MOST_VALUES];
	static lam_real y[MOST_VALUES];
	lam_net *net = load(data, size, (lam_onnx_load_options){.inference = true});
	const lam_shape in = net ? lam_net_input_shape(net) : LAM_SHAPE(1),
			out = net ? lam_net_output_shape(net) : LAM_SHAPE(1);
	if (net && lam_net_input_count(net) == 1 && lam_net_output_count(net) == 1
		&& lam_shape_count(&in) <= MOST_VALUES && lam_shape_count(&out) <= MOST_VALUES
		&& lam_net_predict(net, x, 1, y))
		fuzz_wrong("a net that was loaded does not predict");
	lam_net_free(net);
}

FUZZ_TARGET(onnx)
{
	/* A fuzzer tries one of the two, by the length, and so more inputs. */
#ifdef FUZZING
	const bool infers = size % 2, trains = !infers;
#else
	const bool infers = true, trains = true;
#endif
	fuzz_begin(FLOOR, PER_BYTE, size);
	if (infers)
		infer(data, size);
	if (trains)
		lam_net_free(load(
			data, size, (lam_onnx_load_options){.loss = lam_mean_squared_error()}));
	fuzz_end();
	return 0;
}
