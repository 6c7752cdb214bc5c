/* SPDX-License-Identifier: MIT */
/* Archives of arrays with corrected checksums: every array is found by name, and read as each kind
 * of number, as bytes and as a text. */
#include "framework/files/npz.h"
#include "tests/fuzz/fuzz_zip.h"

enum { FLOOR = 1 << 20, PER_BYTE = 64, MOST = 1 << 12 /* values of arrays that are read here */ };

FUZZ_TARGET(npz)
{
	static union {
		lam_real real[MOST];
		double wide[MOST];
		int64_t integer[MOST];
		char bytes[8 * MOST];
	} out;
	uint8_t *archive = fuzz_repaired(data, size);
	const char *path = fuzz_path(archive, size);
	fuzz_begin(FLOOR, PER_BYTE, size);
	lam_npz *npz = lam_npz_open(path);
	for (int64_t i = 0; npz && i < lam_npz_count(npz) && i < 64; i++) {
		const lam_npy *info = lam_npz_info(npz, i);
		lam_shape shape;
		if (lam_npz_find(npz, lam_npz_name(npz, i)) != i)
			fuzz_wrong("an array is not found by its name");
		lam_free(lam_npz_read_text(npz, i, MOST));
		if (!info || info->count > MOST)
			continue;
		lam_npy_shape(info, &shape);
		lam_npz_read_real(npz, i, out.real, info->count);
		lam_npz_read_double(npz, i, out.wide, info->count);
		lam_npz_read_int64(npz, i, out.integer, info->count);
		if (lam_npy_bytes(info) <= sizeof out.bytes)
			lam_npz_read_bytes(npz, i, out.bytes, lam_npy_bytes(info));
	}
	lam_npz_close(npz);
	free(archive);
	return fuzz_end();
}
