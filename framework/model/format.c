/* SPDX-License-Identifier: MIT */
#include "framework/model/format.h"

#include "framework/kernels/kernels.h"
#include "framework/plan/names.h"
#include "framework/version.h"

#include <stdio.h>

lam_status lam_check_format(const lam_npz *npz, const char *path)
{
	int64_t entry = lam_npz_find(npz, LAM_FORMAT_ENTRY), format;
	if (entry < 0)
		return LAM_OK; /* another program's file, or one older than this entry */
	lam_status status = lam_npz_read_int64(npz, entry, &format, 1);
	if (!status && (format < 1 || format > LAM_FORMAT))
		status = lam_fail(LAM_ERR_UNSUPPORTED,
			"%s: is of format %lld; this version of lamina expected 1 to %d",
			lam_path_text(path).text, (long long)format, LAM_FORMAT);
	return status;
}

lam_status lam_add_format(lam_npz_writer *npz, int format)
{
	lam_status status = lam_npz_add_int64(npz, LAM_FORMAT_ENTRY, NULL, &(int64_t){format});
	if (status)
		return status;
	char build[64];
	snprintf(build, sizeof build, "lamina %s %s %s", LAM_VERSION,
		sizeof(lam_real) == sizeof(float) ? "float" : "double", lam_kernel()->isa);
	return lam_npz_add_text(npz, LAM_BUILD_ENTRY, build);
}
