/* SPDX-License-Identifier: MIT */
/* JPEG files. */
#include "tests/fuzz/fuzz_image.h"

FUZZ_TARGET(jpeg)
{
	fuzz_decode(data, size);
	return 0;
}
