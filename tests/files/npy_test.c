/* SPDX-License-Identifier: MIT */
/* .npy headers and values: what numpy writes is read, anything else is refused with a sentence. */
#include "framework/files/npy.h"

#include "tests/kit.h"

#include <stdlib.h>

/* Makes a header of version `major`.0 with this dictionary, padded as numpy pads it. Returns its
 * length. */
static size_t wrap(int major, const char *dictionary, char header[512])
{
	size_t start = major == 1 ? 10 : 12, text = strlen(dictionary);
	memcpy(header, "\x93NUMPY", 6);
	header[6] = (char)major;
	header[7] = 0;
	memset(header + 8, 0, 4);
	header[8] = (char)((text + 4) & 255);
	header[9] = (char)((text + 4) >> 8);
	memcpy(header + start, dictionary, text);
	memcpy(header + start + text, "   \n", 4);
	return start + text + 4;
}

static void headers_are_understood(void)
{
	static const struct {
		const char *dictionary, *text;
		lam_npy_kind kind;
		size_t bytes;
		bool fortran;
	} rows[] = {
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", "float32 [2, 3]",
			LAM_NPY_REAL, 24, false},
		{"{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }", "float64 [2, 3]",
			LAM_NPY_REAL, 48, true},
		{"{'descr': '>f2', 'fortran_order': True, 'shape': (5,), }", "float16 [5]",
			LAM_NPY_REAL, 10, false},
		{"{'descr': '|b1', 'fortran_order': False, 'shape': (), }", "bool []", LAM_NPY_BOOL,
			1, false},
		{"{'descr': '|u1', 'fortran_order': False, 'shape': (0, 7), }", "uint8 [0, 7]",
			LAM_NPY_UINT, 0, false},
		{"{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2, 3, 4, 5, 6, 7, 8)}",
			"int64 [1, 2, 3, 4, 5, 6, 7, 8]", LAM_NPY_INT, 322560, false},
		{"{'descr': '|S11', 'fortran_order': False, 'shape': (2,)}", "bytes11 [2]",
			LAM_NPY_BYTES, 22, false},
		{"{\"shape\":(1,),\"fortran_order\":False,\"descr\":\"|i1\"}", "int8 [1]",
			LAM_NPY_INT, 1, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int major = 1; major <= 3; major++) {
			char header[512];
			size_t length = wrap(major, rows[i].dictionary, header), told = 0;
			lam_npy npy = {0};
			check_ok(lam_npy_header_length(header, "x", &told));
			check(told == length);
			require(check_ok(lam_npy_parse(header, length, "x", &npy)));
			check(npy.kind == rows[i].kind && npy.fortran == rows[i].fortran
				&& npy.header == length);
			check(lam_npy_bytes(&npy) == rows[i].bytes, "%zu", lam_npy_bytes(&npy));
			check(strcmp(lam_npy_text(&npy).text, rows[i].text) == 0, "%s",
				lam_npy_text(&npy).text);
		}
}

static const struct {
	const char *dictionary;
	lam_status status;
	const char *words;
} nonsense[] = {
	{"", LAM_ERR_FORMAT, "no dictionary"},
	{"[]", LAM_ERR_FORMAT, "no dictionary"},
	{"{}", LAM_ERR_FORMAT, "is missing"},
	{"{'descr': '<f4', 'shape': (2, 3), }", LAM_ERR_FORMAT, "is missing"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), ", LAM_ERR_FORMAT,
		"keys and values"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } x", LAM_ERR_FORMAT,
		"something follows"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': 1}", LAM_ERR_FORMAT,
		"'more' is unknown"},
	{"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", LAM_ERR_FORMAT,
		"'descr' is unknown or stands there twice"},
	{"{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}", LAM_ERR_FORMAT,
		"keys and values"},
	{"{'descr' '<f4', 'fortran_order': False, 'shape': (2,)}", LAM_ERR_FORMAT,
		"keys and values"},
	{"{'descr': '<f4', 'fortran_order': false, 'shape': (2,)}", LAM_ERR_FORMAT,
		"neither True nor False"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (2)}", LAM_ERR_FORMAT, "no tuple"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': 2}", LAM_ERR_FORMAT, "no tuple"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", LAM_ERR_FORMAT, "dimension 1"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3.5)}", LAM_ERR_FORMAT,
		"dimension 2 of the shape is followed by neither"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (10.0, 3)}", LAM_ERR_FORMAT,
		"dimension 1 of the shape is followed by neither"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (2,,3)}", LAM_ERR_FORMAT,
		"dimension 2"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
		LAM_ERR_FORMAT, "dimension 1"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 1000000000, "
	 "1000000000)}",
		LAM_ERR_FORMAT, "than any memory"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 1000000000, 1000000000)}",
		LAM_ERR_FORMAT, "than any memory"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}",
		LAM_ERR_UNSUPPORTED, "more than 8 dimensions"},
	{"{'descr': '<f3', 'fortran_order': False, 'shape': (2,)}", LAM_ERR_UNSUPPORTED,
		"type '<f3'"},
	{"{'descr': '<U5', 'fortran_order': False, 'shape': (2,)}", LAM_ERR_UNSUPPORTED,
		"type '<U5'"},
	{"{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", LAM_ERR_UNSUPPORTED,
		"type '|O'"},
	{"{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}", LAM_ERR_UNSUPPORTED,
		"type '<c8'"},
	{"{'descr': '|f4', 'fortran_order': False, 'shape': (2,)}", LAM_ERR_UNSUPPORTED,
		"type '|f4'"},
	{"{'descr': '|S0', 'fortran_order': False, 'shape': (2,)}", LAM_ERR_UNSUPPORTED,
		"type '|S0'"},
	{"{'descr': '|S99999999999', 'fortran_order': False, 'shape': (2,)}", LAM_ERR_UNSUPPORTED,
		"type '|S9"},
	{"{'descr': '<f4x', 'fortran_order': False, 'shape': (2,)}", LAM_ERR_UNSUPPORTED,
		"type '<f4x'"},
	{"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", LAM_ERR_UNSUPPORTED,
		"a structured type"},
	{"{'descr': 4, 'fortran_order': False, 'shape': (2,)}", LAM_ERR_FORMAT, "no type"},
};

static void nonsense_is_refused(void)
{
	for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
		test_begin("%.60s", nonsense[i].dictionary);
		char header[512];
		lam_npy npy;
		size_t length = wrap(1, nonsense[i].dictionary, header);
		check_fails(lam_npy_parse(header, length, "'f': entry 'x'", &npy),
			nonsense[i].status, nonsense[i].words);
		check(strncmp(lam_error(), "'f': entry 'x': ", 16) == 0, "%s", lam_error());
	}
}

static void prefixes_are_checked(void)
{
	size_t length;
	check_fails(
		lam_npy_header_length("PK\3\4--------", "x", &length), LAM_ERR_FORMAT, "archive");
	check_fails(lam_npy_header_length("\x93NUMPY\4\0\1\0\0\0", "x", &length),
		LAM_ERR_UNSUPPORTED, "version 4.0");
	check_fails(lam_npy_header_length("\x93NUMPY\1\1\1\0\0\0", "x", &length),
		LAM_ERR_UNSUPPORTED, "version 1.1");
	check_fails(lam_npy_header_length("\x93NUMPY\1\0\0\0\0\0", "x", &length), LAM_ERR_FORMAT,
		"10 bytes, expected 12 to");
	check_fails(lam_npy_header_length("\x93NUMPY\2\0\xff\xff\xff\xff", "x", &length),
		LAM_ERR_FORMAT, "4294967307 bytes");
}

static void written_headers_are_read(void)
{
	static const lam_npy rows[] = {
		{.kind = LAM_NPY_REAL, .item = 4, .rank = 0},
		{.kind = LAM_NPY_REAL, .item = 8, .rank = 1, .dim = {7}},
		{.kind = LAM_NPY_INT, .item = 8, .rank = 2, .dim = {0, 9}},
		{.kind = LAM_NPY_UINT, .item = 1, .rank = 4, .dim = {32, 1, 3, 3}},
		{.kind = LAM_NPY_BOOL, .item = 1, .rank = 3, .dim = {2, 2, 2}},
		{.kind = LAM_NPY_BYTES, .item = 1000, .rank = 0},
		{.kind = LAM_NPY_BYTES,
			.item = 5,
			.rank = 8,
			.dim = {1, 1, 1, 1, 1, 1, 1, 281474976710656 / 8}},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char header[LAM_NPY_ROOM];
		lam_npy written = rows[i], read;
		size_t length = lam_npy_format(&written, header);
		require(length > 0, "%s", lam_error());
		check(length % 64 == 0 && written.header == length);
		check_ok(lam_npy_parse(header, length, "x", &read));
		check(read.kind == written.kind && read.item == written.item
				&& read.rank == written.rank && read.count == written.count
				&& memcmp(read.dim, written.dim, sizeof read.dim) == 0,
			"%s", lam_npy_text(&read).text);
	}
	static const lam_npy bad[] = {
		{.kind = LAM_NPY_REAL, .item = 3},
		{.kind = LAM_NPY_BYTES, .item = 0},
		{.kind = LAM_NPY_INT, .item = 8, .rank = 9},
		{.kind = LAM_NPY_INT, .item = 8, .rank = -1},
		{.kind = LAM_NPY_INT, .item = 8, .rank = 1, .dim = {-1}},
		{.kind = LAM_NPY_INT, .item = 8, .rank = 2, .dim = {INT64_MAX, 2}},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char header[LAM_NPY_ROOM];
		lam_npy npy = bad[i];
		check(lam_npy_format(&npy, header) == 0 && *lam_error());
	}
}

static void values_are_converted(void)
{
	/* One value of each type with its bytes, little-endian. */
	static const struct {
		lam_npy_kind kind;
		size_t item;
		const char *bytes;
		double value;
	} rows[] = {
		{LAM_NPY_REAL, 2, "\x00\xc2", -3},
		{LAM_NPY_REAL, 2, "\x01\x00", 0x1p-24},
		{LAM_NPY_REAL, 2, "\xff\x7b", 65504},
		{LAM_NPY_REAL, 2, "\x00\x7c", INFINITY},
		{LAM_NPY_REAL, 2, "\x00\xfe", NAN},
		{LAM_NPY_REAL, 2, "\x55\x35", 0.333251953125},
		{LAM_NPY_REAL, 4, "\x00\x00\x20\x40", 2.5},
		{LAM_NPY_REAL, 8, "\0\0\0\0\0\0\x04\xc0", -2.5},
		{LAM_NPY_INT, 1, "\xff", -1},
		{LAM_NPY_INT, 2, "\x00\x80", -32768},
		{LAM_NPY_INT, 4, "\xfe\xff\xff\xff", -2},
		{LAM_NPY_INT, 8, "\xfd\xff\xff\xff\xff\xff\xff\xff", -3},
		{LAM_NPY_UINT, 1, "\xff", 255},
		{LAM_NPY_UINT, 2, "\x01\x80", 32769},
		{LAM_NPY_UINT, 4, "\xff\xff\xff\xff", 4294967295.0},
		{LAM_NPY_UINT, 8, "\5\0\0\0\0\0\0\0", 5},
		{LAM_NPY_BOOL, 1, "\1", 1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int big = 0; big < 2; big++) {
			char bytes[8];
			lam_npy npy = {.kind = rows[i].kind,
				.item = rows[i].item,
				.big_endian = big,
				.count = 1};
			for (size_t b = 0; b < npy.item; b++)
				bytes[b] = rows[i].bytes[big ? npy.item - 1 - b : b];
			lam_real real;
			double number;
			int64_t integer;
			check_ok(lam_npy_to_real(&npy, bytes, 1, "x", &real));
			check_ok(lam_npy_to_double(&npy, bytes, 1, "x", &number));
			check_near(real, (double)(lam_real)rows[i].value, 0);
			check_near(number, rows[i].value, 0);
			if (npy.kind == LAM_NPY_REAL) {
				check_fails(lam_npy_to_int64(&npy, bytes, 1, "x", &integer),
					LAM_ERR_FORMAT, "expected integers");
			} else {
				check_ok(lam_npy_to_int64(&npy, bytes, 1, "x", &integer));
				check((double)integer == rows[i].value);
			}
		}
}

static void what_does_not_fit_is_refused(void)
{
	lam_real real;
	int64_t integer;
	lam_npy npy = {.kind = LAM_NPY_BYTES, .item = 3, .count = 1};
	check_fails(lam_npy_to_real(&npy, "abc", 1, "x", &real), LAM_ERR_FORMAT,
		"x: is bytes3 [], expected numbers");
	npy = (lam_npy){.kind = LAM_NPY_UINT, .item = 8, .count = 1};
	check_fails(lam_npy_to_int64(&npy, "\xff\xff\xff\xff\xff\xff\xff\xff", 1, "x", &integer),
		LAM_ERR_FORMAT, "18446744073709551615");
	npy = (lam_npy){.kind = LAM_NPY_REAL, .item = 8, .big_endian = true, .count = 1};
	lam_status status = lam_npy_to_real(
		&npy, "\x7e\x37\xe4\x3c\x88\x00\x75\x9c", 1, "x", &real); /* 1e300 */
	check(status == (sizeof(lam_real) == 4 ? LAM_ERR_FORMAT : LAM_OK), "%s", lam_error());
}

/* lam_npy_place() of a column-major array: the row-major index of each value. */
static void columns_become_rows(void)
{
	lam_npy npy = {.rank = 3, .dim = {2, 3, 4}, .count = 24, .fortran = true};
	int64_t at = 0;
	for (int64_t k = 0; k < 4; k++)
		for (int64_t j = 0; j < 3; j++)
			for (int64_t i = 0; i < 2; i++, at++)
				check(lam_npy_place(&npy, at) == (i * 3 + j) * 4 + k);
	npy.fortran = false;
	check(lam_npy_place(&npy, 17) == 17);
}

static void shapes_are_given(void)
{
	lam_shape shape;
	lam_npy npy = {.rank = 2, .dim = {3, 4}};
	check(lam_npy_shape(&npy, &shape) && shape.rank == 2 && shape.dim[0] == 3
		&& shape.dim[1] == 4);
	npy = (lam_npy){.rank = 0};
	check(lam_npy_shape(&npy, &shape) && shape.rank == 1 && shape.dim[0] == 1);
	npy = (lam_npy){.rank = 1, .dim = {0}};
	check(!lam_npy_shape(&npy, &shape));
	npy = (lam_npy){.rank = 5, .dim = {1, 1, 1, 1, 1}};
	check(!lam_npy_shape(&npy, &shape));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(headers_are_understood),
		TEST(nonsense_is_refused),
		TEST(prefixes_are_checked),
		TEST(written_headers_are_read),
		TEST(values_are_converted),
		TEST(what_does_not_fit_is_refused),
		TEST(columns_become_rows),
		TEST(shapes_are_given),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
