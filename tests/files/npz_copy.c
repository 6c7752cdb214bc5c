/* SPDX-License-Identifier: MIT */
/* npz_copy [-d] [-w] FROM TO reads every array and writes it again, so that numpy can compare the
 * files (tests/npz_numpy.sh). -d deflates, -w writes zip64 records. Reals are written as doubles,
 * integers and bools as int64, texts as texts. */
#include "framework/files/npz.h"
#include "framework/memory.h"

#include <stdio.h>
#include <string.h>

static lam_status copy_text(const lam_npz *from, int64_t index, lam_npz_writer *to)
{
	char *text = lam_npz_read_text(from, index, 1 << 20);
	lam_status status = text ? lam_npz_add_text(to, lam_npz_name(from, index), text)
				 : LAM_ERR_FORMAT;
	lam_free(text);
	return status;
}

/* Copies an array of numbers of any rank, even an empty one, piece by piece. */
static lam_status copy_numbers(const lam_npz *from, int64_t index, lam_npz_writer *to)
{
	lam_npy info = *lam_npz_info(from, index);
	bool real = info.kind == LAM_NPY_REAL;
	void *values = lam_alloc((size_t)info.count, 8);
	if (!values)
		return LAM_ERR_MEMORY;
	lam_status status = real ? lam_npz_read_double(from, index, values, info.count)
				 : lam_npz_read_int64(from, index, values, info.count);
	info.kind = real ? LAM_NPY_REAL : LAM_NPY_INT;
	info.item = 8;
	if (status == LAM_OK)
		status = lam_npz_begin(to, lam_npz_name(from, index), &info);
	if (status == LAM_OK)
		status = lam_npz_write(to, values, (size_t)info.count * 8);
	if (status == LAM_OK)
		status = lam_npz_end(to);
	lam_free(values);
	return status;
}

int main(int argc, char **argv)
{
	lam_zip_options options = {0};
	int at = 1;
	for (; at < argc && argv[at][0] == '-'; at++) {
		options.deflate |= strcmp(argv[at], "-d") == 0;
		options.zip64 |= strcmp(argv[at], "-w") == 0;
	}
	if (argc - at != 2) {
		fprintf(stderr, "usage: npz_copy [-d] [-w] FROM TO\n");
		return 2;
	}
	lam_status status = LAM_OK;
	lam_npz *from = lam_npz_open(argv[at]);
	lam_npz_writer *to = from ? lam_npz_create(argv[at + 1], &options) : NULL;
	if (!to)
		goto failed;
	for (int64_t i = 0; i < lam_npz_count(from) && status == LAM_OK; i++) {
		const lam_npy *info = lam_npz_info(from, i);
		status = !info                        ? LAM_ERR_FORMAT
			: info->kind == LAM_NPY_BYTES ? copy_text(from, i, to)
						      : copy_numbers(from, i, to);
	}
	if (status != LAM_OK)
		lam_npz_abandon(to);
	else
		status = lam_npz_finish(to);
	if (status != LAM_OK)
		goto failed;
	lam_npz_close(from);
	return 0;
failed:
	fprintf(stderr, "%s\n", lam_error());
	lam_npz_close(from);
	return 1;
}
