/* SPDX-License-Identifier: MIT */
/* One image at a time: every kind of PNG and JPEG, its turn, and its size. */
#include "exchange/images/decode.h"
#include "exchange/images/lamina-image.h"

#include "tests/exchange/write_images.h"

enum { MOST = 64 * 64 * 4 };

static unsigned random_state = 1;

static unsigned char random_byte(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return (unsigned char)(random_state >> 24);
}

static void fill(unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = random_byte();
}

/* The byte that a value stands for; -1 if it is none. */
KIT_UNUSED static int byte_of(lam_real value)
{
	for (int b = 0; b < 256; b++)
		if (value == (lam_real)b / 255)
			return b;
	return -1;
}

KIT_UNUSED static int grey_of(const int *rgb)
{
	return (int)floor(0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2] + 0.5);
}

#ifdef LAM_HAVE_PNG

/* The byte that bits of a sample stand for. */
static int sample_of(const unsigned char *row, int depth, int i, bool scaled)
{
	if (depth == 16) {
		const int value = row[2 * i] << 8 | row[2 * i + 1];
		return (int)floor(value / 257.0 + 0.5);
	}
	const int per_byte = 8 / depth, shift = 8 - depth * (i % per_byte + 1);
	const int value = row[i / per_byte] >> shift & ((1 << depth) - 1);
	return scaled ? value * 255 / ((1 << depth) - 1) : value;
}

static int over_white(int value, int alpha)
{
	return (int)floor((value * alpha + 255.0 * (255 - alpha)) / 255 + 0.5);
}

/* Pixel i of a row as red, green and blue. */
static void pixel_of(const struct png_written *w, const unsigned char *row, int i, int *rgb)
{
	const bool alpha = w->type & PNG_COLOR_MASK_ALPHA, colour = w->type & PNG_COLOR_MASK_COLOR;
	if (w->type == PNG_COLOR_TYPE_PALETTE) {
		const int index = sample_of(row, w->depth, i, false);
		const png_color c = w->palette[index];
		const int a = index < w->alpha_count ? w->alphas[index] : 255;
		rgb[0] = over_white(c.red, a);
		rgb[1] = over_white(c.green, a);
		rgb[2] = over_white(c.blue, a);
		return;
	}
	const int colours = colour ? 3 : 1, channels = colours + alpha;
	const int a = alpha ? sample_of(row, w->depth, i * channels + colours, true) : 255;
	for (int c = 0; c < 3; c++)
		rgb[c] = over_white(
			sample_of(row, w->depth, i * channels + (colour ? c : 0), true), a);
}

static void check_png(const struct png_written *w)
{
	static unsigned char rows[MOST * 2];
	static lam_real x[MOST];
	const int channels = w->type == PNG_COLOR_TYPE_RGB ? 3
		: w->type == PNG_COLOR_TYPE_RGB_ALPHA      ? 4
		: w->type == PNG_COLOR_TYPE_GRAY_ALPHA     ? 2
							   : 1;
	const int length = (w->width * channels * w->depth + 7) / 8;
	fill(rows, (size_t)(length * w->height));
	struct bytes file = write_png(w, rows);
	const int plane = w->width * w->height;
	for (int wanted = 1; wanted <= 3; wanted += 2) {
		check_ok(lam_image_decode(
			file.data, file.count, LAM_SHAPE(wanted, w->height, w->width), x));
		for (int i = 0; i < plane; i++) {
			int rgb[3];
			pixel_of(w, rows + i / w->width * length, i % w->width, rgb);
			const bool grey = !(w->type & PNG_COLOR_MASK_COLOR);
			if (wanted == 1)
				check(abs(byte_of(x[i]) - (grey ? rgb[0] : grey_of(rgb))) <= !grey,
					"pixel %d is %d", i, byte_of(x[i]));
			for (int c = 0; c < 3 && wanted == 3; c++)
				check(byte_of(x[c * plane + i]) == rgb[c],
					"pixel %d of channel %d is %d, not %d", i, c,
					byte_of(x[c * plane + i]), rgb[c]);
		}
	}
	free(file.data);
}

static void every_png(void)
{
	static const struct {
		int type, least, most;
	} types[] = {{PNG_COLOR_TYPE_GRAY, 1, 16}, {PNG_COLOR_TYPE_RGB, 8, 16},
		{PNG_COLOR_TYPE_GRAY_ALPHA, 8, 16}, {PNG_COLOR_TYPE_RGB_ALPHA, 8, 16},
		{PNG_COLOR_TYPE_PALETTE, 1, 8}};
	static const int widths[] = {1, 7, 19};
	static png_color palette[256];
	static unsigned char alphas[100];
	fill((unsigned char *)palette, sizeof palette);
	fill(alphas, sizeof alphas);
	for (size_t t = 0; t < sizeof types / sizeof *types; t++)
		for (int depth = types[t].least; depth <= types[t].most; depth *= 2)
			for (int k = 0; k < 6; k++) {
				struct png_written w = {.type = types[t].type,
					.depth = depth,
					.width = widths[k / 2],
					.height = 11,
					.interlaced = k % 2};
				const bool has_palette = w.type == PNG_COLOR_TYPE_PALETTE;
				w.palette = has_palette ? palette : NULL;
				w.colours = 1 << (depth < 8 ? depth : 8);
				w.alphas = has_palette && k > 1 ? alphas : NULL;
				w.alpha_count = !w.alphas ? 0 : depth < 8 ? 1 : 100;
				test_begin("type %d, %d bits, width %d%s", w.type, depth, w.width,
					k % 2 ? ", interlaced" : "");
				check_png(&w);
			}
}

#else
static void every_png(void)
{
	test_skip("configured without libpng");
}
#endif

#ifdef LAM_HAVE_JPEG

/* Smooth, so that little is lost. */
static void fill_smooth(unsigned char *pixels, int width, int height, int channels)
{
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			for (int c = 0; c < channels; c++)
				*pixels++ = (unsigned char)(40 + c * 50 + x * (3 - c)
					+ y * (c + 1));
}

/* What a pixel of a CMYK file is, inverted as Adobe's programs store it. */
static int cmyk(const unsigned char *pixel, int c)
{
	return (int)floor(pixel[c] * pixel[3] / 255.0 + 0.5);
}

static void every_jpeg(void)
{
	static const struct jpeg_written kinds[] = {{.channels = 1}, {.channels = 3},
		{.channels = 4}, {.channels = 1, .progressive = true},
		{.channels = 3, .progressive = true}, {.channels = 3, .rgb = true}};
	static unsigned char pixels[MOST];
	static lam_real x[MOST];
	enum { WIDTH = 21, HEIGHT = 13, PLANE = WIDTH * HEIGHT };
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		struct jpeg_written w = kinds[k];
		w.width = WIDTH;
		w.height = HEIGHT;
		test_begin("%d channels%s%s", w.channels, w.progressive ? ", progressive" : "",
			w.rgb ? ", as RGB" : "");
		fill_smooth(pixels, WIDTH, HEIGHT, w.channels);
		struct bytes file = write_jpeg(&w, pixels);
		for (int wanted = 1; wanted <= 3; wanted += 2) {
			check_ok(lam_image_decode(
				file.data, file.count, LAM_SHAPE(wanted, HEIGHT, WIDTH), x));
			for (int i = 0; i < PLANE; i++) {
				const unsigned char *p = pixels + i * w.channels;
				int rgb[3];
				for (int c = 0; c < 3; c++)
					rgb[c] = w.channels == 1  ? p[0]
						: w.channels == 3 ? p[c]
								  : cmyk(p, c);
				for (int c = 0; c < wanted; c++)
					check_near((double)x[c * PLANE + i] * 255,
						wanted == 1 ? grey_of(rgb) : rgb[c], 3.5);
			}
		}
		free(file.data);
	}
}

#else
static void every_jpeg(void)
{
	test_skip("configured without libjpeg");
}
#endif

/* The position in the stored picture of pixel (y, x) of the one that is seen, by the text of EXIF:
 * where row 0 and column 0 of the stored picture are seen. */
static void stored_place(
	int orientation, int height, int width, int y, int x, int *row, int *column)
{
	static const struct {
		char row, column; /* top, bottom, left, right */
	} seen[] = {{'t', 'l'}, {'t', 'r'}, {'b', 'r'}, {'b', 'l'}, {'l', 't'}, {'r', 't'},
		{'r', 'b'}, {'l', 'b'}};
	const int from[128] = {['t'] = y, ['b'] = height - 1 - y, ['l'] = x, ['r'] = width - 1 - x};
	*row = from[(int)seen[orientation - 1].row];
	*column = from[(int)seen[orientation - 1].column];
}

/* `file` holds `pixels` of stored_width, turned. */
KIT_UNUSED static void check_turn(struct bytes file, const unsigned char *pixels, int orientation,
	int height, int width, double tolerance)
{
	static lam_real x[MOST];
	const int stored_width = orientation > 4 ? height : width;
	check_ok(lam_image_decode(file.data, file.count, LAM_SHAPE(1, height, width), x));
	for (int i = 0; i < height * width; i++) {
		int row, column;
		stored_place(orientation, height, width, i / width, i % width, &row, &column);
		check_near((double)x[i] * 255, pixels[row * stored_width + column], tolerance);
	}
	free(file.data);
}

static void orientations(void)
{
	enum { HEIGHT = 10, WIDTH = 16 };
	unsigned char pixels[HEIGHT * WIDTH];
	for (int i = 0; i < HEIGHT * WIDTH; i++)
		pixels[i] = (unsigned char)(i + i % WIDTH * 4);
	for (int o = 1; o <= 8; o++) {
		const bool lies = o > 4;
		const int width = lies ? HEIGHT : WIDTH, height = lies ? WIDTH : HEIGHT;
		(void)pixels;
		(void)width;
		(void)height;
		test_begin("%d", o);
#ifdef LAM_HAVE_PNG
		const struct png_written png = {.type = PNG_COLOR_TYPE_GRAY,
			.depth = 8,
			.width = width,
			.height = height,
			.orientation = o};
		check_turn(write_png(&png, pixels), pixels, o, HEIGHT, WIDTH, 1e-4);
#endif
#ifdef LAM_HAVE_JPEG
		for (int big = 0; big < 2; big++) {
			const struct jpeg_written jpeg = {.channels = 1,
				.width = width,
				.height = height,
				.orientation = o + 16 * big};
			check_turn(write_jpeg(&jpeg, pixels), pixels, o, HEIGHT, WIDTH, 3.5);
		}
#endif
	}
}

/* The mean of the areas of source pixels that destination pixel d covers, or the line between two
 * centres, as books have it: weight of each source pixel. */
static double weight_of(int from, int to, int d, int s)
{
	const double scale = (double)from / to;
	if (to <= from) {
		const double left = fmax(d * scale, s), right = fmin((d + 1) * scale, s + 1);
		return right > left ? (right - left) / scale : 0;
	}
	const double p = fmin(fmax((d + 0.5) * scale - 0.5, 0), from - 1);
	return fmax(0, 1 - fabs(p - s));
}

static void check_size(int channels, int h, int w, int height, int width)
{
	static unsigned char pixels[MOST], sample[MOST];
	fill(pixels, (size_t)(channels * h * w));
	lam_image_reader reader = {.picture = {.pixels = pixels,
					   .width = w,
					   .height = h,
					   .channels = channels,
					   .orientation = 1}};
	check_ok(lam_image_resize(&reader,
		&(lam_sample_size){.channels = 3, .height = height, .width = width}, sample));
	for (int c = 0; c < 3; c++)
		for (int y = 0; y < height; y++)
			for (int x = 0; x < width; x++) {
				double mean = 0;
				for (int s = 0; s < h * w; s++)
					mean += weight_of(h, height, y, s / w)
						* weight_of(w, width, x, s % w)
						* pixels[s * channels + (channels == 3 ? c : 0)];
				check_near(sample[(c * height + y) * width + x], mean, 0.5 + 1e-9);
			}
	lam_image_reader_free(&reader);
}

static void sizes(void)
{
	static const int given[][4] = {{1, 1, 1, 1}, {1, 1, 5, 4}, {8, 8, 4, 4}, {9, 7, 4, 3},
		{3, 5, 7, 11}, {12, 3, 5, 8}, {2, 20, 9, 6}, {30, 30, 1, 1}, {16, 16, 16, 16},
		{64, 64, 63, 61}, {10, 11, 10, 5}};
	for (size_t i = 0; i < sizeof given / sizeof *given; i++)
		for (int channels = 1; channels <= 3; channels += 2) {
			const int *g = given[i];
			test_begin("%d channels, %dx%d to %dx%d", channels, g[0], g[1], g[2], g[3]);
			check_size(channels, g[0], g[1], g[2], g[3]);
		}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(every_png), TEST(every_jpeg), TEST(orientations), TEST(sizes)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
