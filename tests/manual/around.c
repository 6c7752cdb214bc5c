/* SPDX-License-Identifier: MIT
 * What stands around the C statements of the manual's pages: these names are declared for them, and
 * what a comment `in:` before the block declares. */
#include <errno.h>
#include <lamina.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

lam_net *net;
lam_layer *model, *layer;
lam_optimizer opt;
lam_schedule schedule;
lam_dataset *train, *test, *data, *held_out;
lam_loader *loader;
lam_report report;
lam_score score;
lam_status s;
lam_param *p;
const lam_real *x, *t;
const int32_t *labels;
lam_real *y;
int64_t n, steps;

/* at file level */

int fragment(void);

int fragment(void)
{
	/* here */
	return 0;
}
