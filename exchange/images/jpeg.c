/* SPDX-License-Identifier: MIT */
/* JPEG files, by libjpeg. Its errors end in longjmp(), which goes from libjpeg's functions to
 * run(), and passes through none of ours but the callbacks: run() and what it calls hold nothing
 * that would be lost. */
#include "exchange/images/decode.h"

#ifdef LAM_HAVE_JPEG

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

/* Each scan of a progressive file costs a pass over the whole picture; programs write some ten. */
enum { MOST_SCANS = 100, EXIF_HEADER = 6, EXIF_MARKER = JPEG_APP0 + 1 };

struct decoder {
	lam_image_reader *reader;
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	struct jpeg_source_mgr source;
	lam_status status; /* a sentence of our own is set; LAM_OK: `text` says what is wrong */
	bool grey, no_memory;
	jmp_buf jump;
	char text[JMSG_LENGTH_MAX];
};

static void on_error(j_common_ptr common)
{
	struct decoder *d = common->client_data;
	d->no_memory = common->err->msg_code == JERR_OUT_OF_MEMORY;
	common->err->format_message(common, d->text);
	longjmp(d->jump, 1);
}

/* A warning is an error, unless it is about something that changes no pixel. */
static void on_message(j_common_ptr common, int level)
{
	if (level >= 0)
		return;
	switch (common->err->msg_code) {
	case JWRN_ADOBE_XFORM:
	case JWRN_EXTRANEOUS_DATA:
	case JWRN_JFIF_MAJOR:
	case JWRN_TOO_MUCH_DATA:
		return;
	default:
		on_error(common);
	}
}

static void print_nothing(j_common_ptr common)
{
	(void)common;
}

static void on_progress(j_common_ptr common)
{
	struct decoder *d = common->client_data;
	if (d->jpeg.input_scan_number <= MOST_SCANS)
		return;
	snprintf(d->text, sizeof d->text, "more than %d scans", MOST_SCANS);
	longjmp(d->jump, 1);
}

/* The source of bytes has them all, and no more. */
static void begin_source(j_decompress_ptr jpeg)
{
	(void)jpeg;
}

static boolean no_more(j_decompress_ptr jpeg)
{
	struct decoder *d = jpeg->client_data;
	snprintf(d->text, sizeof d->text, "it ends early");
	longjmp(d->jump, 1);
}

static void skip(j_decompress_ptr jpeg, long count)
{
	if (count <= 0)
		return;
	if ((size_t)count > jpeg->src->bytes_in_buffer)
		no_more(jpeg);
	jpeg->src->next_input_byte += count;
	jpeg->src->bytes_in_buffer -= (size_t)count;
}

/* Notes a failure that has a sentence of its own, and leaves. */
static void leave(struct decoder *d, lam_status status)
{
	d->status = status;
	longjmp(d->jump, 1);
}

static void begin(struct decoder *d)
{
	d->jpeg.err = jpeg_std_error(&d->errors);
	d->errors.error_exit = on_error;
	d->errors.emit_message = on_message;
	d->errors.output_message = print_nothing;
	d->jpeg.client_data = d;
	jpeg_create_decompress(&d->jpeg);
	d->jpeg.progress = &d->progress;
	d->progress.progress_monitor = on_progress;
	d->jpeg.src = &d->source;
	d->source = (struct jpeg_source_mgr){.next_input_byte = d->reader->bytes,
		.bytes_in_buffer = d->reader->size,
		.init_source = begin_source,
		.fill_input_buffer = no_more,
		.skip_input_data = skip,
		.resync_to_restart = jpeg_resync_to_restart,
		.term_source = begin_source};
	jpeg_save_markers(&d->jpeg, EXIF_MARKER, 0xffff);
}

static int orientation_of(const struct decoder *d)
{
	for (jpeg_saved_marker_ptr m = d->jpeg.marker_list; m; m = m->next)
		if (m->marker == EXIF_MARKER && m->data_length >= EXIF_HEADER
			&& memcmp(m->data, "Exif\0\0", EXIF_HEADER) == 0)
			return lam_exif_orientation(
				m->data + EXIF_HEADER, m->data_length - EXIF_HEADER);
	return 1;
}

static void read_header(struct decoder *d)
{
	struct jpeg_decompress_struct *jpeg = &d->jpeg;
	lam_picture *p = &d->reader->picture;
	jpeg_read_header(jpeg, TRUE);
	lam_status status = lam_image_check_size(d->reader, jpeg->image_width, jpeg->image_height);
	if (status)
		leave(d, status);
	switch (jpeg->jpeg_color_space) {
	case JCS_GRAYSCALE:
		jpeg->out_color_space = JCS_GRAYSCALE;
		break;
	case JCS_YCbCr:
		jpeg->out_color_space = d->grey ? JCS_GRAYSCALE : JCS_RGB;
		break;
	case JCS_RGB:
		jpeg->out_color_space = JCS_RGB;
		break;
	case JCS_CMYK:
	case JCS_YCCK:
		jpeg->out_color_space = JCS_CMYK;
		break;
	default:
		leave(d,
			lam_fail(LAM_ERR_FORMAT,
				"%s: is a JPEG file of %d channels that are no known colours",
				d->reader->name, jpeg->num_components));
	}
	p->width = (int)jpeg->image_width;
	p->height = (int)jpeg->image_height;
	p->orientation = orientation_of(d);
}

static void read_pixels(struct decoder *d)
{
	lam_image_reader *r = d->reader;
	lam_picture *p = &r->picture;
	jpeg_start_decompress(&d->jpeg);
	const size_t length = (size_t)p->width * (size_t)d->jpeg.output_components;
	uint8_t *pixels = lam_image_room(&r->pixels, length, (size_t)p->height);
	if (!pixels)
		leave(d, LAM_ERR_MEMORY);
	while (d->jpeg.output_scanline < d->jpeg.output_height) {
		JSAMPROW row = pixels + d->jpeg.output_scanline * length;
		jpeg_read_scanlines(&d->jpeg, &row, 1);
	}
	jpeg_finish_decompress(&d->jpeg);
	p->pixels = pixels;
}

/* False on failure. */
static bool run(struct decoder *d)
{
	if (setjmp(d->jump))
		return false;
	begin(d);
	read_header(d);
	read_pixels(d);
	return true;
}

lam_status lam_jpeg_decode(lam_image_reader *r, bool grey)
{
	struct decoder d = {.reader = r, .grey = grey};
	lam_picture *p = &r->picture;
	const bool done = run(&d);
	const int64_t count = (int64_t)p->width * p->height;
	const bool cmyk = d.jpeg.out_color_space == JCS_CMYK;
	const int channels = d.jpeg.output_components;
	jpeg_destroy_decompress(&d.jpeg);
	if (!done && d.status)
		return d.status;
	if (!done && d.no_memory)
		return lam_fail(LAM_ERR_MEMORY, "out of memory: %s", r->name);
	if (!done)
		return lam_fail(LAM_ERR_FORMAT, "%s: is a broken JPEG file: %s", r->name, d.text);
	p->channels = cmyk ? lam_image_convert_cmyk(r->pixels.at, count, grey)
			   : lam_image_convert(r->pixels.at, count, channels, grey);
	return LAM_OK;
}

#else

lam_status lam_jpeg_decode(lam_image_reader *r, bool grey)
{
	(void)grey;
	return lam_fail(LAM_ERR_UNSUPPORTED,
		"%s: is a JPEG file, and lamina was configured without libjpeg (Debian's package "
		"libjpeg62-turbo-dev)",
		r->name);
}

#endif
