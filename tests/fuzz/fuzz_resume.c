/* SPDX-License-Identifier: MIT */
/* Checkpoints of a run: each is restored completely, or refused without changing the net. */
#include "framework/net/inside.h"
#include "framework/train/checkpoint.h"
#include "tests/fuzz/fuzz_nets.h"

enum { FLOOR = 4 << 20, PER_BYTE = 64 };

FUZZ_TARGET(resume)
{
	static const lam_fit_state asked = {.rule = LAM_RULE_SGD,
		.lr = 0.5,
		.momentum = 0.5,
		.seed = 1,
		.samples = 6,
		.batch = 1};
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.5, .momentum = (lam_real)0.5);
	uint8_t *archive = fuzz_repaired(data, size);
	const char *path = fuzz_path(archive, size);
	fuzz_begin(FLOOR, PER_BYTE, size);
	lam_net *net = fuzz_net();
	if (lam_net_prepare(net, &sgd))
		fuzz_wrong("no moments");
	struct fuzz_bits before = fuzz_bits_of(net);
	lam_fit_state state = asked;
	lam_resumed resumed;
	if (lam_checkpoint_load(net, path, &state, NULL, &resumed)) {
		struct fuzz_bits after = fuzz_bits_of(net);
		if (memcmp(&before, &after, sizeof before) || memcmp(&state, &asked, sizeof state))
			fuzz_wrong("a refused file changed the run");
	} else if (state.epochs < 0 || state.epoch_step < 0 || state.epoch_step >= state.samples) {
		fuzz_wrong("a run that is nowhere");
	}
	lam_net_free(net);
	free(archive);
	return fuzz_end();
}
