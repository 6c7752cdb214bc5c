/* SPDX-License-Identifier: MIT */
/* Models that look like ones that lamina has layers for and mean something else: each is refused
 * with a sentence, or computes what ONNX says. A model is a text of parts with "; " between them:
 *
 *     13; in x 0 4; w scale 4; list axes 1 2; Add x scale -> y, alpha 0.5, axis 1, pads [0 1]
 *
 * which are the opset, an input and weights with their dimensions, a list of whole numbers, and
 * nodes with their attributes. "one NAME VALUE" is a constant of one value, "all NAME VALUE DIMS"
 * one of equal values. The output is y. */
#include "layers/loss.h"
#include "tests/exchange/onnx_build.h"

#include <ctype.h>
#include <math.h>

enum { MOST_VALUES = 64 };

/* The whole numbers of "1 2 3". */
static int numbers_of(const char *text, int64_t *numbers)
{
	int count = 0;
	char *end;
	for (; count < MOST_VALUES; text = end) {
		numbers[count] = strtoll(text, &end, 10);
		if (end == text)
			break;
		count++;
	}
	return count;
}

/* "axis 1", "alpha 0.5", "pads [0 1]" or "mode text". */
static void put_attribute(build *b, LaminaOnnx__Node *node, const char *text)
{
	char name[32];
	int used = 0;
	int64_t numbers[MOST_VALUES];
	sscanf(text, "%31s %n", name, &used);
	const char *value = text + used;
	if (*value == '[') {
		const int count = numbers_of(value + 1, numbers);
		build_ints(b, node, name, (size_t)count, numbers);
	} else if (isalpha((unsigned char)*value)) {
		LaminaOnnx__Attribute *a = build_attribute(b, node, name);
		a->has_s = a->has_type = 1;
		a->type = 3;
		a->s.len = strlen(value);
		a->s.data = (uint8_t *)build_text(b, value, a->s.len);
	} else if (strchr(value, '.')) {
		LaminaOnnx__Attribute *a = build_attribute(b, node, name);
		a->has_f = a->has_type = 1;
		a->type = 1;
		a->f = strtof(value, NULL);
	} else {
		build_int(b, node, name, strtoll(value, NULL, 10));
	}
}

/* "Add x scale -> y, alpha 0.5, axis 1" */
static void put_node(build *b, char *text)
{
	char *rest = NULL, *head = strtok_r(text, ",", &rest), *arrow = strstr(head, " -> ");
	char *space = strchr(head, ' ');
	*arrow = *space = 0;
	LaminaOnnx__Node *node = build_node(
		b, head, space < arrow ? space + 1 : "", arrow + strlen(" -> "));
	for (char *part; (part = strtok_r(NULL, ",", &rest));)
		put_attribute(b, node, part + strspn(part, " "));
}

/* "in x 0 4", "w scale 4", "list axes 1 2", "one number 0.5" or "all ones 1 4". */
static bool put_value(build *b, const char *text)
{
	char kind[16], name[32];
	int used = 0;
	double number = 0;
	int64_t numbers[MOST_VALUES];
	if (sscanf(text, "%15s %31s %n", kind, name, &used) < 2)
		return false;
	text += used;
	const bool equal = !strcmp(kind, "all");
	if (equal || !strcmp(kind, "one")) {
		char *end;
		number = strtod(text, &end);
		text = end;
	}
	const int count = numbers_of(text, numbers);
	if (!strcmp(kind, "in")) {
		build_end(b, false, name, count, numbers);
	} else if (!strcmp(kind, "list")) {
		build_numbers(b, name, count, numbers);
	} else if (equal || !strcmp(kind, "one") || !strcmp(kind, "w")) {
		LaminaOnnx__Tensor *tensor = build_tensor(b, name, count, numbers);
		float *values = (float *)(void *)tensor->raw_data.data;
		for (size_t i = 0; kind[0] != 'w' && i < tensor->raw_data.len / sizeof *values; i++)
			values[i] = (float)number;
	} else {
		return false;
	}
	return true;
}

static void put_model(build *b, const char *text)
{
	char copy[1500], *rest = NULL;
	snprintf(copy, sizeof copy, "%s", text);
	build_begin(b, atoi(strtok_r(copy, ";", &rest)));
	for (char *part; (part = strtok_r(NULL, ";", &rest));) {
		part += strspn(part, " ");
		if (!put_value(b, part))
			put_node(b, part);
	}
	build_output(b, "y");
}

static const struct {
	const char *model, *sentence;
} refused[] = {
	{"13; in x 0 1; list a 1; Squeeze x a -> s; Add x s -> y",
		"a value of 2 dimensions beside one of 1"},
	{"13; in x 0 1; list a 1; Squeeze x a -> s; Sub x s -> y",
		"a value of 2 dimensions beside one of 1"},
	{"13; in x 0 1; list a 1; Squeeze x a -> s; Mul x s -> y",
		"a value of 2 dimensions beside one of 1"},
	{"13; in x 0 1; list a 1; Squeeze x a -> s; Sum x s -> y",
		"a value of 2 dimensions beside one of 1"},
	{"13; in x 0 1; list a 1; Squeeze x a -> s; Max x s -> y",
		"a value of 2 dimensions beside one of 1"},
	{"13; in x 0 1; list a 1; Squeeze x a -> s; Min x s -> y",
		"a value of 2 dimensions beside one of 1"},
	{"13; in x 0 4; one c 1 1 1 1; Max x c -> y", "a constant of 3 dimensions, beside 2"},
	{"13; in x 0 4; one c 2 1 1 1; Pow x c -> y", "a constant of 3 dimensions, beside 2"},
	{"13; in x 0 4; w w 4 3; w b 1 1 3; MatMul x w -> m; Add m b -> y",
		"a constant of 3 dimensions, beside 2"},
	{"13; in x 0 4; one three 3 1 1 1; one six 6; one zero 0; Add x three -> a; "
	 "Clip a zero six -> c; Mul x c -> d; Div d six -> y",
		"a constant of 3 dimensions, beside 2"},
	{"13; in x 3 4; in z 1 4; Add x z -> y", "input \"z\" begins with a dimension of 1"},
	{"13; in x 0 4; in z 1 4; Add x z -> y", "input \"z\" begins with a dimension of 1"},
	{"13; in z 1 4; in x 0 4; Add x z -> y",
		"input \"x\" begins with a dimension of unknown size, not 1"},
	{"13; in x 3 4; list s 1 -1; Reshape x s -> y", "it moves values between the batch"},
	{"13; in x 0 4; list zero 0; list three 3; one two 2; one half 0.5; w t 8 4; "
	 "Shape x -> s; Gather s zero -> n; Cast n -> k, to 1; Mul x k -> y",
		"its constant depends on the number of samples"},
	{"13; in x 0 4; list zero 0; list three 3; one two 2; one half 0.5; w t 8 4; "
	 "Shape x -> s; Gather s zero -> n; Cast n -> k, to 1; Reciprocal k -> r; Mul x r -> y",
		"it depends on the number of samples"},
	{"13; in x 0 4; list zero 0; list three 3; one two 2; one half 0.5; w t 8 4; "
	 "Shape x -> s; Gather s zero -> n; Min n three -> m; Cast m -> k, to 1; "
	 "Mul x k -> y",
		"it depends on the number of samples"},
	{"13; in x 0 4; list zero 0; list three 3; one two 2; one half 0.5; w t 8 4; "
	 "Shape x -> s; Gather s zero -> n; Equal n three -> m; Where m two half -> k; "
	 "Mul x k -> y",
		"it depends on the number of samples"},
	{"13; in x 0 4; list zero 0; list three 3; one two 2; one half 0.5; w t 8 4; "
	 "Shape x -> s; Gather s zero -> n; Slice t zero n -> k; "
	 "ReduceSum k zero -> u, keepdims 0; Mul x u -> y",
		"it cuts a constant at the number of samples"},
	{"13; in x 0 4 2; w s 4; w b 4; w m 4; w v 4; "
	 "BatchNormalization x s b m v -> y mean var sm sv",
		"it is in training mode"},
	{"6; in x 0 4 2; w s 4; w b 4; w m 4; w v 4; BatchNormalization x s b m v -> y",
		"it is in training mode (is_test 0)"},
	{"6; in x 0 4; Dropout x -> y", "it drops values"},
	{"17; in x 0 3 4; w s 4; w b 4; LayerNormalization x s b -> y, epsilon 0.0",
		"option eps is 0; expected above 0"},
	{"17; in x 0 3 4; w s 3; w b 3; InstanceNormalization x s b -> y, epsilon 0.0",
		"option eps is 0; expected above 0"},
	{"13; in x 0 4 4; w s 4; PRelu x s -> y", "its slopes differ within a channel"},
	{"13; in x 0 2 8; "
	 "MaxPool x -> y, kernel_shape [1], strides [4], auto_pad SAME_UPPER",
		"its strides are larger than its windows"},
	{"13; in x 0 2 8; "
	 "AveragePool x -> y, kernel_shape [2], strides [4], auto_pad SAME_LOWER",
		"its strides are larger than its windows"},
	{"13; in x 0 2 5; w w 2 3 1; "
	 "ConvTranspose x w -> y, strides [3], auto_pad SAME_LOWER",
		"a side of 15, and its taps reach only 13"},
	{"13; in x 0 2 5; w w 2 3 1; w b 3; "
	 "ConvTranspose x w b -> y, strides [3], output_shape [15]",
		"beyond the last tap, where only the bias"},
	{"13; in x 0 2 5; w w 2 3 1; ConvTranspose x w -> y, strides [3], output_shape [16]",
		"a side of 16, and its taps reach only 13"},
	{"13; in x 0 4 4; w w 4; w b 4; one two 2; one e 1e-5; "
	 "ReduceMean x -> m, axes [-1]; Sub x m -> d; ReduceMean x -> m2, axes [-2]; "
	 "Sub x m2 -> d2; Pow d2 two -> q; ReduceMean q -> v, axes [-1]; Add v e -> ve; "
	 "Sqrt ve -> s; Div d s -> z; Mul z w -> zw; Add zw b -> y",
		"cannot be mapped"},
	{"13; in x 0 4 4; w w 4; w b 4; one two 2; one e 1e-5; "
	 "ReduceMean x -> m, axes [-1]; Sub x m -> d; ReduceMean x -> m2, axes [-2]; "
	 "Sub x m2 -> d2; Mul d2 d2 -> q; ReduceMean q -> v, axes [-1]; Add v e -> ve; "
	 "Sqrt ve -> s; Div d s -> z; Mul z w -> zw; Add zw b -> y",
		"cannot be mapped"},
	{"13; in x 0 4 4; w w 4 1; w b 4; one two 2; one e 1e-5; "
	 "ReduceMean x -> m, axes [-1]; Sub x m -> d; Pow d two -> q; "
	 "ReduceMean q -> v, axes [-1]; Add v e -> ve; Sqrt ve -> s; Div d s -> z; "
	 "Mul z w -> zw; Add zw b -> y",
		"differs along axes over which it does not normalise"},
	{"13; in x 0 4 4; w w 4 4; w b 4; one two 2; one e 1e-5; "
	 "ReduceMean x -> m, axes [-1]; Sub x m -> d; Pow d two -> q; "
	 "ReduceMean q -> v, axes [-1]; Add v e -> ve; Sqrt ve -> s; Div d s -> z; "
	 "Mul z w -> zw; Add zw b -> y",
		"differs along axes over which it does not normalise"},
	{"13; in x 0 4 8; all p 1 2; all q 0 2; w w 4 1; w b 4 1; list s -1 2 8; "
	 "list t -1 4 8; Reshape x s -> r; InstanceNormalization r p q -> i; "
	 "Reshape i t -> u; Mul u w -> uw; Add uw b -> y",
		"gives its values another shape"},
	{"13; in x 0 4 8; all p 1 2; all q 0 2; w w 4 1; w b 4 1; list s 0 2 -1; "
	 "list t 0 8 4; Reshape x s -> r; InstanceNormalization r p q -> i; "
	 "Reshape i t -> u; Mul u w -> uw; Add uw b -> y",
		"gives its values another shape"},
	{"13; in x 0 8 4 4; list s 0 2 2 2 2 8; list t 0 2 4 16; Reshape x s -> a; "
	 "Transpose a -> c, perm [0 1 4 2 5 3]; Reshape c t -> y",
		"it is no pixel shuffle"},
	{"13; in x 0 8 4 4; list s 0 2 2 2 4 4; list t 0 4 4 8; Reshape x s -> a; "
	 "Transpose a -> c, perm [0 1 4 2 5 3]; Reshape c t -> y",
		"it is no pixel shuffle"},
	{"13; in x 0 2 4 4; list s 0 2 2 2 2 2; list t 0 2 4 4; Reshape x s -> a; "
	 "Transpose a -> c, perm [0 1 3 5 2 4]; Reshape c t -> y",
		"it is no pixel shuffle"},
	{"13; in x 0 2 4 4; list s 0 1 4 2 2 2; list t 0 4 4 2; Reshape x s -> a; "
	 "Transpose a -> c, perm [0 1 3 5 2 4]; Reshape c t -> y",
		"it is no pixel shuffle"},
	{"13; in x 0 4; list k 300 1 2 3; Cast k -> u, to 2; Cast u -> r, to 1; "
	 "Mul x r -> y",
		"300 as a whole number of type 2"},
	{"13; in x 0 4; list k 2 3 4 5; one e 0.5; Pow k e -> u; Cast u -> r, to 1; "
	 "Mul x r -> y",
		"a power of whole numbers to real ones"},
	{"13; in x 0 4; w k 4; list s 3 3; list e -9 -9; list a 0 0; list t -1 -1; "
	 "Slice k s e a t -> u; Mul x u -> y",
		"axis 0 is cut twice"},
	{"13; in x 0 4; list a 1 1; Unsqueeze x a -> y", "axis 1 is listed twice"},
};

static void other_meanings_are_refused(void)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		build b;
		put_model(&b, refused[i].model);
		lam_net *net = build_load(&b, (lam_onnx_load_options){.inference = true});
		check(!net, "loaded: %s", refused[i].model);
		check(net || strstr(lam_error(), refused[i].sentence),
			"%s: \"%s\", expected \"%s\"", refused[i].model, lam_error(),
			refused[i].sentence);
		lam_net_free(net);
		build_free(&b);
	}
}

/* A zero option of a file is a zero, where a plain 0 of lamina's would be the default. */
static void zeros_are_no_defaults(void)
{
	static const char *const models[] = {
		"13; in x 0 3; Selu x -> y, alpha 0.0, gamma 2.0",
		"13; in x 0 3 1; LRN x -> y, size 3, bias 0.0, alpha 3.0, beta 0.5",
		"13; in x 0 3; Elu x -> y, alpha 0.0",
		"13; in x 0 3; LeakyRelu x -> y, alpha 0.0",
	};
	static const lam_real x[3] = {-1, 2, 0.5f};
	static const lam_real expected[][3] = {{0, 4, 1},
		{-1 / 2.2360680f, 2 / 2.2912878f, 0.5f / 2.0615528f}, {0, 2, 0.5f}, {0, 2, 0.5f}};
	for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
		build b;
		lam_real y[3] = {0};
		put_model(&b, models[i]);
		lam_net *net = build_load(&b, (lam_onnx_load_options){.inference = true});
		check(net && !lam_net_predict(net, x, 1, y), "%s: %s", models[i], lam_error());
		for (int k = 0; k < 3; k++)
			check(fabs((double)(y[k] - expected[i][k])) < 1e-5,
				"%s: %g at %d, expected %g", models[i], (double)y[k], k,
				(double)expected[i][k]);
		lam_net_free(net);
		build_free(&b);
	}
}

static void a_loss_takes_the_place_of_a_softmax_over_channels_alone(void)
{
	static const struct {
		const char *model;
		bool over_channels;
	} cases[] = {
		{"13; in x 0 4; Softmax x -> y", true},
		{"13; in x 0 4 5; Softmax x -> y, axis 1", true},
		{"13; in x 0 4 5; Softmax x -> y, axis -2", true},
		{"13; in x 0 4 5; Softmax x -> y", false},
		{"11; in x 0 4; Softmax x -> y", true},
		{"11; in x 0 4 5; Softmax x -> y, axis 1", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		build b;
		put_model(&b, cases[i].model);
		lam_net *net = build_load(
			&b, (lam_onnx_load_options){.loss = lam_softmax_cross_entropy()});
		check((net != NULL) == cases[i].over_channels, "%s: %s", cases[i].model,
			net ? "loaded" : lam_error());
		if (!net)
			says(LAM_ERR_UNSUPPORTED, "softmax is over another axis");
		lam_net_free(net);
		build_free(&b);
	}
}

/* As programs write an upsampling of any size. */
static void sizes_may_be_computed_in_reals(void)
{
	build b;
	put_model(&b,
		"13; in x 0 2 3 4; list zero 0; list two 2; list four 4; all twice 2 2; "
		"Shape x -> shape; Cast shape -> reals, to 1; Slice reals two four -> places; "
		"Mul places twice -> more; Floor more -> floor; Cast floor -> whole, to 7; "
		"Slice shape zero two -> kept; Concat kept whole -> size, axis 0; "
		"Resize x - - size -> y, mode nearest, nearest_mode floor, "
		"coordinate_transformation_mode asymmetric");
	lam_net *net = build_load(&b, (lam_onnx_load_options){.inference = true});
	check(net != NULL, "%s", lam_error());
	const lam_shape shape = net ? lam_net_output_shape(net) : LAM_SHAPE(1),
			expected = LAM_SHAPE(2, 6, 8);
	check(lam_shape_equal(&shape, &expected), "%s", lam_shape_text(shape).text);
	lam_net_free(net);
	build_free(&b);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(other_meanings_are_refused),
		TEST(zeros_are_no_defaults),
		TEST(sizes_may_be_computed_in_reals),
		TEST(a_loss_takes_the_place_of_a_softmax_over_channels_alone),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
