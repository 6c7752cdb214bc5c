/* SPDX-License-Identifier: MIT */
#include "framework/version.h"

#include "framework/kernels/kernels.h"

const char *lam_version(void)
{
	return LAM_VERSION;
}

const char *lam_isa(void)
{
	return lam_kernel()->isa;
}
