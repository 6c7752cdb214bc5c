/* SPDX-License-Identifier: MIT */
/* Images that cannot be read: cut, changed, too large, of another kind, with too little memory. */
#include "exchange/images/decode.h"
#include "exchange/images/lamina-image.h"

#include "tests/exchange/write_images.h"

static void fill(unsigned char *bytes, size_t count)
{
	unsigned state = 1;
	for (size_t i = 0; i < count; i++) {
		state = state * 1664525 + 1013904223;
		bytes[i] = (unsigned char)(state >> 24);
	}
}

static void damaged_exif(void)
{
	unsigned char good[64], bad[64];
	const size_t size = write_exif(good, 6, false);
	check(lam_exif_orientation(good, size) == 6);
	for (size_t cut = 0; cut < size; cut++) {
		unsigned char *part = malloc(cut + 1); /* for a sanitizer to see its end */
		memcpy(part, good, cut);
		check(lam_exif_orientation(part, cut) == (cut < 34 ? 1 : 6), "cut %zu", cut);
		free(part);
	}
	for (size_t i = 0; i < size; i++)
		for (int value = 0; value < 256; value++) {
			memcpy(bad, good, size);
			bad[i] = (unsigned char)value;
			const int o = lam_exif_orientation(bad, size);
			check(o >= 1 && o <= 8);
		}
}

/* Whatever is cut or changed: no crash, and where it is refused a sentence. */
KIT_UNUSED static void check_damage(struct bytes file, const char *cut_words)
{
	static lam_real x[3 * 8 * 8];
	for (size_t cut = 0; cut < file.count; cut++) {
		unsigned char *part = malloc(cut + 1);
		memcpy(part, file.data, cut);
		check_fails(lam_image_decode(part, cut, LAM_SHAPE(3, 8, 8), x), LAM_ERR_FORMAT,
			cut > 8 ? cut_words : "an image in memory: is ");
		free(part);
	}
	for (size_t i = 0; i < file.count; i++)
		for (int bit = 0; bit < 8; bit += 3) {
			file.data[i] ^= (unsigned char)(1 << bit);
			lam_status status = lam_image_decode(
				file.data, file.count, LAM_SHAPE(3, 8, 8), x);
			check(!status || status == LAM_ERR_FORMAT, "byte %zu: %s", i, lam_error());
			file.data[i] ^= (unsigned char)(1 << bit);
		}
	free(file.data);
}

static void damage(void)
{
	unsigned char pixels[20 * 20 * 3];
	fill(pixels, sizeof pixels);
#ifdef LAM_HAVE_PNG
	check_damage(write_plain_png(pixels, 20, 10, 3), "is a broken PNG file: ");
#endif
#ifdef LAM_HAVE_JPEG
	for (int progressive = 0; progressive < 2; progressive++)
		check_damage(write_jpeg(&(struct jpeg_written){.width = 20,
						.height = 10,
						.channels = 3,
						.progressive = progressive,
						.orientation = 3},
				     pixels),
			"is a broken JPEG file: ");
#endif
}

static void wrong_calls(void)
{
	lam_real x[3];
	const lam_shape one = LAM_SHAPE(3, 1, 1);
	file_write(file_path("empty.png"), "", 0);
	file_write(file_path("text.png"), "Not an image.", 13);
	check_fails(lam_image_read(NULL, one, x), LAM_ERR_ARGUMENT, "the path is NULL");
	check_fails(lam_image_read("a", one, NULL), LAM_ERR_ARGUMENT, "values is NULL");
	check_fails(lam_image_decode(NULL, 1, one, x), LAM_ERR_ARGUMENT, "bytes is NULL");
	check_fails(lam_image_read("a", LAM_SHAPE(2, 1, 1), x), LAM_ERR_SHAPE,
		"the shape is 2x1x1; expected 1 or 3 x height x width");
	check_fails(lam_image_read("a", LAM_SHAPE(3, 1), x), LAM_ERR_SHAPE, "3x1;");
	check_fails(lam_image_read("a", LAM_SHAPE(3, 1, 70000), x), LAM_ERR_SHAPE, "70000");
	check_fails(
		lam_image_read(file_path("none.png"), one, x), LAM_ERR_IO, "none.png: cannot be");
	check_fails(lam_image_read(files_folder, one, x), LAM_ERR_IO, "is no regular file");
	check_fails(lam_image_read(file_path("empty.png"), one, x), LAM_ERR_FORMAT,
		"empty.png: is empty; expected a PNG or JPEG file");
	check_fails(lam_image_read(file_path("text.png"), one, x), LAM_ERR_FORMAT,
		"text.png: is neither PNG nor JPEG");
}

/* A picture of 2^31 pixels that says so in a few bytes. */
static void bombs(void)
{
	lam_real x[3];
#ifdef LAM_HAVE_PNG
	static const unsigned char png[] =
		"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x80\0\0\1\0\0\10\2\0\0\0????"
		"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82";
	unsigned char fixed[sizeof png];
	memcpy(fixed, png, sizeof png);
	const uint32_t crc = (uint32_t)crc32(0, fixed + 12, 17);
	for (int i = 0; i < 4; i++)
		fixed[29 + i] = (unsigned char)(crc >> (24 - 8 * i));
	check_fails(lam_image_decode(fixed, sizeof fixed - 1, LAM_SHAPE(3, 1, 1), x),
		LAM_ERR_FORMAT,
		"is a picture of 32768 x 65536 pixels; expected at most 67108864 pixels");
#endif
#ifdef LAM_HAVE_JPEG
	unsigned char pixels[8 * 8] = {0};
	struct bytes file = write_jpeg(
		&(struct jpeg_written){.width = 8, .height = 8, .channels = 1}, pixels);
	for (size_t i = 0; i + 8 < file.count; i++)
		if (file.data[i] == 0xff && file.data[i + 1] == 0xc0) {
			memset(file.data + i + 5, 0xfe, 4);
			break;
		}
	check_fails(lam_image_decode(file.data, file.count, LAM_SHAPE(3, 1, 1), x), LAM_ERR_FORMAT,
		"is a picture of 65278 x 65278 pixels");
	free(file.data);
#endif
	(void)x;
}

#ifdef LAM_HAVE_PNG
static size_t largest; /* bytes of an allocation */

static void *measure(void *data, size_t align, size_t bytes)
{
	if (bytes > largest)
		largest = bytes;
	return kit_allocate(data, align, bytes);
}
#endif

/* A chunk of 100 MB in a file of some bytes takes no memory. */
static void long_chunks(void)
{
#ifdef LAM_HAVE_PNG
	lam_real x[3];
	unsigned char pixels[8] = {0};
	struct bytes file = write_png(&(struct png_written){.type = PNG_COLOR_TYPE_GRAY,
					      .depth = 8,
					      .width = 2,
					      .height = 2,
					      .orientation = 3},
		pixels);
	file.data[33] = 6; /* the length of the chunk behind IHDR */
	lam_set_allocator(&(lam_allocator){measure, kit_release, NULL});
	check_fails(lam_image_decode(file.data, file.count, LAM_SHAPE(3, 1, 1), x), LAM_ERR_FORMAT,
		"an image in memory: is a broken PNG file: it ends early");
	lam_set_allocator(&(lam_allocator){kit_allocate, kit_release, NULL});
	check(largest < 1 << 20, "%zu bytes", largest);
	free(file.data);
#endif
}

static long long allowed; /* allocations before the next one fails */

static void *scarce(void *data, size_t align, size_t bytes)
{
	return allowed-- > 0 ? kit_allocate(data, align, bytes) : NULL;
}

/* Each allocation fails once. */
KIT_UNUSED static void check_scarce(struct bytes file)
{
	lam_real x[3 * 4 * 4];
	lam_status status = LAM_ERR_MEMORY;
	int tries = 0;
	for (; status && tries < 1000; tries++) {
		allowed = tries;
		lam_set_allocator(&(lam_allocator){scarce, kit_release, NULL});
		status = lam_image_decode(file.data, file.count, LAM_SHAPE(3, 4, 4), x);
		check(!status || status == LAM_ERR_MEMORY, "%s", lam_error());
	}
	lam_set_allocator(&(lam_allocator){kit_allocate, kit_release, NULL});
	check(!status && tries > 3, "%d tries", tries);
	free(file.data);
}

static void scarce_memory(void)
{
	unsigned char pixels[20 * 20 * 3];
	fill(pixels, sizeof pixels);
#ifdef LAM_HAVE_PNG
	check_scarce(write_plain_png(pixels, 20, 20, 3));
#endif
#ifdef LAM_HAVE_JPEG
	check_scarce(write_jpeg(
		&(struct jpeg_written){.width = 20, .height = 20, .channels = 3}, pixels));
#endif
}

/* Without its library, a kind is refused in words. */
static void missing_library(void)
{
	lam_real x[3];
#ifndef LAM_HAVE_PNG
	check_fails(lam_image_decode("\x89PNG\r\n\x1a\n", 8, LAM_SHAPE(3, 1, 1), x),
		LAM_ERR_UNSUPPORTED, "configured without libpng (Debian's package libpng-dev)");
#endif
#ifndef LAM_HAVE_JPEG
	check_fails(lam_image_decode("\xff\xd8\xff", 3, LAM_SHAPE(3, 1, 1), x), LAM_ERR_UNSUPPORTED,
		"without libjpeg (Debian's package libjpeg62-turbo-dev)");
#endif
	(void)x;
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(damaged_exif), TEST(damage), TEST(wrong_calls),
		TEST(bombs), TEST(long_chunks), TEST(scarce_memory), TEST(missing_library)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
