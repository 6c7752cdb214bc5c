/* SPDX-License-Identifier: MIT */
#include "exchange/onnx/tensor.h"

#include "framework/base/shown.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The encodings of a type: bytes of a value in raw data, and which list has it otherwise. */
enum list { IN_FLOATS, IN_INT32, IN_INT64, IN_DOUBLES, IN_UINT64 };
static const struct type {
	int number, bytes;
	enum list list;
	bool real;
} types[] = {
	{LAM_ONNX_FLOAT, 4, IN_FLOATS, true},
	{LAM_ONNX_UINT8, 1, IN_INT32, false},
	{LAM_ONNX_INT8, 1, IN_INT32, false},
	{LAM_ONNX_UINT16, 2, IN_INT32, false},
	{LAM_ONNX_INT16, 2, IN_INT32, false},
	{LAM_ONNX_INT32, 4, IN_INT32, false},
	{LAM_ONNX_INT64, 8, IN_INT64, false},
	{LAM_ONNX_BOOL, 1, IN_INT32, false},
	{LAM_ONNX_FLOAT16, 2, IN_INT32, true},
	{LAM_ONNX_DOUBLE, 8, IN_DOUBLES, true},
	{LAM_ONNX_UINT32, 4, IN_UINT64, false},
	{LAM_ONNX_UINT64, 8, IN_UINT64, false},
	{LAM_ONNX_BFLOAT16, 2, IN_INT32, true},
};

static const struct type *type_of(int number)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].number == number)
			return &types[i];
	return NULL;
}

bool lam_onnx_is_real(int number)
{
	const struct type *type = type_of(number);
	return type && type->real;
}

static bool is_external(const LaminaOnnx__Tensor *proto)
{
	return proto->data_location == 1;
}

/* An entry of the external data; NULL: there is none. */
static const char *entry(const LaminaOnnx__Tensor *proto, const char *key)
{
	for (size_t i = 0; i < proto->n_external_data; i++)
		if (proto->external_data[i]->key && !strcmp(proto->external_data[i]->key, key))
			return proto->external_data[i]->value;
	return NULL;
}

/* A number of bytes of the external data; false: it is none. */
static bool entry_bytes(
	const LaminaOnnx__Tensor *proto, const char *key, uint64_t otherwise, uint64_t *bytes)
{
	const char *text = entry(proto, key);
	*bytes = otherwise;
	if (!text)
		return true;
	if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 18)
		return false;
	*bytes = strtoull(text, NULL, 10);
	return true;
}

uint64_t lam_onnx_external_bytes(const lam_onnx_tensor *tensor)
{
	return is_external(tensor->proto)
		? (uint64_t)tensor->count * (uint64_t)type_of(tensor->proto->data_type)->bytes
		: 0;
}

/* Fills in the count of values by the shape. */
static lam_status count_values(lam_onnx_tensor *tensor)
{
	tensor->count = 1;
	for (int i = 0; i < tensor->rank; i++)
		if (tensor->dims[i] < 0
			|| __builtin_mul_overflow(tensor->count, tensor->dims[i], &tensor->count)
			|| tensor->count > LAM_MAX_COUNT)
			return lam_fail(LAM_ERR_FORMAT,
				"dimension %d of a tensor is %" PRId64
				"; expected 0 or more, and at most 2^48 values",
				i, tensor->dims[i]);
	return LAM_OK;
}

static size_t list_length(const LaminaOnnx__Tensor *proto, enum list list)
{
	switch (list) {
	case IN_FLOATS:
		return proto->n_float_data;
	case IN_INT32:
		return proto->n_int32_data;
	case IN_INT64:
		return proto->n_int64_data;
	case IN_DOUBLES:
		return proto->n_double_data;
	case IN_UINT64:
		return proto->n_uint64_data;
	}
	return 0;
}

static lam_status no_number(const LaminaOnnx__Tensor *proto, const char *key)
{
	return lam_fail(LAM_ERR_FORMAT, "the %s of external data is \"%s\"; expected a number", key,
		lam_show(entry(proto, key)).text);
}

static lam_status check_external(
	const lam_onnx_file *file, const LaminaOnnx__Tensor *proto, uint64_t wanted)
{
	uint64_t offset, length;
	const char *location = entry(proto, "location");
	if (!location)
		return lam_fail(LAM_ERR_FORMAT, "external data without a location");
	if (!entry_bytes(proto, "offset", 0, &offset))
		return no_number(proto, "offset");
	if (!entry_bytes(proto, "length", wanted, &length))
		return no_number(proto, "length");
	if (length != wanted)
		return lam_fail(LAM_ERR_FORMAT,
			"%" PRIu64 " bytes of external data; its shape and type take %" PRIu64,
			length, wanted);
	return lam_onnx_file_external(file, location, offset, wanted, NULL);
}

static lam_status check_data(
	const lam_onnx_file *file, const LaminaOnnx__Tensor *proto, const lam_onnx_tensor *tensor)
{
	const struct type *type = type_of(proto->data_type);
	const uint64_t wanted = (uint64_t)tensor->count * (uint64_t)type->bytes;
	if (is_external(proto))
		return check_external(file, proto, wanted);
	if (proto->data_location)
		return lam_fail(LAM_ERR_FORMAT, "data at location %d; expected 0 or 1",
			proto->data_location);
	if (proto->has_raw_data && proto->raw_data.len == wanted)
		return LAM_OK;
	if (proto->has_raw_data)
		return lam_fail(LAM_ERR_FORMAT,
			"%zu bytes of raw data; its shape and type take %" PRIu64,
			proto->raw_data.len, wanted);
	const size_t found = list_length(proto, type->list);
	if (found != (uint64_t)tensor->count)
		return lam_fail(LAM_ERR_FORMAT, "%zu values; its shape takes %" PRId64, found,
			tensor->count);
	return LAM_OK;
}

lam_onnx_tensor *lam_onnx_tensor_of(
	const lam_onnx_file *file, lam_onnx_arena *arena, const LaminaOnnx__Tensor *proto)
{
	const struct type *type = type_of(proto->data_type);
	if (!type) {
		lam_fail(LAM_ERR_UNSUPPORTED,
			"a tensor of type %d; expected real or whole numbers of 8 to 64 bits",
			proto->data_type);
		return NULL;
	}
	if (proto->n_dims > LAM_ONNX_MOST_RANK) {
		lam_fail(LAM_ERR_UNSUPPORTED, "a tensor of %zu dimensions; expected at most %d",
			proto->n_dims, LAM_ONNX_MOST_RANK);
		return NULL;
	}
	lam_onnx_tensor *tensor = lam_onnx_alloc(arena, 1, sizeof *tensor);
	if (!tensor)
		return NULL;
	*tensor = (lam_onnx_tensor){
		.proto = proto, .whole = !type->real, .rank = (int)proto->n_dims};
	for (int i = 0; i < tensor->rank; i++)
		tensor->dims[i] = proto->dims[i];
	return count_values(tensor) || check_data(file, proto, tensor) ? NULL : tensor;
}

lam_onnx_tensor *lam_onnx_tensor_new(
	lam_onnx_arena *arena, bool whole, int rank, const int64_t *dims)
{
	if (rank > LAM_ONNX_MOST_RANK) {
		lam_fail(LAM_ERR_UNSUPPORTED, "a constant of %d dimensions; expected at most %d",
			rank, LAM_ONNX_MOST_RANK);
		return NULL;
	}
	lam_onnx_tensor *tensor = lam_onnx_alloc(arena, 1, sizeof *tensor);
	if (!tensor)
		return NULL;
	*tensor = (lam_onnx_tensor){.whole = whole, .rank = rank};
	for (int i = 0; i < rank; i++)
		tensor->dims[i] = dims[i];
	if (count_values(tensor))
		return NULL;
	if (whole)
		tensor->numbers = lam_onnx_alloc(
			arena, (size_t)tensor->count, sizeof *tensor->numbers);
	else
		tensor->reals = lam_onnx_alloc(arena, (size_t)tensor->count, sizeof *tensor->reals);
	return tensor->numbers || tensor->reals ? tensor : NULL;
}

/* The bits of a float of 16 bits as a double. */
static double of_half(uint64_t bits)
{
	const int exponent = (int)(bits >> 10 & 31), fraction = (int)(bits & 1023);
	double value = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
	if (exponent == 31)
		value = fraction ? (double)NAN : (double)INFINITY;
	return bits & 0x8000 ? -value : value;
}

static double of_float(uint32_t bits)
{
	float value;
	memcpy(&value, &bits, sizeof value);
	return (double)value;
}

static double of_double(uint64_t bits)
{
	double value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

/* The value of a type's bits: of real numbers *real, of whole ones *number. */
static void of_bits(int type, uint64_t bits, double *real, int64_t *number)
{
	switch (type) {
	case LAM_ONNX_FLOAT:
		*real = of_float((uint32_t)bits);
		break;
	case LAM_ONNX_FLOAT16:
		*real = of_half(bits);
		break;
	case LAM_ONNX_BFLOAT16:
		*real = of_float((uint32_t)bits << 16);
		break;
	case LAM_ONNX_DOUBLE:
		*real = of_double(bits);
		break;
	case LAM_ONNX_INT8:
		*number = (int8_t)bits;
		break;
	case LAM_ONNX_INT16:
		*number = (int16_t)bits;
		break;
	case LAM_ONNX_INT32:
		*number = (int32_t)bits;
		break;
	case LAM_ONNX_BOOL:
		*number = bits != 0;
		break;
	default:
		*number = (int64_t)bits;
	}
}

/* Value `i` of a list. */
static void of_list(const LaminaOnnx__Tensor *proto, const struct type *type, size_t i,
	double *real, int64_t *number)
{
	switch (type->list) {
	case IN_FLOATS:
		*real = (double)proto->float_data[i];
		break;
	case IN_DOUBLES:
		*real = proto->double_data[i];
		break;
	case IN_INT64:
		*number = proto->int64_data[i];
		break;
	case IN_UINT64:
		*number = (int64_t)proto->uint64_data[i];
		break;
	case IN_INT32:
		if (type->real)
			of_bits(type->number, (uint64_t)proto->int32_data[i] & 0xffff, real,
				number);
		else
			*number = proto->int32_data[i];
	}
}

/* Decodes to `reals` or `numbers`, whichever is not NULL; `raw` is NULL for a list. */
static void decode(
	const lam_onnx_tensor *tensor, const uint8_t *raw, lam_real *reals, int64_t *numbers)
{
	const struct type *type = type_of(tensor->proto->data_type);
	for (int64_t i = 0; i < tensor->count; i++) {
		double real = 0;
		int64_t number = 0;
		if (raw) {
			uint64_t bits = 0;
			for (int b = 0; b < type->bytes; b++)
				bits |= (uint64_t)raw[i * type->bytes + b] << 8 * b;
			of_bits(type->number, bits, &real, &number);
		} else {
			of_list(tensor->proto, type, (size_t)i, &real, &number);
		}
		if (reals)
			reals[i] = (lam_real)real;
		else
			numbers[i] = number;
	}
}

static lam_status read_values(
	const lam_onnx_file *file, const lam_onnx_tensor *tensor, lam_real *reals, int64_t *numbers)
{
	const LaminaOnnx__Tensor *proto = tensor->proto;
	if (!is_external(proto)) {
		decode(tensor, proto->has_raw_data ? proto->raw_data.data : NULL, reals, numbers);
		return LAM_OK;
	}
	uint64_t offset;
	const uint64_t bytes = (uint64_t)tensor->count * (uint64_t)type_of(proto->data_type)->bytes;
	entry_bytes(proto, "offset", 0, &offset);
	uint8_t *raw = NULL;
	lam_status status = lam_onnx_file_external(
		file, entry(proto, "location"), offset, bytes, &raw);
	if (!status)
		decode(tensor, raw, reals, numbers);
	lam_free(raw);
	return status;
}

lam_status lam_onnx_tensor_decode(
	const lam_onnx_file *file, lam_onnx_arena *arena, lam_onnx_tensor *tensor)
{
	if (tensor->numbers || tensor->reals)
		return LAM_OK;
	lam_onnx_tensor *made = lam_onnx_tensor_new(
		arena, tensor->whole, tensor->rank, tensor->dims);
	if (!made)
		return LAM_ERR_MEMORY;
	lam_status status = read_values(file, tensor, made->reals, made->numbers);
	if (status)
		return status;
	tensor->reals = made->reals;
	tensor->numbers = made->numbers;
	return LAM_OK;
}

lam_status lam_onnx_tensor_read(
	const lam_onnx_file *file, const lam_onnx_tensor *tensor, lam_real *to)
{
	if (tensor->reals)
		memcpy(to, tensor->reals, (size_t)tensor->count * sizeof *to);
	return tensor->reals ? LAM_OK : read_values(file, tensor, to, NULL);
}

double lam_onnx_number(const lam_onnx_tensor *tensor, int64_t i)
{
	return tensor->whole ? (double)tensor->numbers[i] : (double)tensor->reals[i];
}
