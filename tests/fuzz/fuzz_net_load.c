/* SPDX-License-Identifier: MIT */
/* lam_net_load(), for inference and for training; a loaded net must predict. */
#include "framework/save.h"
#include "tests/fuzz/fuzz_zip.h"

enum {
	LIMIT = 1 << 20, /* bytes of a net */
	FLOOR = (8 << 20) + 2 * LIMIT,
	PER_BYTE = 1024,
	MOST = 1 << 10, /* values of a sample; nets with larger ones do not predict here */
};

static void predict(lam_net *net)
{
	static lam_real x[MOST], y[MOST];
	lam_shape in = lam_net_input_shape(net), out = lam_net_output_shape(net);
	lam_net_memory memory;
	lam_net_memory_of(net, &memory, sizeof memory);
	if (memory.total > LIMIT)
		fuzz_wrong("a net larger than its limit");
	/* The time of a prediction is bounded by parameters times values; large nets would slow the
	 * fuzzer down. */
	if (lam_shape_count(&in) <= MOST && lam_shape_count(&out) <= MOST
		&& memory.total < LIMIT / 4 && memory.parameters < 4096
		&& lam_net_predict(net, x, 1, y) && !*lam_error())
		fuzz_wrong("a failure without a sentence");
}

FUZZ_TARGET(net_load)
{
	uint8_t *archive = fuzz_repaired(data, size);
	const char *path = fuzz_path(archive, size);
	for (int inference = 0; inference < 2; inference++) {
		fuzz_begin(FLOOR, PER_BYTE, size);
		lam_net *net = lam_net_load(path, .inference = inference, .max_batch = 1,
			.threads = 1, .memory_limit = LIMIT);
		if (net)
			predict(net);
		lam_net_free(net);
		fuzz_end();
	}
	free(archive);
	return 0;
}
