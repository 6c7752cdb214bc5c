/* SPDX-License-Identifier: MIT */
/* Trees of nodes that are one layer. A tree is written as a formula,
 *
 *     Mul(x, Sigmoid(x))
 *
 * where a name is an operator whose inputs stand in parentheses. It may have more inputs, if those
 * are constants. Add and Mul take their inputs in either order. x is a value that depends on the
 * net's inputs, any other small letter a constant; a letter stands for one value wherever it is. A
 * number is a constant of that one value. A capital letter and a colon before an operator keep the
 * node for .make and .fits. */
#include "exchange/onnx/graph.h"
#include "exchange/onnx/operators.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The steps of a layer norm, whose means are M, N, O and V. */
#define NORMALISED(square) "Div(Sub(x, M:ReduceMean(x)), Sqrt(Add(V:ReduceMean(" square "), e)))"
#define SQUARE "Mul(Sub(x, N:ReduceMean(x)), Sub(x, O:ReduceMean(x)))"

/* Longer trees come before those that are parts of them. */
static const lam_onnx_pattern patterns[] = {
	{"Add(Mul(" NORMALISED("Pow(Sub(x, N:ReduceMean(x)), 2)") ", w), b)",
		lam_onnx_layer_norm_parts, lam_onnx_fits_layer_norm},
	{NORMALISED("Pow(Sub(x, N:ReduceMean(x)), 2)"), lam_onnx_layer_norm_parts,
		lam_onnx_fits_layer_norm},
	{"Add(Mul(" NORMALISED(SQUARE) ", w), b)", lam_onnx_layer_norm_parts,
		lam_onnx_fits_layer_norm},
	{NORMALISED(SQUARE), lam_onnx_layer_norm_parts, lam_onnx_fits_layer_norm},
	{"Add(Mul(Reshape(I:InstanceNormalization(Reshape(x, s), p, q), t), w), b)",
		lam_onnx_group_norm_parts, lam_onnx_fits_group_norm},
	{"Reshape(T:Transpose(Reshape(x, s)), t)", lam_onnx_pixels_parts, lam_onnx_fits_pixels},
	{"Add(Mul(Div(Sub(x, m), s), w), b)", lam_onnx_batch_norm_parts, NULL},
	{"Div(Sub(x, m), s)", lam_onnx_standardize_parts, NULL},
	{"Mul(Mul(x, Add(Erf(Div(x, 1.41421356)), 1)), 0.5)", lam_onnx_pattern_gelu, NULL},
	{"Mul(Mul(x, 0.5), Add(Erf(Div(x, 1.41421356)), 1))", lam_onnx_pattern_gelu, NULL},
	{"Mul(x, Mul(Add(Erf(Div(x, 1.41421356)), 1), 0.5))", lam_onnx_pattern_gelu, NULL},
	{"Mul(Mul(x, Add(Erf(Mul(x, 0.70710678)), 1)), 0.5)", lam_onnx_pattern_gelu, NULL},
	{"Mul(Mul(x, 0.5), Add(Erf(Mul(x, 0.70710678)), 1))", lam_onnx_pattern_gelu, NULL},
	{"Mul(x, Mul(Add(Erf(Mul(x, 0.70710678)), 1), 0.5))", lam_onnx_pattern_gelu, NULL},
	{"Div(Mul(x, C:Clip(Add(x, 3))), 6)", lam_onnx_pattern_hard_swish, lam_onnx_fits_clip_to_6},
	{"Mul(x, Div(C:Clip(Add(x, 3)), 6))", lam_onnx_pattern_hard_swish, lam_onnx_fits_clip_to_6},
	{"Mul(Mul(x, C:Clip(Add(x, 3))), 0.16666667)", lam_onnx_pattern_hard_swish,
		lam_onnx_fits_clip_to_6},
	{"Mul(x, Mul(C:Clip(Add(x, 3)), 0.16666667))", lam_onnx_pattern_hard_swish,
		lam_onnx_fits_clip_to_6},
	{"Mul(x, H:HardSigmoid(x))", lam_onnx_pattern_hard_swish, lam_onnx_fits_hard_sigmoid},
	{"Mul(x, Sigmoid(x))", lam_onnx_pattern_silu, NULL},
	{"Add(M:MatMul(x, w), b)", lam_onnx_matmul_add, lam_onnx_fits_matmul},
	{"Add(Mul(x, w), b)", lam_onnx_affine_chain, NULL},
	{"Where(Greater(x, t), x, Softplus(x))", lam_onnx_softplus_parts, lam_onnx_fits_softplus},
	{"Where(Greater(Mul(x, b), t), x, Div(Softplus(Mul(x, b)), c))", lam_onnx_softplus_parts,
		lam_onnx_fits_softplus},
	{"Div(x, Pow(Add(C:Conv(Mul(x, x), w), k), b))", lam_onnx_response_norm_parts,
		lam_onnx_fits_response_norm},
	{"MaxPool(P:Pad(x))", lam_onnx_max_pool_padded, lam_onnx_fits_lowest_padding},
};

typedef struct match {
	lam_onnx_import *im;
	lam_onnx_value *letters[26];
	lam_onnx_node *inner[26];
	int constant_rank;
} match;

/* The end of the formula that begins here. */
static const char *skip(const char *tree)
{
	int depth = 0;
	for (; *tree && (depth || (*tree != ',' && *tree != ')')); tree++)
		depth += (*tree == '(') - (*tree == ')');
	return tree;
}

static void note_rank(match *m, const lam_onnx_value *constant)
{
	if (constant->tensor->rank > m->constant_rank)
		m->constant_rank = constant->tensor->rank;
}

static bool match_letter(match *m, char letter, lam_onnx_value *value)
{
	lam_onnx_value **slot = &m->letters[letter - 'a'];
	if ((value->state == LAM_ONNX_CONSTANT) != (letter != 'x') || (*slot && *slot != value))
		return false;
	*slot = value;
	if (letter != 'x')
		note_rank(m, value);
	return true;
}

static bool match_number(match *m, double number, lam_onnx_value *value)
{
	if (value->state != LAM_ONNX_CONSTANT || value->tensor->count != 1
		|| lam_onnx_tensor_decode(m->im->file, m->im->arena, value->tensor))
		return false;
	note_rank(m, value);
	return fabs(lam_onnx_number(value->tensor, 0) - number) <= 1e-6 * fabs(number);
}

static bool match_value(match *m, const char *tree, lam_onnx_value *value);

/* The inputs of a node, in the order of the tree or with the first two exchanged. */
static bool match_inputs(match *m, const char *tree, const lam_onnx_node *node, bool exchanged)
{
	int i = 0;
	for (; *tree != ')'; i++) {
		const int from = exchanged && i < 2 ? 1 - i : i;
		if (from >= node->inputs || !node->in[from]
			|| !match_value(m, tree, node->in[from]))
			return false;
		tree = skip(tree);
		tree += *tree == ',';
		tree += *tree == ' ';
	}
	for (; i < node->inputs; i++)
		if (node->in[i] && node->in[i]->state != LAM_ONNX_CONSTANT)
			return false;
	return true;
}

static bool match_node(match *m, const char *tree, lam_onnx_node *node)
{
	if (tree[1] == ':') {
		m->inner[tree[0] - 'A'] = node;
		tree += 2;
	}
	const size_t length = strcspn(tree, "(");
	const char *operation = node->proto->op_type;
	if (strlen(operation) != length || strncmp(operation, tree, length) != 0
		|| !lam_onnx_is_domain(node->proto->domain)
		|| !node->operator|| lam_onnx_check_attributes(
			node->proto, node->operator->attributes))
		return false;
	const match before = *m;
	if (match_inputs(m, tree + length + 1, node, false))
		return true;
	*m = before;
	return (!strcmp(operation, "Add") || !strcmp(operation, "Mul"))
		&& match_inputs(m, tree + length + 1, node, true);
}

static bool match_value(match *m, const char *tree, lam_onnx_value *value)
{
	if (islower((unsigned char)*tree))
		return match_letter(m, *tree, value);
	if (isdigit((unsigned char)*tree))
		return match_number(m, strtod(tree, NULL), value);
	/* A value that is read from outside has its own layers as well. */
	return value->maker && value->state == LAM_ONNX_UNMADE && value == value->maker->out[0]
		&& match_node(m, tree, value->maker);
}

static lam_status keep(lam_onnx_import *im, lam_onnx_node *node, const match *m)
{
	node->letters = lam_onnx_alloc(im->arena, 1, sizeof m->letters);
	node->inner = lam_onnx_alloc(im->arena, 1, sizeof m->inner);
	if (!node->letters || !node->inner)
		return LAM_ERR_MEMORY;
	memcpy(node->letters, m->letters, sizeof m->letters);
	memcpy(node->inner, m->inner, sizeof m->inner);
	node->constant_rank = m->constant_rank;
	return LAM_OK;
}

lam_status lam_onnx_find_patterns(lam_onnx_import *im)
{
	for (int n = 0; n < im->node_count; n++) {
		lam_onnx_node *node = &im->nodes[n];
		if (!node->wanted || !node->out[0] || node->out[0]->state != LAM_ONNX_UNMADE)
			continue;
		for (size_t p = 0; p < sizeof patterns / sizeof *patterns && !node->pattern; p++) {
			match m = {.im = im};
			if (!match_node(&m, patterns[p].tree, node))
				continue;
			if (keep(im, node, &m))
				return LAM_ERR_MEMORY;
			if (!patterns[p].fits || patterns[p].fits(im, node))
				node->pattern = &patterns[p];
		}
	}
	return im->arena->failed ? LAM_ERR_MEMORY : LAM_OK;
}

static bool is_number(lam_onnx_import *im, const lam_onnx_node *node, int i, const char *attribute,
	double expected)
{
	double number = lam_onnx_real(node, attribute, NAN);
	return !lam_onnx_single(im, node, i, attribute, &number) && number == expected;
}

bool lam_onnx_fits_clip_to_6(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_node *clip = lam_onnx_inner(node, 'C');
	return is_number(im, clip, 1, "min", 0) && is_number(im, clip, 2, "max", 6);
}

bool lam_onnx_fits_hard_sigmoid(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_node *inner = lam_onnx_inner(node, 'H');
	(void)im;
	return fabs(lam_onnx_real(inner, "alpha", 0.2) - 1.0 / 6) < 1e-6
		&& lam_onnx_real(inner, "beta", 0.5) == 0.5;
}
