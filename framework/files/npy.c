/* SPDX-License-Identifier: MIT */
/* Headers of .npy files. numpy evaluates a header as Python; this parser accepts only what numpy
 * writes:
 *
 *     { 'descr': '<f4', 'fortran_order': False, 'shape': (32, 1, 3, 3), }
 *
 * with the keys in any order, any spaces and either kind of quote. */
#include "framework/files/npy.h"

#include "framework/base/shown.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	SHORT_PREFIX = 10,       /* bytes of magic, version and length in version 1.0 */
	ALIGN = 64,              /* values begin at a multiple of this many bytes */
	LONGEST_BYTES = 1 << 30, /* the longest value of type 'S' */
	OUR_BYTE_ORDER = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? '>' : '<',
};

static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

/* The types that can be read, with numpy's names for error sentences. 'S', of any size, is not
 * listed. */
static const struct type {
	lam_npy_kind kind;
	size_t item;
	const char *name;
} types[] = {
	{LAM_NPY_REAL, 2, "float16"},
	{LAM_NPY_REAL, 4, "float32"},
	{LAM_NPY_REAL, 8, "float64"},
	{LAM_NPY_INT, 1, "int8"},
	{LAM_NPY_INT, 2, "int16"},
	{LAM_NPY_INT, 4, "int32"},
	{LAM_NPY_INT, 8, "int64"},
	{LAM_NPY_UINT, 1, "uint8"},
	{LAM_NPY_UINT, 2, "uint16"},
	{LAM_NPY_UINT, 4, "uint32"},
	{LAM_NPY_UINT, 8, "uint64"},
	{LAM_NPY_BOOL, 1, "bool"},
};

static const struct type *find_type(lam_npy_kind kind, size_t item)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].kind == kind && types[i].item == item)
			return &types[i];
	return NULL;
}

/* The rest of the header being parsed; `what` begins the error sentences. */
typedef struct cursor {
	const char *at, *end;
	const char *what;
} cursor;

__attribute__((format(printf, 2, 3))) static lam_status damaged(
	const cursor *c, const char *format, ...)
{
	char text[256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return lam_fail(LAM_ERR_FORMAT, "%s: damaged .npy header: %s", c->what, text);
}

static void skip_spaces(cursor *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n'))
		c->at++;
}

/* Takes the character if it is the next one after spaces. */
static bool take(cursor *c, char wanted)
{
	skip_spaces(c);
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

static bool take_word(cursor *c, const char *word)
{
	size_t length = strlen(word);
	skip_spaces(c);
	if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0)
		return false;
	c->at += length;
	return true;
}

/* Takes 'text' or "text" of less than 32 bytes, without escapes. */
static bool take_string(cursor *c, char text[32])
{
	skip_spaces(c);
	if (c->at == c->end || (*c->at != '\'' && *c->at != '"'))
		return false;
	char quote = *c->at;
	const char *start = c->at + 1, *stop = memchr(start, quote, (size_t)(c->end - start));
	if (!stop || stop - start >= 32 || memchr(start, '\\', (size_t)(stop - start))
		|| memchr(start, '\0', (size_t)(stop - start)))
		return false;
	memcpy(text, start, (size_t)(stop - start));
	text[stop - start] = '\0';
	c->at = stop + 1;
	return true;
}

/* Takes a decimal number of at most `most`. */
static bool take_number(cursor *c, int64_t most, int64_t *number)
{
	skip_spaces(c);
	const char *start = c->at;
	for (*number = 0; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
		*number = *number * 10 + (*c->at - '0');
		if (*number > most)
			return false;
	}
	return c->at > start;
}

/* 'f4', '<f4', '=f4', '>f4', '|b1', '|S12': byte order (none or '=': this machine's), kind, bytes.
 */
static bool read_type(const char *text, lam_npy *npy)
{
	const char order = *text && strchr("<>=|", *text) ? *text++ : '=';
	cursor size = {text + 1, text + strlen(text), NULL};
	int64_t item = 0;
	if (!*text || !take_number(&size, LONGEST_BYTES, &item) || size.at != size.end || item < 1)
		return false;
	npy->kind = (lam_npy_kind)*text;
	npy->item = (size_t)item;
	npy->big_endian = order == '>' || (order == '=' && OUR_BYTE_ORDER == '>');
	return npy->kind == LAM_NPY_BYTES
		|| (find_type(npy->kind, npy->item) && (order != '|' || item == 1));
}

/* Reads a type as numpy's users write it, such as 'float32', in this machine's byte order. */
static bool read_type_name(const char *text, lam_npy *npy)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (strcmp(types[i].name, text) != 0)
			continue;
		npy->kind = types[i].kind;
		npy->item = types[i].item;
		npy->big_endian = OUR_BYTE_ORDER == '>';
		return true;
	}
	return false;
}

static lam_status parse_type(cursor *c, lam_npy *npy)
{
	char text[32];
	skip_spaces(c);
	if (c->at < c->end && *c->at == '[')
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"%s: a structured type, expected numbers or bytes", c->what);
	if (!take_string(c, text))
		return damaged(c, "no type");
	if (read_type(text, npy) || read_type_name(text, npy))
		return LAM_OK;
	return lam_fail(LAM_ERR_UNSUPPORTED,
		"%s: type '%s', expected numbers of 1 to 8 bytes, bools or bytes ('S')", c->what,
		lam_show(text).text);
}

static lam_status parse_order(cursor *c, lam_npy *npy)
{
	npy->fortran = take_word(c, "True");
	return npy->fortran || take_word(c, "False")
		? LAM_OK
		: damaged(c, "fortran_order is neither True nor False");
}

/* (32, 1, 3, 3) or (5,) or () */
static lam_status parse_shape(cursor *c, lam_npy *npy)
{
	if (!take(c, '('))
		return damaged(c, "the shape is no tuple");
	bool comma = true;
	while (!take(c, ')')) {
		if (npy->rank == LAM_NPY_MAX_RANK)
			return lam_fail(LAM_ERR_UNSUPPORTED, "%s: more than %d dimensions", c->what,
				LAM_NPY_MAX_RANK);
		if (!comma)
			return damaged(c,
				"dimension %d of the shape is followed by neither , nor )",
				npy->rank);
		if (!take_number(c, LAM_MAX_COUNT, &npy->dim[npy->rank]))
			return damaged(c, "dimension %d of the shape is no size up to %" PRId64,
				npy->rank + 1, LAM_MAX_COUNT);
		if (c->at < c->end && *c->at == 'L') /* a long of Python 2 */
			c->at++;
		npy->rank++;
		comma = take(c, ',');
	}
	return npy->rank == 1 && !comma ? damaged(c, "the shape is no tuple") : LAM_OK;
}

/* Computes the product of the dimensions; false when the count or its bytes are too many. */
static bool count_values(lam_npy *npy)
{
	npy->count = 1;
	bool none = false;
	for (int i = 0; i < npy->rank; i++) {
		none |= npy->dim[i] == 0;
		if (npy->dim[i] > 0
			&& (__builtin_mul_overflow(npy->count, npy->dim[i], &npy->count)
				|| npy->count > LAM_MAX_COUNT))
			return false;
	}
	size_t bytes;
	if (!lam_size_multiply((size_t)npy->count, npy->item, &bytes))
		return false;
	npy->count = none ? 0 : npy->count;
	return true;
}

lam_status lam_npy_header_length(const void *prefix, const char *what, size_t *length)
{
	const unsigned char *p = prefix;
	if (memcmp(p, "PK\3\4", 4) == 0)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: is an archive, such as numpy.savez() writes; expected one .npy array, "
			"as numpy.save() writes it",
			what);
	if (memcmp(p, magic, sizeof magic) != 0)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: no .npy array: it does not begin with numpy's magic bytes", what);
	if (p[6] < 1 || p[6] > 3 || p[7] != 0)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"%s: .npy version %d.%d, expected 1.0, 2.0 or 3.0", what, p[6], p[7]);
	uint64_t bytes = SHORT_PREFIX + (p[8] | (uint64_t)p[9] << 8);
	if (p[6] > 1)
		bytes = LAM_NPY_PREFIX
			+ (p[8] | (uint64_t)p[9] << 8 | (uint64_t)p[10] << 16
				| (uint64_t)p[11] << 24);
	if (bytes > LAM_NPY_MAX_HEADER || bytes < LAM_NPY_PREFIX)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: damaged .npy header: a length of %" PRIu64 " bytes, expected %d to %d",
			what, bytes, LAM_NPY_PREFIX, LAM_NPY_MAX_HEADER);
	*length = (size_t)bytes;
	return LAM_OK;
}

lam_status lam_npy_parse(const void *header, size_t length, const char *what, lam_npy *npy)
{
	static const struct {
		const char *key;
		lam_status (*parse)(cursor *, lam_npy *);
	} keys[] = {{"descr", parse_type}, {"fortran_order", parse_order}, {"shape", parse_shape}};
	const char *bytes = header;
	size_t expected;
	lam_status status = lam_npy_header_length(header, what, &expected);
	if (status != LAM_OK)
		return status;
	cursor c = {bytes + (bytes[6] == 1 ? SHORT_PREFIX : LAM_NPY_PREFIX), bytes + length, what};
	if (length != expected || bytes[length - 1] != '\n' || !take(&c, '{'))
		return damaged(&c, "no dictionary that ends with a line");
	*npy = (lam_npy){.header = length};
	unsigned seen = 0;
	bool comma = true;
	while (!take(&c, '}')) {
		char key[32];
		size_t i = 0;
		if (!comma || !take_string(&c, key) || !take(&c, ':'))
			return damaged(&c, "the dictionary is not made of keys and values");
		while (i < sizeof keys / sizeof *keys && strcmp(key, keys[i].key) != 0)
			i++;
		if (i == sizeof keys / sizeof *keys || seen & 1u << i)
			return damaged(&c, "key '%s' is unknown or stands there twice",
				lam_show(key).text);
		seen |= 1u << i;
		status = keys[i].parse(&c, npy);
		if (status != LAM_OK)
			return status;
		comma = take(&c, ',');
	}
	skip_spaces(&c);
	if (c.at != c.end)
		return damaged(&c, "something follows the dictionary");
	if (seen != 7)
		return damaged(&c, "one of descr, fortran_order, shape is missing");
	if (!count_values(npy))
		return damaged(&c, "the shape has more values than any memory holds");
	npy->fortran = npy->fortran && npy->rank > 1;
	return LAM_OK;
}

size_t lam_npy_bytes(const lam_npy *npy)
{
	return (size_t)npy->count * npy->item;
}

size_t lam_npy_format(lam_npy *npy, char header[LAM_NPY_ROOM])
{
	bool known = find_type(npy->kind, npy->item)
		|| (npy->kind == LAM_NPY_BYTES && npy->item >= 1 && npy->item <= LONGEST_BYTES);
	bool sized = npy->rank >= 0 && npy->rank <= LAM_NPY_MAX_RANK;
	for (int i = 0; sized && i < npy->rank; i++)
		sized = npy->dim[i] >= 0;
	if (!known || !sized || !count_values(npy)) {
		lam_fail(LAM_ERR_ARGUMENT, "no .npy type or shape: kind '%c' of %zu bytes, rank %d",
			(char)npy->kind, npy->item, npy->rank);
		return 0;
	}
	char shape[LAM_NPY_MAX_RANK * 24] = "";
	for (int i = 0, at = 0; i < npy->rank; i++)
		at += snprintf(shape + at, sizeof shape - (size_t)at,
			i + 1 < npy->rank ? "%" PRId64 ", " : "%" PRId64, npy->dim[i]);
	bool order = npy->item > 1 && npy->kind != LAM_NPY_BYTES;
	int length = SHORT_PREFIX
		+ snprintf(header + SHORT_PREFIX, LAM_NPY_ROOM - SHORT_PREFIX,
			"{'descr': '%c%c%zu', 'fortran_order': False, 'shape': (%s%s), }",
			order ? OUR_BYTE_ORDER : '|', (char)npy->kind, npy->item, shape,
			npy->rank == 1 ? "," : "");
	int padded = (length + 1 + ALIGN - 1) / ALIGN * ALIGN;
	memset(header + length, ' ', (size_t)(padded - length));
	header[padded - 1] = '\n';
	memcpy(header, magic, sizeof magic);
	header[6] = 1;
	header[7] = 0;
	header[8] = (char)((padded - SHORT_PREFIX) & 255);
	header[9] = (char)((padded - SHORT_PREFIX) >> 8);
	npy->big_endian = OUR_BYTE_ORDER == '>';
	npy->fortran = false;
	npy->header = (size_t)padded;
	return npy->header;
}

lam_npy_string lam_npy_text(const lam_npy *npy)
{
	lam_npy_string out;
	const struct type *type = find_type(npy->kind, npy->item);
	int at = type ? snprintf(out.text, sizeof out.text, "%s [", type->name)
		      : snprintf(out.text, sizeof out.text, "bytes%zu [", npy->item);
	for (int i = 0; i < npy->rank && at < (int)sizeof out.text; i++)
		at += snprintf(out.text + at, sizeof out.text - (size_t)at, "%s%" PRId64,
			i ? ", " : "", npy->dim[i]);
	if (at < (int)sizeof out.text)
		snprintf(out.text + at, sizeof out.text - (size_t)at, "]");
	return out;
}

bool lam_npy_shape(const lam_npy *npy, lam_shape *shape)
{
	if (npy->rank > LAM_MAX_RANK)
		return false;
	*shape = (lam_shape){.rank = npy->rank};
	for (int i = 0; i < npy->rank; i++)
		shape->dim[i] = npy->dim[i];
	if (npy->rank == 0)
		*shape = LAM_SHAPE(1);
	return lam_shape_valid(shape);
}
