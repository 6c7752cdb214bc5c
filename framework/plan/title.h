/* SPDX-License-Identifier: MIT */
/* The name of a call in error sentences. Private to the framework. */
#ifndef LAM_TITLE_H
#define LAM_TITLE_H

#pragma GCC visibility push(hidden)

struct lam_call;

/* `conv2d "3"` */
typedef struct lam_call_name {
	char text[160];
} lam_call_name;
lam_call_name lam_call_title(const struct lam_call *call);

#pragma GCC visibility pop
#endif
