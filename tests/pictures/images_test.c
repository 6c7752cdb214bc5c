/* SPDX-License-Identifier: MIT */
/* Pictures of pixels: they are valid PNG, show what they are given, and appear whole or not at all;
 * images and curves in terminals. */
#include "exchange/pictures/pictures.h"
#include "framework/net.h"
#include "layers/layers.h"

#include "tests/pictures/read_png.h"

#include <signal.h>
#include <sys/resource.h>

enum { EDGE = 8 }; /* left and above of the first image */

static const char *path(void)
{
	return file_path("x.png");
}

static void pixels_are_values(void)
{
	const lam_real x[] = {0, 1, 2, 4, 4, 4, 2, 0}; /* two images of 2 x 2 */
	check_ok(lam_picture_images(path(), x, 2, LAM_SHAPE(2, 2), .scale = 3, .columns = 2));
	struct png png = png_read(path());
	require(png.pixels != NULL);
	check(png.width == 6 + 2 * (6 + 4 + 6) && png.height == 6 + 6 + 4 + 6, "%u x %u", png.width,
		png.height);
	for (uint32_t i = 0; i < 4; i++)
		for (uint32_t k = 0; k < 2; k++) {
			const uint32_t grey = (uint32_t)(255 * (double)x[4 * k + i] / 4 + 0.5);
			check(png_pixel(&png, EDGE + 16 * k + i % 2 * 3 + 2, EDGE + i / 2 * 3)
				== grey * 0x10101);
		}
	check(png_pixel(&png, 0, 0) == 0xffffff);
	free(png.pixels);
}

static void colours_are_channels(void)
{
	const lam_real x[] = {1, 0, 0, 1, 0, (lam_real)0.5};
	check_ok(lam_picture_images(
		path(), x, 1, LAM_SHAPE(3, 1, 2), .scale = 1, .black = 0, .white = 1));
	struct png png = png_read(path());
	require(png.pixels != NULL);
	check(png_pixel(&png, EDGE, EDGE) == 0xff0000, "%06x", png_pixel(&png, EDGE, EDGE));
	check(png_pixel(&png, EDGE + 1, EDGE) == 0x00ff80);
	free(png.pixels);
}

static void labels_are_coloured(void)
{
	const lam_real x[4] = {0};
	const char *const labels[] = {"A", "\xc3\xa4 <script>", NULL, ""};
	const lam_verdict verdicts[] = {
		LAM_VERDICT_RIGHT, LAM_VERDICT_WRONG, LAM_VERDICT_NONE, LAM_VERDICT_RIGHT};
	check_ok(lam_picture_images(path(), x, 4, LAM_SHAPE(1, 1), .labels = labels,
		.verdicts = verdicts, .columns = 4));
	struct png png = png_read(path());
	require(png.pixels != NULL);
	int green = 0, red = 0, black = 0;
	for (uint32_t i = 0; i < png.width * png.height; i++) {
		const uint32_t pixel = png_pixel(&png, i % png.width, i / png.width);
		green += pixel == 0x1a7f37;
		red += pixel == 0xcf222e;
		black += pixel == 0x1f2328;
	}
	const int frame = 4 * 2 * (64 + 2), dots_of_a = 18 * 4;
	check(green == 2 * frame + dots_of_a, "%d green", green);
	check(red > frame && black == 0, "%d red, %d black", red, black);
	free(png.pixels);
}

static void sizes_and_values(void)
{
	static lam_real x[3 * 70 * 70];
	const lam_real huge = sizeof(lam_real) == 4 ? (lam_real)3e38 : (lam_real)1.7e308;
	const struct {
		const char *name;
		int64_t count;
		lam_shape shape;
		lam_real first, others;
	} rows[] = {{"none", 0, LAM_SHAPE(28, 28), 0, 0}, {"one pixel", 1, LAM_SHAPE(1, 1), 5, 5},
		{"NaN", 2, LAM_SHAPE(1, 3, 3), NAN, NAN},
		{"infinities", 2, LAM_SHAPE(3, 3, 3), -INFINITY, INFINITY},
		{"huge", 2, LAM_SHAPE(3, 3), -huge, huge}, {"flat", 1, LAM_SHAPE(1, 4000), 0, 1},
		{"high", 1, LAM_SHAPE(4000, 1), 0, 1}, {"colour", 1, LAM_SHAPE(3, 70, 70), 0, 1}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		test_begin("%s", rows[i].name);
		for (size_t k = 0; k < sizeof x / sizeof *x; k++)
			x[k] = k % 3 ? rows[i].others : rows[i].first;
		check_ok(lam_picture_images(path(), x, rows[i].count, rows[i].shape,
			.below = i % 2 ? x : NULL, .heat = rows[i].count ? x : NULL,
			.heat_shape = LAM_SHAPE(2, 2)));
		struct png png = png_read(path());
		check(png.pixels != NULL);
		free(png.pixels);
	}
}

static void maps_lie_over_images(void)
{
	const lam_real x[16] = {0}, heat[] = {0, 1, 0, 1}, nan[] = {NAN, 1, 0, 1};
	check_ok(lam_picture_images(path(), x, 1, LAM_SHAPE(4, 4), .scale = 4, .black = -1,
		.white = 1, .heat = heat, .heat_shape = LAM_SHAPE(1, 2, 2)));
	struct png png = png_read(path());
	require(png.pixels != NULL);
	const uint32_t cold = png_pixel(&png, EDGE, EDGE), hot = png_pixel(&png, EDGE + 15, EDGE);
	check(cold == 0x808080, "%06x", cold);
	check(hot >> 16 > 200 && (hot >> 8 & 255) > 180 && (hot & 255) < 120, "%06x", hot);
	free(png.pixels);
	check_ok(lam_picture_images(path(), x, 1, LAM_SHAPE(4, 4), .scale = 4, .heat = nan,
		.heat_shape = LAM_SHAPE(2, 2)));
	png = png_read(path());
	require(png.pixels != NULL);
	check(png_pixel(&png, EDGE, EDGE) == 0xff00ff);
	free(png.pixels);
}

static void a_flat_map_has_no_colour(void)
{
	const lam_real x[16] = {0}, heat[4] = {3, 3, 3, 3};
	check_ok(lam_picture_images(path(), x, 1, LAM_SHAPE(4, 4), .scale = 1, .black = -1,
		.white = 1, .heat = heat, .heat_shape = LAM_SHAPE(2, 2)));
	struct png png = png_read(path());
	require(png.pixels != NULL);
	for (uint32_t i = 0; i < 16; i++)
		check(png_pixel(&png, EDGE + i % 4, EDGE + i / 4) == 0x808080);
	free(png.pixels);
}

/* Bytes that are no UTF-8 are a box each, as characters other than ASCII are. */
static void labels_may_be_any_bytes(void)
{
	const lam_real x[1] = {0};
	struct png png[2];
	const char *const labels[2] = {"\x80\x80 ab\xff", "\xc3\xa4\xc3\xa4 ab\x01"};
	for (int i = 0; i < 2; i++) {
		check_ok(lam_picture_images(path(), x, 1, LAM_SHAPE(1, 1), .labels = labels + i));
		png[i] = png_read(path());
		require(png[i].pixels != NULL);
	}
	require(png[0].width == png[1].width && png[0].height == png[1].height);
	for (uint32_t i = 0; i < png[0].width * png[0].height; i++)
		require(png_pixel(&png[0], i % png[0].width, i / png[0].width)
			== png_pixel(&png[1], i % png[1].width, i / png[1].width));
	free(png[0].pixels);
	free(png[1].pixels);
}

static void black_may_be_the_larger_value(void)
{
	const lam_real x[3] = {0, 51, 255};
	check_ok(lam_picture_images(
		path(), x, 1, LAM_SHAPE(1, 3), .bare = true, .scale = 1, .black = 255));
	struct png png = png_read(path());
	require(png.pixels != NULL);
	for (uint32_t i = 0; i < 3; i++)
		check(png_pixel(&png, i, 0) == (255 - (uint32_t)x[i]) * 0x10101);
	free(png.pixels);
}

static void bare_images_are_their_pixels(void)
{
	const lam_real x[12] = {0, 51, 102, 153, 204, 255, 255, 204, 153, 102, 51, 0};
	check_ok(lam_picture_images(path(), x, 2, LAM_SHAPE(2, 3), .bare = true, .scale = 1,
		.columns = 2, .black = 0, .white = 255));
	struct png png = png_read(path());
	require(png.pixels != NULL);
	check(png.width == 6 && png.height == 2, "%u x %u", png.width, png.height);
	for (uint32_t i = 0; i < 12; i++)
		check(png_pixel(&png, i / 6 * 3 + i % 3, i % 6 / 3) == (uint32_t)x[i] * 0x10101);
	free(png.pixels);
	check_ok(lam_picture_images(path(), x, 1, LAM_SHAPE(2, 3), .bare = true, .scale = 2,
		.below = x + 6, .black = 0, .white = 255));
	png = png_read(path());
	require(png.pixels != NULL);
	check(png.width == 6 && png.height == 8, "%u x %u", png.width, png.height);
	check(png_pixel(&png, 0, 3) == 0x999999 && png_pixel(&png, 0, 4) == 0xffffff);
	free(png.pixels);
}

static void wrong_images_are_refused(void)
{
	const lam_real x[4] = {0};
	const lam_shape flat = LAM_SHAPE(2, 2);
	check_fails(lam_picture_images(NULL, x, 1, flat), LAM_ERR_ARGUMENT, "path is NULL");
	check_fails(
		lam_picture_images(path(), NULL, 1, flat), LAM_ERR_ARGUMENT, "1 images at NULL");
	check_fails(lam_picture_images(path(), x, -1, flat), LAM_ERR_ARGUMENT, "-1 images");
	check_fails(lam_picture_images(path(), x, 1, LAM_SHAPE(4)), LAM_ERR_SHAPE,
		"the shape is 4; expected HxW, 1xHxW or 3xHxW");
	check_fails(lam_picture_images(path(), x, 1, LAM_SHAPE(2, 2, 1)), LAM_ERR_SHAPE, "2x2x1");
	check_fails(lam_picture_images(path(), x, 1, flat, .heat = x, .heat_shape = LAM_SHAPE(4)),
		LAM_ERR_SHAPE, ".heat_shape is 4");
	check_fails(lam_picture_images(path(), x, 1, flat, .scale = -1), LAM_ERR_ARGUMENT,
		".scale is -1");
	check_fails(lam_picture_images(path(), x, 1, flat, .scale = 1000, .columns = -2),
		LAM_ERR_ARGUMENT, ".columns is -2");
	check_fails(lam_picture_images(
			    path(), x, 1, flat, .bare = true, .labels = (const char *const[]){"a"}),
		LAM_ERR_ARGUMENT, ".bare leaves no space");
	check_fails(lam_picture_images(path(), x, 1, flat, .bare = true,
			    .verdicts = (const lam_verdict[]){LAM_VERDICT_NONE}),
		LAM_ERR_ARGUMENT, ".bare leaves no space");
	check_fails(lam_picture_images(path(), x, 1, flat, .black = NAN, .white = 1),
		LAM_ERR_ARGUMENT, ".black is nan and .white is 1; expected finite values");
	check_fails(lam_picture_images(path(), x, 1, flat, .white = INFINITY), LAM_ERR_ARGUMENT,
		".white is inf");
	static lam_real many[100000];
	check_fails(lam_picture_images(path(), many, 100000, LAM_SHAPE(1, 1), .scale = 100),
		LAM_ERR_ARGUMENT, "pixels; expected at most 67108864");
	check(!file_exists(path()) && !file_exists(file_path("x.png.tmp")));
}

static void failed_writes_leave_the_old_file(void)
{
	static lam_real x[100 * 28 * 28];
	for (size_t i = 0; i < sizeof x / sizeof *x; i++)
		x[i] = (lam_real)(i * 7919 % 1009);
	check_fails(lam_picture_images(file_path("nowhere/x.png"), x, 1, LAM_SHAPE(28, 28)),
		LAM_ERR_IO, "No such file");
	file_write(path(), "old", 3);
	struct rlimit before, small;
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 10000;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	check_fails(
		lam_picture_images(path(), x, 100, LAM_SHAPE(28, 28)), LAM_ERR_IO, "cannot write");
	setrlimit(RLIMIT_FSIZE, &before);
	check(file_holds(path(), "old") && !file_exists(file_path("x.png.tmp")));
}

static void filters_are_drawn(void)
{
	lam_net *net = lam_net_create(lam_sequential(lam_conv2d(.out = 4, .kernel = {3}),
					      lam_conv2d(.out = 70, .kernel = {1, 2}),
					      lam_flatten(), lam_affine(.out = 2)),
		LAM_SHAPE(3, 8, 8));
	lam_net *line = lam_net_create(lam_conv1d(.out = 5, .kernel = 9), LAM_SHAPE(2, 20));
	require(net && line, "%s", lam_error());
	lam_param_edit(lam_net_param(net, 0))[0] = NAN;
	check_ok(lam_picture_filters(path(), lam_net_param(net, 0)));
	struct png png = png_read(path());
	check(png.pixels && png.width == 3 * (39 + 4) + 4 && png.height == 2 * (39 + 4) + 4,
		"%u x %u", png.width, png.height);
	check(png.pixels && png_pixel(&png, 5, 5) == 0xff00ff);
	free(png.pixels);
	check_ok(lam_picture_filters(path(), lam_net_param(net, 2)));
	free(png_read(path()).pixels);
	check_ok(lam_picture_filters(path(), lam_net_param(line, 0)));
	free(png_read(path()).pixels);
	check_fails(lam_picture_filters(path(), lam_net_find(net, "3.weight")), LAM_ERR_SHAPE,
		"parameter '3.weight' is 2x");
	check_fails(lam_picture_filters(path(), NULL), LAM_ERR_ARGUMENT, "parameter is NULL");
	lam_net_free(net);
	lam_net_free(line);
}

/* What lam_terminal_image() writes; the caller frees it. */
static char *written(const lam_real *x, lam_shape shape, int columns, lam_colours colours)
{
	char *text = NULL;
	size_t count;
	FILE *out = open_memstream(&text, &count);
	check_ok(lam_terminal_image(out, x, shape, columns, colours));
	fclose(out);
	return text;
}

static void terminals_show_images(void)
{
	const lam_real x[] = {0, 1, 0, 1, NAN, 1, 1, 0}, one = 3;
	char *text = written(x, LAM_SHAPE(2, 2), 0, LAM_COLOURS_PLAIN);
	check(strcmp(text, " @\n") == 0, "%s", text);
	free(text);
	text = written(x, LAM_SHAPE(2, 2), 0, LAM_COLOURS_GUESS); /* no terminal */
	check(strcmp(text, " @\n") == 0, "%s", text);
	free(text);
	text = written(x, LAM_SHAPE(2, 4), 2, LAM_COLOURS_PLAIN);
	check(strcmp(text, "?=\n") == 0 || strcmp(text, "?+\n") == 0, "%s", text);
	free(text);
	text = written(x, LAM_SHAPE(2, 2), 0, LAM_COLOURS_24);
	check(strcmp(text,
		      "\033[38;2;0;0;0m\033[48;2;0;0;0m\xe2\x96\x80\033[38;2;255;255;255m"
		      "\033[48;2;255;255;255m\xe2\x96\x80\033[0m\n")
			== 0,
		"%s", text);
	free(text);
	text = written(&one, LAM_SHAPE(1, 1), 0, LAM_COLOURS_8);
	check(strcmp(text, "\033[38;5;244m\xe2\x96\x80\033[0m\n") == 0, "%s", text + 1);
	free(text);
	check_fails(lam_terminal_image(stdout, x, LAM_SHAPE(8), 0, LAM_COLOURS_PLAIN),
		LAM_ERR_SHAPE, "the shape is 8");
	check_fails(lam_terminal_image(stdout, x, LAM_SHAPE(2, 4), 1001, LAM_COLOURS_PLAIN),
		LAM_ERR_ARGUMENT, "1001 columns");
	check_fails(lam_terminal_image(stdout, x, LAM_SHAPE(2, 4), 0, (lam_colours)4),
		LAM_ERR_ARGUMENT, "the colours are 4");
	check_fails(lam_terminal_image(NULL, x, LAM_SHAPE(2, 4), 0, LAM_COLOURS_PLAIN),
		LAM_ERR_ARGUMENT, "stream is NULL");
}

static void colours_are_256(void)
{
	lam_real x[3 * 256];
	for (int i = 0; i < 256; i++)
		x[i] = (lam_real)i, x[256 + i] = (lam_real)(i * 7 % 256),
		x[512 + i] = (lam_real)(i * 31 % 256);
	for (int channels = 1; channels <= 3; channels += 2) {
		char *text = written(x, LAM_SHAPE(channels, 256, 1), 0, LAM_COLOURS_8);
		int most = 0, least = 1000;
		for (const char *at = text; (at = strstr(at, "8;5;")); at += 4) {
			const int colour = atoi(at + 4);
			most = colour > most ? colour : most;
			least = colour < least ? colour : least;
		}
		check(least >= 16 && most <= 255 && most > least + 100, "%d to %d", least, most);
		free(text);
	}
}

static void sparklines_are_bars(void)
{
	const double falls[] = {7, 6, 5, 4, 3, 2, 1, 0}, odd[] = {NAN, 1, INFINITY, 2},
		     huge[] = {-1e308, 1e308};
	char text[LAM_SPARKLINE_BYTES(8)];
	check(strcmp(lam_sparkline(text, 8, falls, 8), "█▇▆▅▄▃▂▁") == 0, "%s", text);
	check(strcmp(lam_sparkline(text, 2, falls, 8), "█▁") == 0, "%s", text);
	check(strcmp(lam_sparkline(text, 8, odd, 4), " ▁ █") == 0, "%s", text);
	check(strcmp(lam_sparkline(text, 8, huge, 2), "▁█") == 0, "%s", text);
	check(strcmp(lam_sparkline(text, 8, falls, 1), "▅") == 0, "%s", text);
	check(strcmp(lam_sparkline(text, 8, falls, 0), "") == 0, "%s", text);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(wrong_images_are_refused), TEST(pixels_are_values),
		TEST(colours_are_channels), TEST(labels_are_coloured),
		TEST(labels_may_be_any_bytes), TEST(black_may_be_the_larger_value),
		TEST(sizes_and_values), TEST(maps_lie_over_images), TEST(a_flat_map_has_no_colour),
		TEST(bare_images_are_their_pixels), TEST(failed_writes_leave_the_old_file),
		TEST(filters_are_drawn), TEST(terminals_show_images), TEST(colours_are_256),
		TEST(sparklines_are_bars)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
