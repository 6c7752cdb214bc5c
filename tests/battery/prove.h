/* SPDX-License-Identifier: MIT */
/* The battery as test cases: one case per part and subject, each of many trials. */
#ifndef LAM_PROVE_H
#define LAM_PROVE_H

#include "tests/battery/subjects.h"
#include "tests/kit.h"

#include <stdlib.h>

/* Runs trials 0 to `count` - 1 of a part; stops after ten complaints. */
KIT_UNUSED static void prove_part(const struct subject *subject, const char *what,
	const char *(*part)(const struct subject *, int), int count)
{
	count = test_share(count);
	test_begin("%s: %s, %d trials", subject->name, what, count);
	const char *only = getenv("BATTERY_TRIAL");
	for (int number = 0; number < count && kit.failures < TEST_SHOWN; number++) {
		const char *complaint = only && atoi(only) != number ? NULL : part(subject, number);
		check(!complaint, "%s", complaint);
	}
	test_end();
}

/* All parts except `wrong`. */
KIT_UNUSED static void prove_right(const struct subject *subject)
{
	int count = 0;
	test_begin("%s: PyTorch's values", subject->name);
	const char *complaint = battery_reference(subject, &count);
	check(!complaint, "%s", complaint);
	check(count > 0 || subject->traits & SUBJECT_RANDOM, "no case in the file");
	prove_part(subject, "textbook", battery_textbook, subject->cases);
	if (subject->traits & SUBJECT_LINEAR)
		prove_part(subject, "adjoint", battery_adjoint, 40);
	if (sizeof(lam_real) == 8)
		prove_part(subject, "numeric gradients", battery_numeric, 24);
	prove_part(subject, "lam_gradcheck", battery_gradcheck, 12);
	prove_part(subject, "same bits", battery_bits, 30);
	prove_part(
		subject, "few samples", battery_small, subject->cases < 150 ? subject->cases : 150);
	prove_part(subject, "saved and loaded", battery_saved, 6);
}

/* The whole battery. */
KIT_UNUSED static void battery_prove(const struct subject *subject)
{
	int count = 0;
	prove_right(subject);
	test_begin("%s: wrong copies are noticed", subject->name);
	const char *complaint = battery_wrong(subject, &count);
	check(!complaint, "%s", complaint);
	check(count >= 4, "%d faults", count);
	test_end();
}

/* The whole battery for each subject of a list. */
KIT_UNUSED static void battery_prove_all(const struct subject *subjects)
{
	for (; subjects->name; subjects++)
		battery_prove(subjects);
}

/* Checks that the layer's constructor, or a net for `shape`, refuses with this sentence. */
#define refuses(layer, shape, sentence) \
	prove_refused((layer), (shape), (sentence), __FILE__, __LINE__, #layer)
KIT_UNUSED static void prove_refused(lam_layer *layer, lam_shape shape, const char *sentence,
	const char *file, int line, const char *text)
{
	lam_net *net = layer ? lam_net_create(layer, shape, .max_batch = 2) : NULL;
	if (kit_check(!net, file, line, text, " is accepted for %s; expected \"%s\"",
		    lam_shape_text(shape).text, sentence))
		kit_check(strcmp(lam_error(), sentence) == 0, file, line, text,
			"\n    says    \"%s\"\n    not     \"%s\"", lam_error(), sentence);
	lam_net_free(net);
}

#endif
