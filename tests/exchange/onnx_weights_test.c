/* SPDX-License-Identifier: MIT */
/* lam_onnx_load(): every encoding of weights gives the same net, and data beside the file stay in
 * its folder. */
#include "tests/exchange/onnx_build.h"

#include <inttypes.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

static void predict(lam_net *net, lam_real y[8])
{
	lam_real x[12];
	for (int i = 0; i < 12; i++)
		x[i] = value(i);
	if (!net || lam_net_predict(net, x, 2, y))
		check(false, "%s", lam_error());
}

/* What the model's own weights give. */
static void expect(const build *b, lam_real y[8])
{
	const float *w = (const float *)(const void *)b->tensor[0].raw_data.data,
		    *bias = (const float *)(const void *)b->tensor[1].raw_data.data;
	for (int n = 0; n < 2; n++)
		for (int o = 0; o < 4; o++) {
			double sum = (double)bias[o];
			for (int i = 0; i < 6; i++)
				sum += (double)value(6 * n + i) * (double)w[4 * i + o];
			y[4 * n + o] = (lam_real)sum;
		}
}

enum encoding { RAW, FLOATS, HALVES, DOUBLES, RAW_HALVES, BFLOATS, OUTSIDE, ENCODINGS };

/* The bits of a number that both formats of 16 bits can hold: few digits, no extremes. */
static uint16_t half_of(float value, bool bfloat)
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof bits);
	if (bfloat)
		return (uint16_t)(bits >> 16);
	if (value == 0)
		return 0;
	const uint32_t exponent = (bits >> 23 & 255) - 127 + 15;
	return (uint16_t)((bits >> 16 & 0x8000) | exponent << 10 | (bits >> 13 & 0x3ff));
}

/* Writes the tensor's values in another encoding. */
static void encode(build *b, LaminaOnnx__Tensor *t, enum encoding encoding)
{
	const float *values = (const float *)(const void *)t->raw_data.data;
	const size_t count = t->raw_data.len / sizeof *values;
	t->has_raw_data = encoding == RAW || encoding == RAW_HALVES;
	t->float_data = build_alloc(b, count * sizeof(float));
	t->int32_data = build_alloc(b, count * sizeof(int32_t));
	t->double_data = build_alloc(b, count * sizeof(double));
	uint8_t *halves = build_alloc(b, 2 * count);
	for (size_t i = 0; i < count; i++) {
		const uint16_t half = half_of(values[i], encoding == BFLOATS);
		t->float_data[i] = values[i];
		t->double_data[i] = (double)values[i];
		t->int32_data[i] = half;
		halves[2 * i] = (uint8_t)half;
		halves[2 * i + 1] = (uint8_t)(half >> 8);
	}
	t->n_float_data = encoding == FLOATS ? count : 0;
	t->n_double_data = encoding == DOUBLES ? count : 0;
	t->n_int32_data = encoding == HALVES || encoding == BFLOATS ? count : 0;
	if (encoding == HALVES || encoding == RAW_HALVES)
		t->data_type = LAM_ONNX_FLOAT16;
	if (encoding == BFLOATS)
		t->data_type = LAM_ONNX_BFLOAT16;
	if (encoding == DOUBLES)
		t->data_type = LAM_ONNX_DOUBLE;
	if (encoding == RAW_HALVES)
		t->raw_data = (ProtobufCBinaryData){2 * count, halves};
}

static void put_entry(build *b, LaminaOnnx__Tensor *t, const char *key, const char *text)
{
	LaminaOnnx__Entry *entry = build_alloc(b, sizeof *entry);
	lamina_onnx__entry__init(entry);
	entry->key = build_text(b, key, strlen(key));
	entry->value = build_text(b, text, strlen(text));
	if (!t->external_data)
		t->external_data = build_alloc(b, 4 * sizeof *t->external_data);
	t->external_data[t->n_external_data++] = entry;
}

static void put_outside(build *b, LaminaOnnx__Tensor *t, const char *location, const char *offset,
	const char *length)
{
	t->has_raw_data = 0;
	t->has_data_location = 1;
	t->data_location = 1;
	put_entry(b, t, "location", location);
	put_entry(b, t, "offset", offset);
	if (length)
		put_entry(b, t, "length", length);
}

static void every_encoding_gives_the_same_weights(void)
{
	for (enum encoding e = RAW; e < ENCODINGS; e++) {
		build b;
		lam_real expected[8], y[8] = {0};
		test_begin("encoding %d", (int)e);
		build_affine(&b);
		expect(&b, expected);
		uint8_t outside[200] = {0};
		memcpy(outside + 40, b.tensor[0].raw_data.data, 96);
		build_write_bytes(in_folder("weights.bin"), outside, 136);
		if (e == OUTSIDE)
			put_outside(&b, &b.tensor[0], "weights.bin", "40", "96");
		else
			for (int i = 0; i < 2; i++)
				encode(&b, &b.tensor[i], e);
		build_write(&b, in_folder("m.onnx"));
		lam_net *net = lam_onnx_load(in_folder("m.onnx"), .inference = true);
		predict(net, y);
		for (int i = 0; i < 8; i++)
			check(fabs((double)(y[i] - expected[i])) < 1e-5, "%g, expected %g",
				(double)y[i], (double)expected[i]);
		lam_net_free(net);
		build_free(&b);
		test_end();
	}
}

static void external_data_stays_in_the_folder(void)
{
	static const struct {
		const char *location, *offset, *length, *sentence;
		lam_status status;
	} rows[] = {
		{"../weights.bin", "0", "96", "in the folder of the model", LAM_ERR_FORMAT},
		{"/etc/passwd", "0", "96", "in the folder of the model", LAM_ERR_FORMAT},
		{"", "0", "96", "in the folder of the model", LAM_ERR_FORMAT},
		{"sub/../weights.bin", "0", "96", "in the folder of the model", LAM_ERR_FORMAT},
		{"link", "0", "96", "without symbolic links", LAM_ERR_FORMAT},
		{"none.bin", "0", "96", "cannot be read", LAM_ERR_IO},
		{"weights.bin", "41", "96", "which has 136", LAM_ERR_FORMAT},
		{"weights.bin", "999999999999999999", NULL, "which has 136", LAM_ERR_FORMAT},
		{"weights.bin", "0", "95", "95 bytes of external data", LAM_ERR_FORMAT},
		{"weights.bin", "-1", "96", "is \"-1\"; expected a number", LAM_ERR_FORMAT},
		{"sub", "0", "96", "not a plain file", LAM_ERR_IO},
	};
	mkdir(in_folder("sub"), 0700);
	(void)!symlink("weights.bin", in_folder("link"));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		build b;
		test_begin("external data in \"%s\" at %s", rows[i].location, rows[i].offset);
		build_affine(&b);
		put_outside(&b, &b.tensor[0], rows[i].location, rows[i].offset, rows[i].length);
		build_write(&b, in_folder("m.onnx"));
		lam_net *net = lam_onnx_load(in_folder("m.onnx"));
		check(!net, "it was loaded");
		says(rows[i].status, rows[i].sentence);
		lam_net_free(net);
		build_free(&b);
		test_end();
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(every_encoding_gives_the_same_weights),
		TEST(external_data_stays_in_the_folder)};
	if (!mkdtemp(folder))
		return TEST_ERROR;
	const int result = test_main(tests, sizeof tests / sizeof *tests, argc, argv);
	char command[64];
	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command) ? TEST_ERROR : result;
}
