/* SPDX-License-Identifier: MIT */
/* Files of images: which kind they are. */
#include "exchange/images/decode.h"

#include "framework/base/shown.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The most bytes of a file: FLOOR + PER_PIXEL for each pixel of the limit, which is 16 bits for
 * each of four channels. */
enum { FLOOR = 16 << 20, PER_PIXEL = 8 };

static lam_status decode(lam_image_reader *r, const lam_sample_size *size, uint8_t *sample)
{
	static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'},
			     jpeg[] = {0xff, 0xd8, 0xff};
	const bool grey = size->channels == 1;
	lam_status status;
	r->picture = (lam_picture){.orientation = 1};
	if (r->size >= sizeof png && memcmp(r->bytes, png, sizeof png) == 0)
		status = lam_png_decode(r, grey);
	else if (r->size >= sizeof jpeg && memcmp(r->bytes, jpeg, sizeof jpeg) == 0)
		status = lam_jpeg_decode(r, grey);
	else
		return lam_fail(LAM_ERR_FORMAT, "%s: is %s; expected a PNG or JPEG file", r->name,
			r->size ? "neither PNG nor JPEG, by its first bytes" : "empty");
	return status ? status : lam_image_resize(r, size, sample);
}

lam_status lam_image_load_bytes(lam_image_reader *r, const void *bytes, size_t count,
	const lam_sample_size *size, uint8_t *sample)
{
	r->name = "an image in memory";
	r->bytes = bytes;
	r->size = count;
	return decode(r, size, sample);
}

static lam_status read_all(lam_image_reader *r, int file)
{
	struct stat found;
	if (fstat(file, &found))
		return lam_fail(LAM_ERR_IO, "%s: cannot be read: %s", r->name, strerror(errno));
	if (!S_ISREG(found.st_mode))
		return lam_fail(LAM_ERR_IO, "%s: is no regular file", r->name);
	if ((int64_t)found.st_size / PER_PIXEL > r->pixel_limit + FLOOR / PER_PIXEL)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: has %" PRId64 " bytes, more than a picture of %" PRId64 " pixels",
			r->name, (int64_t)found.st_size, r->pixel_limit);
	uint8_t *bytes = lam_image_room(&r->file, (size_t)found.st_size + 1, 1);
	if (!bytes)
		return LAM_ERR_MEMORY;
	r->bytes = bytes;
	r->size = 0;
	while (r->size < (size_t)found.st_size) {
		const ssize_t got = read(file, bytes + r->size, (size_t)found.st_size - r->size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return lam_fail(
				LAM_ERR_IO, "%s: cannot be read: %s", r->name, strerror(errno));
		if (got == 0)
			break;
		r->size += (size_t)got;
	}
	return LAM_OK;
}

lam_status lam_image_load_file(
	lam_image_reader *r, const char *path, const lam_sample_size *size, uint8_t *sample)
{
	const lam_shown shown = lam_show_end(path);
	r->name = shown.text;
	const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file < 0)
		return lam_fail(LAM_ERR_IO, "%s: cannot be opened: %s", r->name, strerror(errno));
	lam_status status = read_all(r, file);
	close(file);
	return status ? status : decode(r, size, sample);
}
