/* SPDX-License-Identifier: MIT */
/* Composes a net as the bytes say, saves it, loads it: what is written is read back, to the same
 * text, parameters and statistics, and is written again to the same bytes. */
#include "framework/model/architecture.h"
#include "framework/net/inside.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_source.h"

#include <lamina.h>

enum {
	FLOOR = 96 << 20, /* nothing that is composed here takes as much */
	MOST_LAYERS = 24,
	MOST_DEPTH = 4,
	LIMIT = 1 << 22, /* of a net */
	LIST = 120,      /* values of an option that is a list */
};

/* A class of the caller's, with options of every type. */
struct own {
	LAM_LAYER_OPTIONS;
	int list[LIST], pair[2], number, choice;
	lam_real reals[16], real;
	bool flag;
	lam_shape shape;
};

static lam_status own_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	if (pass->out->data != pass->x->data)
		memcpy(pass->out->data, pass->x->data, (size_t)pass->x->values * sizeof(lam_real));
	return LAM_OK;
}

static const char *const choices[] = {"first", "second", "th:rd", "f=urth", NULL};
static const lam_option own_options[] = {
	LAM_OPTION(struct own, list, INTS, .count = LIST, .least = INT_MIN, .most = INT_MAX),
	LAM_OPTION(struct own, pair, PAIR, .fallback = 1, .least = -100, .most = 100),
	LAM_OPTION(struct own, number, INT, .fallback = 3, .least = INT_MIN, .most = INT_MAX),
	LAM_OPTION(struct own, reals, REALS, .count = 16, .least = -1e30, .most = 1e30),
	LAM_OPTION(struct own, real, REAL, .fallback = 2, .least = -1e30, .most = 1e30),
	LAM_OPTION(struct own, flag, BOOL, .most = 1),
	LAM_OPTION(struct own, shape, SHAPE, .most = 1e9),
	LAM_OPTION(struct own, choice, CHOICE, .most = 3, .choices = choices),
	LAM_OPTIONS_END,
};
static const lam_layer_class own_class = {LAM_LAYER_ABI, .kind = "own", .flags = LAM_PASSES_DY,
	.state_size = sizeof(struct own), .options = own_options, .forward = own_forward};

static int take_int(struct source *s)
{
	uint32_t bits = 0;
	for (int i = 0; i < 4; i++)
		bits = bits << 8 | (uint32_t)take(s, 256);
	return bits == 0x80000000 ? LAM_ZERO : (int)bits;
}

static lam_real take_real(struct source *s)
{
	/* digits enough that the shortest text of them is long */
	return (lam_real)take_int(s) / (lam_real)(1 + take(s, 256));
}

/* NULL, or a name that may be refused. */
static const char *take_name(struct source *s, char name[80])
{
	int length = take(s, 4) ? 0 : take(s, 80);
	for (int i = 0; i < length; i++)
		name[i] = (char)(take(s, 16) ? 'a' + take(s, 26) : 1 + take(s, 255));
	name[length] = '\0';
	return length ? name : NULL;
}

static lam_layer *compose_own(struct source *s, const char *name)
{
	struct own o = {.size = sizeof o, .name = name};
	for (int i = take(s, LIST + 1); i-- > 0;)
		o.list[i] = take_int(s);
	for (int i = take(s, 17); i-- > 0;)
		o.reals[i] = take_real(s);
	o.pair[0] = take(s, 200) - 100;
	o.pair[1] = take(s, 200) - 100;
	o.number = take_int(s);
	o.real = take_real(s);
	o.flag = take(s, 2);
	o.choice = take(s, 4);
	o.shape.rank = take(s, LAM_MAX_RANK + 1);
	for (int i = 0; i < o.shape.rank; i++)
		o.shape.dim[i] = 1 + take(s, 256);
	return lam_layer_new(&own_class, &o);
}

static lam_layer *compose(struct source *s, int depth);

static lam_layer *compose_list(struct source *s, const char *name, int depth)
{
	lam_layer *layers[MOST_LAYERS];
	int count = 1 + take(s, 6);
	for (int i = 0; i < count; i++)
		layers[i] = compose(s, depth + 1);
	return lam_sequential_new(&(lam_sequential_options){.size = sizeof(lam_sequential_options),
		.name = name,
		.layers = layers,
		.count = count});
}

static lam_layer *compose(struct source *s, int depth)
{
	char room[80];
	const char *name = take_name(s, room);
	if (++s->layers >= MOST_LAYERS || depth >= MOST_DEPTH)
		return lam_relu(.name = name);
	switch (take(s, 12)) {
	case 0:
		return compose_list(s, name, depth);
	case 1:
		return lam_residual(compose(s, depth + 1), .name = name);
	case 2:
		return lam_conv2d(.out = 1 + take(s, 4), .kernel = {1 + take(s, 3), take(s, 3)},
			.pad = {take(s, 2), take(s, 2) ? LAM_ZERO : 0}, .stride = {take(s, 3)},
			.no_bias = take(s, 2), .direct = take(s, 2), .init = take(s, 4),
			.name = name);
	case 3:
		return lam_batch_norm(.eps = take(s, 2) ? take_real(s) : 0,
			.momentum = take(s, 2) ? LAM_ZERO : 0, .name = name);
	case 4:
		return lam_leaky_relu(.slope = take_real(s), .name = name);
	case 5:
		return lam_dropout(.p = (lam_real)take(s, 100) / 100, .name = name);
	case 6:
		return lam_affine(.out = 1 + take(s, 8), .no_bias = take(s, 2), .name = name);
	case 7:
		return lam_max_pool2d(.kernel = {1 + take(s, 2)}, .name = name);
	case 8:
		return lam_zero_pad2d(.pad = {take(s, 2), take(s, 2), take(s, 2), take(s, 2)},
			.name = name);
	case 9:
		return lam_standardize(.mean = {take_real(s)}, .std = {take_real(s)}, .name = name);
	default:
		return compose_own(s, name);
	}
}

/* Whatever bits the parameters have. */
static void fill(lam_param *param, struct source *s)
{
	const lam_shape shape = lam_param_shape(param);
	lam_real *value = lam_param_edit(param);
	for (int64_t i = 0; i < lam_shape_count(&shape) && s->at < s->end; i++)
		for (size_t k = 0; k < sizeof *value; k++)
			((unsigned char *)(value + i))[k] = (unsigned char)take(s, 256);
}

static void same(const lam_param *a, const lam_param *b)
{
	const lam_shape shape = lam_param_shape(a), other = lam_param_shape(b);
	if (!lam_shape_equal(&shape, &other) || strcmp(lam_param_name(a), lam_param_name(b)))
		fuzz_wrong("another parameter came back");
	if (memcmp(lam_param_value(a), lam_param_value(b),
		    (size_t)lam_shape_count(&shape) * sizeof(lam_real)))
		fuzz_wrong("other values came back");
}

static void compare(lam_net *net, lam_net *back)
{
	if (lam_net_param_count(net) != lam_net_param_count(back)
		|| lam_net_state_count(net) != lam_net_state_count(back))
		fuzz_wrong("more or less came back");
	for (int i = 0; i < lam_net_param_count(net); i++)
		same(lam_net_param(net, i), lam_net_param(back, i));
	for (int i = 0; i < lam_net_state_count(net); i++)
		same(lam_net_state(net, i), lam_net_state(back, i));
}

static void there_and_back(lam_net *net, bool compress)
{
	static const lam_layer_class *const classes[] = {&own_class, NULL};
	struct fuzz_saved first, second;
	if (lam_net_save(net, fuzz_written(), .compress = compress))
		fuzz_wrong("a net that cannot be saved");
	first = fuzz_take_saved();
	lam_net *back = lam_net_load(fuzz_path(first.bytes, first.size), .max_batch = 1,
		.threads = 1, .classes = classes, .memory_limit = SIZE_MAX);
	if (!back)
		fuzz_wrong("what was written is not read back");
	else
		compare(net, back);
	if (lam_net_save(back, fuzz_written(), .compress = compress))
		fuzz_wrong("a net that came back cannot be saved");
	second = fuzz_take_saved();
	if (first.size != second.size || memcmp(first.bytes, second.bytes, first.size))
		fuzz_wrong("written again it is another file");
	lam_net_free(back);
	free(first.bytes);
	free(second.bytes);
}

FUZZ_TARGET(roundtrip)
{
	struct source s = {data, data + size, 0};
	fuzz_begin(FLOOR, 0, size);
	lam_shape input = {.rank = take(&s, 2) ? 3 : 1 + take(&s, 4)};
	for (int i = 0; i < input.rank; i++)
		input.dim[i] = 1 + take(&s, 6);
	const bool compress = take(&s, 2);
	lam_layer *model = take(&s, 4) ? compose_list(&s, NULL, 0) : compose(&s, 0);
	/* Much of what is composed here fits no input: then there is no net to save. */
	lam_net *net = model
		? lam_net_create(model, input, .max_batch = 1, .threads = 1, .memory_limit = LIMIT)
		: NULL;
	if (net) {
		for (int i = 0; i < lam_net_param_count(net); i++)
			fill(lam_net_param(net, i), &s);
		there_and_back(net, compress);
	}
	lam_net_free(net);
	return fuzz_end();
}
