/* SPDX-License-Identifier: MIT */
/* Charts: whatever numbers, names and sizes they are given, they are well-formed SVG that needs
 * nothing from elsewhere. */
#include "exchange/pictures/pictures.h"
#include "exchange/pictures/text.h"

#include "tests/pictures/read_png.h"
#include "tests/pictures/well_formed.h"

#include <locale.h>

static const char hostile[] = "<script>alert('1 & 2')</script>\x1b[31m\xff\"";

static const char *path(void)
{
	return file_path("x.svg");
}

static void confusions(void)
{
	static int64_t confusion[1024 * 1024];
	static const char *names[1024];
	static const int sizes[] = {1, 2, 12, 13, 40, 41, 64, 65, 1000, 1024};
	for (int i = 0; i < 1024; i++)
		names[i] = i % 2 ? hostile : "a";
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		const int n = sizes[i];
		test_begin("%d classes", n);
		memset(confusion, 0, sizeof confusion);
		check_ok(lam_picture_confusion(path(), confusion, n, NULL));
		free(xml_read(path()));
		for (int k = 0; k < n * n; k++)
			confusion[k] = k % 7 ? k : INT64_MAX;
		check_ok(lam_picture_confusion(path(), confusion, n, names));
		char *text = xml_read(path());
		check(!strstr(text, "nan") && !strstr(text, "inf"));
		check(xml_count(text, "image/png") == (n > 40));
		free(text);
	}
}

static void a_confusion_has_its_numbers(void)
{
	const int64_t confusion[] = {12, 4, 0, 9};
	check_ok(lam_picture_confusion(
		path(), confusion, 2, (const char *const[]){"cats", hostile}));
	char *text = xml_read(path());
	check(strstr(text, ">12</text>") && strstr(text, ">4</text>") && strstr(text, ">9</text>")
		&& !strstr(text, ">0</text>"));
	check(strstr(text, ">75%</text>") && strstr(text, ">100%</text>"));
	check(xml_count(text, ">cats</text>") == 2);
	/* Cut in what is shown, whole in the title. */
	check(xml_count(text, "&lt;script&gt;alert(&#39;1 &amp; 2&#39;)&lt;/script&gt;?[31m?&quot;")
		== 2);
	check(xml_count(text, "&lt;script&gt;alert(&#39;1 &amp; \xe2\x80\xa6</text>") == 2);
	free(text);
}

static void wrong_charts_are_refused(void)
{
	const int64_t one = 1;
	const double y = 1;
	check_fails(lam_picture_confusion(NULL, &one, 1, NULL), LAM_ERR_ARGUMENT, "path is NULL");
	check_fails(
		lam_picture_confusion(path(), NULL, 1, NULL), LAM_ERR_ARGUMENT, "matrix is NULL");
	check_fails(lam_picture_confusion(path(), &one, 0, NULL), LAM_ERR_ARGUMENT,
		"0 classes; expected 1 to 1024");
	check_fails(lam_picture_confusion(path(), &one, 1025, NULL), LAM_ERR_ARGUMENT, "1025");
	check_fails(lam_picture_curves(NULL, NULL, 0, NULL, NULL, NULL), LAM_ERR_ARGUMENT, "path");
	check_fails(lam_picture_curves(path(), NULL, 1, NULL, NULL, NULL), LAM_ERR_ARGUMENT,
		"curves are NULL");
	check_fails(lam_picture_curves(path(), &(lam_series){.y = &y}, 65, NULL, NULL, NULL),
		LAM_ERR_ARGUMENT, "65 curves; expected 0 to 64");
	check_fails(lam_picture_curves(
			    path(), &(lam_series){.y = NULL, .count = 2}, 1, NULL, NULL, NULL),
		LAM_ERR_ARGUMENT, "curve 0 has 2 values at NULL");
	const lam_real x[2] = {0};
	check_fails(lam_picture_signals(path(), x, 1, LAM_SHAPE(1, 1, 2)), LAM_ERR_SHAPE,
		"expected CxL or L");
	check_fails(lam_picture_signals(path(), x, 4097, LAM_SHAPE(2)), LAM_ERR_ARGUMENT, "4097");
	check_fails(lam_picture_signals(path(), x, 1, LAM_SHAPE(2), .below = x,
			    .below_shape = LAM_SHAPE(1, 1, 2)),
		LAM_ERR_SHAPE, ".below_shape is 1x1x2; expected CxL or L");
	check_fails(lam_picture_signals(path(), x, 1, LAM_SHAPE(2), .columns = -1),
		LAM_ERR_ARGUMENT, ".columns is -1");
	check(!file_exists(path()));
	check_fails(lam_picture_confusion(file_path("nowhere/x.svg"), &one, 1, NULL), LAM_ERR_IO,
		"No such file");
}

static void curves_of_any_numbers(void)
{
	static double many[100000];
	for (int i = 0; i < 100000; i++)
		many[i] = sin(i * 0.001) / (i % 10 + 1);
	const double good[] = {3, 2, NAN, 1}, gone[] = {NAN, INFINITY, -INFINITY},
		     huge[] = {-1.7e308, 1.7e308}, tiny[] = {5e-324, 1e-320}, same[] = {7, 7, 7},
		     near[] = {1e15, 1e15 + 1}, rises[] = {-1e-9, 1e-9};
	const struct {
		const char *name;
		lam_series curve;
	} rows[] = {{"gap", {"a", good, 4, NULL}}, {"no number", {"a", gone, 3, NULL}},
		{"empty", {"a", good, 0, NULL}}, {"huge", {"a", huge, 2, NULL}},
		{"tiny", {"a", tiny, 2, NULL}}, {"same", {"a", same, 3, NULL}},
		{"near", {"a", near, 2, NULL}}, {"around zero", {"a", rises, 2, NULL}},
		{"one", {"a", good, 1, NULL}}, {"x that is not finite", {"a", good, 3, gone}},
		{"many", {hostile, many, 100000, NULL}}, {"no name", {NULL, good, 4, NULL}}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		test_begin("%s", rows[i].name);
		check_ok(lam_picture_curves(path(), &rows[i].curve, 1, hostile, hostile, hostile));
		char *text = xml_read(path());
		check(!strstr(text, "=\"nan") && !strstr(text, "=\"inf"));
		check(strlen(text) < 200000);
		free(text);
	}
	test_begin("none");
	check_ok(lam_picture_curves(path(), NULL, 0, NULL, NULL, NULL));
	free(xml_read(path()));
	test_begin("a gap is a gap");
	check_ok(lam_picture_curves(
		path(), &(lam_series){.y = good, .count = 4}, 1, NULL, NULL, NULL));
	char *text = xml_read(path());
	check(xml_count(text, "<circle") == 3);
	char *line = strstr(text, " d=\"M");
	require(line != NULL);
	line[strcspn(line + 4, "\"") + 4] = 0;
	check(xml_count(line, "M") == 2 && xml_count(line, "L") == 1, "%s", line);
	free(text);
}

static void histories(void)
{
	static const char header[] = "epoch,steps,lr,train_loss,train_accuracy,validation_loss,"
				     "validation_accuracy,seconds\n";
	char text[1000];
	const char *const csv = file_path("run.csv");
	snprintf(text, sizeof text, "%s1,10,0.1,0.5,0.8,0.6,0.7,1\n2,20,0.05,0.4,,inf,0.9,2\n",
		header);
	file_write(csv, text, strlen(text));
	check_ok(lam_picture_history(path(), csv));
	char *svg = xml_read(path());
	check(strstr(svg, ">Loss<") && strstr(svg, ">Accuracy<") && strstr(svg, ">Learning rate<"));
	check(xml_count(svg, ">validation<") == 2);
	free(svg);
	file_write(csv, header, strlen(header));
	check_ok(lam_picture_history(path(), csv));
	svg = xml_read(path());
	check(strstr(svg, "No epoch yet") != NULL);
	free(svg);
	file_write(path(), "old", 3);
	check_fails(lam_picture_history(path(), file_path("none.csv")), LAM_ERR_IO, "none.csv");
	file_write(csv, "a,b\n1,2\n", 8);
	check_fails(lam_picture_history(path(), csv), LAM_ERR_FORMAT, "is no history of lam_fit()");
	snprintf(text, sizeof text, "%s1,10,0.1,much,0.8,0.6,0.7,1\n", header);
	file_write(csv, text, strlen(text));
	check_fails(lam_picture_history(path(), csv), LAM_ERR_FORMAT,
		"line 2: column \"train_loss\" is \"much\"");
	check_fails(lam_picture_history(path(), NULL), LAM_ERR_ARGUMENT, "history is NULL");
	check(file_holds(path(), "old"));
}

static void signals(void)
{
	static lam_real x[300000];
	const char *const labels[] = {hostile, NULL, "a"};
	const struct {
		const char *name;
		int64_t count;
		lam_shape shape;
	} rows[] = {{"none", 0, LAM_SHAPE(1, 100)}, {"one value", 1, LAM_SHAPE(1)},
		{"channels", 3, LAM_SHAPE(6, 50)}, {"rows", 3, LAM_SHAPE(28, 28)},
		{"long", 2, LAM_SHAPE(1, 100000)}, {"many rows", 1, LAM_SHAPE(1000, 3)}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int nan = 0; nan < 3; nan++) {
			test_begin("%s, %s", rows[i].name,
				nan == 2      ? "all NaN"
					: nan ? "a gap"
					      : "finite");
			for (int k = 0; k < 300000; k++)
				x[k] = nan == 2 || (nan && k == 25) ? (lam_real)NAN
								    : (lam_real)(k % 97);
			check_ok(lam_picture_signals(path(), x, rows[i].count, rows[i].shape,
				.labels = labels, .columns = (int)i % 3, .below = i % 2 ? x : NULL,
				.below_shape = rows[5 - i].shape));
			char *text = xml_read(path());
			check(!strstr(text, "nan") && strlen(text) < 1000000);
			check(xml_count(text, "image/png") == (i % 2 ? rows[i].count : 0));
			free(text);
		}
}

static void rows_of_colours_are_values(void)
{
	const lam_real x[] = {0, 1, 2}, below[] = {0, 4, -1, (lam_real)NAN, 1, -4};
	check_ok(lam_picture_signals(
		path(), x, 1, LAM_SHAPE(3), .below = below, .below_shape = LAM_SHAPE(2, 3)));
	char *text = xml_read(path());
	const char *at = strstr(text, "image/png;base64,");
	require(at != NULL);
	struct png png = png_of_base64(at + 17);
	require(png.pixels != NULL);
	static const unsigned char expected[6][4] = {{0}, {0x09, 0x69, 0xda, 255},
		{0xcf, 0x22, 0x2e, 127}, {255, 0, 255, 255}, {0x09, 0x69, 0xda, 127},
		{0xcf, 0x22, 0x2e, 255}};
	check(png.width == 3 && png.height == 2, "%u x %u", png.width, png.height);
	for (int i = 0; i < 6; i++)
		check(expected[i][3] == png.pixels[4 * i + 3]
				&& (i == 0 || memcmp(expected[i], png.pixels + 4 * i, 4) == 0),
			"pixel %d", i);
	free(png.pixels);
	free(text);
}

static void numbers_are_for_people(void)
{
	static const struct {
		double value;
		int significant;
		const char *text;
	} rows[] = {{0, 3, "0"}, {1, 3, "1"}, {-1.5, 3, "-1.5"}, {0.01234, 3, "0.0123"},
		{12345, 3, "12300"}, {99.99, 3, "100"}, {1e-7, 3, "1e-7"}, {1.25e20, 3, "1.25e20"},
		{NAN, 3, "NaN"}, {-INFINITY, 3, "-inf"}, {0.1, 15, "0.1"},
		{100000000000000, 1, "100000000000000"}, {0.00001, 2, "0.00001"}};
	setlocale(LC_NUMERIC, "de_DE.UTF-8"); /* if it is there */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const lam_digits digits = lam_digits_of(rows[i].value, rows[i].significant);
		check(strcmp(digits.text, rows[i].text) == 0, "%s, not %s", digits.text,
			rows[i].text);
	}
	lam_text text = {0};
	static const double places[] = {1.5, -0.004, 2, 0.05, -3.456, NAN, 1e300};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		lam_text_place(&text, places[i]);
		lam_text_add(&text, " ");
	}
	lam_text_bytes(&text, "", 1);
	check(strcmp(text.bytes, "1.5 0 2 0.05 -3.46 0 1000000000 ") == 0, "%s", text.bytes);
	lam_text_free(&text);
	setlocale(LC_NUMERIC, "C");
}

static void base64_is_rfc_4648(void)
{
	static const char *const rows[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="},
		{"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd", "//79"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		lam_text text = {0};
		lam_text_base64(&text, rows[i][0], strlen(rows[i][0]));
		lam_text_bytes(&text, "", 1);
		check(strcmp(text.bytes, rows[i][1]) == 0, "%s", text.bytes);
		lam_text_free(&text);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(wrong_charts_are_refused), TEST(confusions),
		TEST(a_confusion_has_its_numbers), TEST(curves_of_any_numbers), TEST(histories),
		TEST(signals), TEST(rows_of_colours_are_values), TEST(numbers_are_for_people),
		TEST(base64_is_rfc_4648)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
