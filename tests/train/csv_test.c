/* SPDX-License-Identifier: MIT */
/* Tables of text as data sets: what a file may look like, what its columns become, and the
 * sentence that names what is wrong. */
#include <lamina.h>

#include "tests/files/files.h"

enum { MOST = 40 };

static const char *put(const char *text)
{
	file_write(file_path("t.csv"), text, strlen(text));
	return file_path("t.csv");
}

/* A small table in many spellings: two samples, of two values and a class. */
static void spellings(void)
{
	static const struct spelling {
		const char *what, *text;
		int skip;
		char separator, decimal;
	} all[] = {
		{"plain", "a,b,kind\n1,2.5,0\n-3e2,4,1\n", 0, 0, 0},
		{"no header", "1,2.5,0\n-3e2,4,1\n", 0, 0, 0},
		{"no line end at the end", "1,2.5,0\n-3e2,4,1", 0, 0, 0},
		{"carriage returns", "a,b,kind\r\n1,2.5,0\r\n-3e2,4,1\r\n", 0, 0, 0},
		{"carriage returns alone", "a,b,kind\r1,2.5,0\r-3e2,4,1\r", 0, 0, 0},
		{"a mark",
			"\xef\xbb\xbf"
			"a,b,kind\n1,2.5,0\n-3e2,4,1\n",
			0, 0, 0},
		{"quotes", "\"a,\"\"x\"\"\",\"b\n\",kind\n\"1\",\"2.5\" , \"0\"\n-3e2,4,1\n", 0, 0,
			0},
		{"spaces", "a , b,kind\n 1 ,\t2.5, 0\n-3e2,4 ,1 \n", 0, 0, 0},
		{"empty lines", "\n\na,b,kind\n\n1,2.5,0\n   \n-3e2,4,1\n\n\n", 0, 0, 0},
		{"semicolons", "a;b;kind\n1;2.5;0\n-3e2;4;1\n", 0, 0, 0},
		{"tabs", "a\tb\tkind\n1\t2.5\t0\n-3e2\t4\t1\n", 0, 0, 0},
		{"decimal commas", "a;b;kind\n1;2,5;0\n-3e2;4;1\n", 0, 0, ','},
		{"decimal commas alone", "1,0;2,5;0\n-3e2;4,0;1\n", 0, 0, ','},
		{"a separator", "a|b|kind\n1|2.5|0\n-3e2|4|1\n", 0, '|', 0},
		{"lines before it", "Table 1, of 2\nsee below\n1,2.5,0\n-3e2,4,1\n", 2, 0, 0},
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		test_begin("%s", all[i].what);
		lam_dataset *d = lam_dataset_csv(put(all[i].text), .skip = all[i].skip,
			.separator = all[i].separator, .decimal = all[i].decimal);
		if (check(d, "%s", lam_error())) {
			const lam_shape shape = lam_dataset_shape(d);
			lam_real x[2];
			int32_t kind = -1;
			check(lam_dataset_count(d) == 2 && shape.rank == 1 && shape.dim[0] == 2);
			check(lam_dataset_targets(d).type == LAM_CLASSES
				&& lam_dataset_targets(d).classes == 2);
			check_ok(lam_dataset_read(d, 0, x, &kind));
			check(x[0] == 1 && x[1] == (lam_real)2.5 && kind == 0);
			check_ok(lam_dataset_read(d, 1, x, &kind));
			check(x[0] == -300 && x[1] == 4 && kind == 1);
			check(strcmp(lam_dataset_source(d), file_path("t.csv")) == 0);
		}
		lam_dataset_free(d);
		test_end();
	}
}

/* The values of all samples, and their targets as reals, one after another, as text. */
static void check_table(lam_dataset *d, const char *expected)
{
	char text[1000] = "";
	size_t at = 0;
	require(d, "%s", lam_error());
	const int64_t features = lam_dataset_shape(d).dim[0];
	const lam_target_type type = lam_dataset_targets(d).type;
	for (int64_t i = 0; i < lam_dataset_count(d); i++) {
		lam_real x[MOST], value = 0;
		int32_t kind = 0;
		check_ok(lam_dataset_read(
			d, i, x, type == LAM_CLASSES ? (void *)&kind : (void *)&value));
		for (int64_t k = 0; k < features; k++)
			at += (size_t)snprintf(text + at, sizeof text - at, "%g ", (double)x[k]);
		if (type != LAM_INPUT)
			at += (size_t)snprintf(text + at, sizeof text - at, "= %g ",
				type == LAM_CLASSES ? kind : (double)value);
		at += (size_t)snprintf(text + at, sizeof text - at, "/ ");
	}
	check(strcmp(text, expected) == 0, "is %s, not %s", text, expected);
	lam_dataset_free(d);
}

static const char pets[] = "name,weight,colour,kind,age\n"
			   "Tom,4.5,grey,cat,3\nRex,30,brown,dog,5\nKim,5,black,cat,1\n"
			   "Bob,?,grey,dog,2\n";

#define PETS(...) lam_dataset_csv(put(pets), __VA_ARGS__)

static void columns(void)
{
	check_table(PETS(.target = "kind", .columns = "age,weight", .missing = LAM_MISSING_SKIP),
		"3 4.5 = 0 / 5 30 = 1 / 1 5 = 0 / ");
	check_table(PETS(.target = "4", .columns = "5, 2", .missing = LAM_MISSING_SKIP),
		"3 4.5 = 0 / 5 30 = 1 / 1 5 = 0 / ");
	check_table(PETS(.target = "kind", .drop = "name,colour,weight"),
		"3 = 0 / 5 = 1 / 1 = 0 / 2 = 1 / ");
	check_table(PETS(.target = "age", .values = true, .columns = "colour", .one_hot = "colour"),
		"0 0 1 = 3 / 0 1 0 = 5 / 1 0 0 = 1 / 0 0 1 = 2 / ");
	check_table(PETS(.target = "kind", .columns = "weight", .missing = LAM_MISSING_MEAN),
		"4.5 = 0 / 30 = 1 / 5 = 0 / 13.1667 = 1 / ");
	check_table(PETS(.no_target = true, .columns = "age"), "3 / 5 / 1 / 2 / ");
	check_table(PETS(.columns = "age", .target = "colour"), "3 = 2 / 5 = 1 / 1 = 0 / 2 = 2 / ");
}

static void names(void)
{
	lam_dataset *d = PETS(.target = "kind", .columns = "colour,age", .one_hot = "colour");
	require(d, "%s", lam_error());
	static const char *const expected[] = {
		"colour=black", "colour=brown", "colour=grey", "age"};
	for (int i = 0; i < 4; i++)
		check(strcmp(lam_dataset_column_name(d, i), expected[i]) == 0, "%s",
			lam_dataset_column_name(d, i));
	check(!lam_dataset_column_name(d, 4) && !lam_dataset_column_name(d, -1));
	lam_dataset *part = lam_dataset_subset(d, (const int64_t[]){0}, 1),
		    *less = lam_dataset_subset(part, (const int64_t[]){0}, 1);
	require(part && less, "%s", lam_error());
	check(!strcmp(lam_dataset_column_name(less, 0), expected[0])
		&& !lam_dataset_column_name(less, 4));
	lam_dataset_free(part);
	lam_dataset_free(less);
	check(strcmp(lam_dataset_class_name(d, 0), "cat") == 0);
	check(strcmp(lam_dataset_class_name(d, 1), "dog") == 0);
	check(!lam_dataset_class_name(d, 2) && !lam_dataset_class_name(d, -1));
	lam_dataset_free(d);
	d = lam_dataset_csv(put("1,2\n3,0\n"));
	check(d && !lam_dataset_class_name(d, 0) && lam_dataset_targets(d).classes == 3);
	check(d && strcmp(lam_dataset_column_name(d, 0), "1") == 0);
	lam_dataset_free(d);
}

/* A second file with other columns, words and classes is read as the first one. */
#define REFUSED(words, ...) \
	do { \
		lam_dataset *refused = lam_dataset_csv(__VA_ARGS__); \
		check(!refused && strstr(lam_error(), (words)), "not \"%s\" but \"%s\"", (words), \
			refused ? "" : lam_error()); \
		lam_dataset_free(refused); \
	} while (0)

static void like(void)
{
	lam_dataset *all = PETS(.target = "kind", .drop = "name", .one_hot = "colour",
		.missing = LAM_MISSING_MEAN);
	require(all, "%s", lam_error());
	check_table(lam_dataset_csv(
			    put("kind,age,id,colour,weight\ndog,7,1,grey,NA\ncat,8,2,brown,100\n"),
			    .like = all, .missing = LAM_MISSING_MEAN),
		"13.1667 0 0 1 7 = 1 / 100 0 1 0 8 = 0 / ");
	check_table(lam_dataset_csv(
			    put("age,colour,weight\n7,black,2\n"), .like = all, .no_target = true),
		"2 1 0 0 7 / ");
	check_table(lam_dataset_csv(put("Kit,2,black,cat,9\n"), .like = all), "2 1 0 0 9 = 0 / ");
	lam_dataset_free(all);
	lam_dataset *twice = lam_dataset_csv(put("x,x,kind\n1,2,cat\n3,4,dog\n"));
	require(twice, "%s", lam_error());
	check_table(lam_dataset_csv(put("x,x,kind\n5,6,dog\n"), .like = twice), "5 6 = 1 / ");
	REFUSED("a name that columns 2 and 3 have", put("kind,x,x\ndog,5,6\n"), .like = twice);
	lam_dataset_free(twice);
}

static void wrong_tables(void)
{
	REFUSED("cannot open", "/nowhere/t.csv");
	REFUSED("no lines of a table", put(""));
	REFUSED("no lines of a table", put("\n \n"));
	REFUSED("has no samples", put("a,b\n"));
	REFUSED("line 3: has 2 fields; expected 3", put("a,b,c\n1,2,0\n1,2\n"));
	REFUSED("line 2: has 4 fields; expected 3", put("a,b,c\n1,2,0,\n"));
	REFUSED("line 3: column \"b\" is \"x\"; expected a number", put("a,b,c\n1,2,0\n1,x,0\n"));
	REFUSED("line 4: column \"b\" is missing: \"NA\"; expected a number (or the "
		"option missing: skip or mean)",
		put("a,b,c\n\n1,2,0\n1,NA,0\n"));
	REFUSED("line 3: column \"c\" is missing: \"\"; expected a class",
		put("a,b,c\n1,2,0\n1,3,\n"));
	REFUSED("column \"a\" has no value at all", put("a,b,c\n,1,0\n?,2,1\n"),
		.missing = LAM_MISSING_MEAN);
	REFUSED("line 2: column \"1\" is \"1e999\"", put("1,0\n1e999,0\n"));
	REFUSED("line 1: column \"1\" is \"inf\"", put("inf,0\n"), .header = LAM_HEADER_NO);
	REFUSED("the quote that begins in line 2 does not end", put("a,b\n\"1,0\n2,1\n"));
	REFUSED("line 2: text stands behind the quote that ends field 1", put("a,b\n\"1\"2,0\n"));
	REFUSED("line 5: column \"b\" is \"x\"", put("a,b,c\r\"1\r\r\",1,0\r2,x,0\r"), .drop = "a");
	REFUSED("is UTF-16",
		put("\xff\xfe"
		    "a"));
	REFUSED("is gzipped", put("\x1f\x8b\x08"));
	REFUSED("a spreadsheet", put("PK\x03\x04"));
	file_write(file_path("zero.csv"), "a,b\n1\0,2\n", 10);
	REFUSED("line 2: holds a byte 0", file_path("zero.csv"));
	REFUSED("line 3: column \"b\" is \"x\\x1b[31m\"; expected a word of printable UTF-8",
		put("a,b\n1,y\n1,x\x1b[31m\n"));
	REFUSED("line 3: column \"a\" is \"\\xff\"; expected a word of printable UTF-8",
		put("a,b\nx,y\n\xff,z\n"), .one_hot = "a");
}

static void wrong_options(void)
{
	static const lam_real x[1] = {0};
	static const int32_t t[1] = {0};
	lam_dataset *arrays = lam_dataset_arrays(x, LAM_SHAPE(1), t, 1);
	lam_dataset *pets_of = PETS(.columns = "age", .target = "kind");
	require(arrays && pets_of, "%s", lam_error());
	REFUSED("the path is NULL", NULL);
	REFUSED(".target is \"sort\"; expected 1 to 5 or a name of these columns: name, weight",
		put(pets), .target = "sort");
	REFUSED(".target is \"6\"", put(pets), .target = "6");
	REFUSED(".columns has column \"age\" twice", put(pets), .columns = "age,5");
	REFUSED("column \"age\" is the target, and a column", put(pets), .columns = "age");
	REFUSED(".one_hot has column \"colour\", which is no column of the samples", put(pets),
		.columns = "weight", .one_hot = "colour");
	REFUSED("column \"age\" is the target, and in .drop", put(pets), .drop = "name,age");
	REFUSED(".drop beside .columns", put(pets), .columns = "weight", .drop = "name");
	REFUSED(".target beside .no_target", put(pets), .target = "kind", .no_target = true);
	REFUSED(".values beside .no_target", put(pets), .values = true, .no_target = true);
	REFUSED("no columns are left", put(pets), .drop = "1,2,3,4");
	REFUSED("a name that columns 1 and 2 have", put("a,a,b\n1,2,0\n"), .drop = "a");
	REFUSED(".skip is -1", put(pets), .skip = -1);
	REFUSED(".header is 3", put(pets), .header = (lam_csv_header)3);
	REFUSED(".missing is -1", put(pets), .missing = (lam_csv_missing)-1);
	REFUSED(".decimal is 'x'", put(pets), .decimal = 'x');
	REFUSED(".separator is '.'", put(pets), .separator = '.');
	REFUSED(".separator is '\\xa7'", put(pets), .separator = '\xa7');
	REFUSED(".separator is '\\x0a'", put(pets), .separator = '\n');
	REFUSED("take more than .memory_limit, 20 bytes", put(pets), .columns = "age",
		.target = "kind", .memory_limit = 20);
	REFUSED("expected one that lam_dataset_csv() made", put(pets), .like = arrays);
	REFUSED(".target beside .like", put(pets), .like = pets_of, .target = "kind");
	REFUSED("line 2: column \"kind\" is \"cow\"; expected a class that .like has",
		put("age,kind\n1,cow\n"), .like = pets_of);
	REFUSED("a column of .like is \"age\"; expected 1 to 2 or a name of these columns: old, "
		"kind",
		put("old,kind\n1,cat\n"), .like = pets_of);
	lam_dataset_free(arrays);
	lam_dataset_free(pets_of);
}

/* The same numbers whatever the locale and the rounding mode say. */
static void a_long_table(void)
{
	enum { ROWS = 20000 };
	char *text = malloc(ROWS * 40), *at = text;
	for (int i = 0; i < ROWS; i++)
		at += sprintf(at, "%d.25,\"%d\",%s\n", i, -i, i % 3 ? "\"odd, or not\"" : "even");
	lam_dataset *d = lam_dataset_csv(put(text));
	free(text);
	require(d, "%s", lam_error());
	check(lam_dataset_count(d) == ROWS);
	for (int i = 0; i < ROWS; i++) {
		lam_real x[2];
		int32_t kind = -1;
		check_ok(lam_dataset_read(d, i, x, &kind));
		check(x[0] == i + (lam_real)0.25 && x[1] == -i && kind == (i % 3 != 0), "%d", i);
	}
	check(strcmp(lam_dataset_class_name(d, 1), "odd, or not") == 0);
	lam_dataset_free(d);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(spellings), TEST(columns), TEST(names), TEST(like),
		TEST(wrong_tables), TEST(wrong_options), TEST(a_long_table)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
