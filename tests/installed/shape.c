/* SPDX-License-Identifier: MIT */
/* The smallest program that calls the installed library; also valid C++. */
#include <framework/real.h>
#include <framework/shape.h>
#include <framework/status.h>

#include <stdio.h>

int main(void)
{
	lam_shape shape = lam_shape_of(3, 3, 32, 31, 0);
	printf("%s of %d bytes each, %s\n", lam_shape_text(shape).text, (int)sizeof(lam_real),
		lam_status_text(LAM_OK));
	return lam_shape_count(&shape) != 2976;
}
