/* SPDX-License-Identifier: MIT */
/* Files of CIFAR-10, one behind the other. */
#include "datasets/cifar10.h"
#include "tests/fuzz/fuzz.h"

FUZZ_TARGET(cifar10)
{
	const char *path = fuzz_path(data, size);
	uint8_t *records = NULL;
	int64_t count = 0;
	fuzz_begin(1 << 20, 8, size);
	if (lam_cifar10_append(path, &records, &count, 2 * size) == LAM_OK
		&& lam_cifar10_append(path, &records, &count, 2 * size) != LAM_OK)
		__builtin_trap();
	lam_free(records);
	fuzz_end();
	return 0;
}
