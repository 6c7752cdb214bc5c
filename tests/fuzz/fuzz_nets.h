/* SPDX-License-Identifier: MIT */
/* A small net to load files into, and a copy of its values, to see that a refused file changes
 * none. */
#ifndef LAM_TESTS_FUZZ_NETS_H
#define LAM_TESTS_FUZZ_NETS_H

#include "tests/fuzz/fuzz_zip.h"

#include <lamina.h>

enum { FUZZ_PARAMS = 128 };

struct fuzz_bits {
	lam_real value[FUZZ_PARAMS];
	int count;
};

__attribute__((unused)) static lam_net *fuzz_net(void)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 2, .kernel = {2}), lam_batch_norm(), lam_relu(),
			lam_affine(.out = 3), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, 3, 3), .max_batch = 1, .threads = 1, .seed = 1);
	if (!net)
		fuzz_wrong("no net");
	return net;
}

/* All parameters and states, one after another. */
__attribute__((unused)) static struct fuzz_bits fuzz_bits_of(lam_net *net)
{
	struct fuzz_bits bits = {.count = 0};
	for (int i = 0; i < lam_net_param_count(net) + lam_net_state_count(net); i++) {
		lam_param *param = i < lam_net_param_count(net)
			? lam_net_param(net, i)
			: lam_net_state(net, i - lam_net_param_count(net));
		lam_shape shape = lam_param_shape(param);
		for (int64_t k = 0; k < lam_shape_count(&shape); k++)
			bits.value[bits.count++] = lam_param_value(param)[k];
	}
	return bits;
}

#endif
