/* SPDX-License-Identifier: MIT */
/* Prints the instruction set of the kernels. `make check-isa` uses it to try LAMINA_ISA=…. */
#include "framework/kernels/kernels.h"

#include <stdio.h>

int main(void)
{
	return puts(lam_kernel()->isa) < 0;
}
