/* SPDX-License-Identifier: MIT */
/* lam_net_load_params() into an existing net, which a refused file must not change. */
#include "tests/fuzz/fuzz_nets.h"

enum { FLOOR = 4 << 20, PER_BYTE = 64 };

FUZZ_TARGET(load_params)
{
	uint8_t *archive = fuzz_repaired(data, size);
	const char *path = fuzz_path(archive, size);
	fuzz_begin(FLOOR, PER_BYTE, size);
	lam_net *net = fuzz_net();
	for (int partial = 0; partial < 2; partial++) {
		struct fuzz_bits before = fuzz_bits_of(net);
		if (lam_net_load_params(net, path, .partial = partial) == LAM_OK)
			continue;
		struct fuzz_bits after = fuzz_bits_of(net);
		if (memcmp(&before, &after, sizeof before))
			fuzz_wrong("a refused file changed the net");
	}
	lam_net_free(net);
	free(archive);
	return fuzz_end();
}
