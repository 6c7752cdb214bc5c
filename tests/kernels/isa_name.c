/* SPDX-License-Identifier: MIT */
/* Prints the instruction set whose kernels run here: for `make check-isa`, which tries LAMINA_ISA=…
 * with it. */
#include "framework/kernels/kernels.h"

#include <stdio.h>

int main(void)
{
	return puts(lam_kernel()->isa) < 0;
}
