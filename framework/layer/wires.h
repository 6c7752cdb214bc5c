/* SPDX-License-Identifier: MIT */
/* Containers whose children read each other by wires. Private to the framework and layers/. */
#ifndef LAM_WIRES_H
#define LAM_WIRES_H

#include "framework/layer/inside.h"

#pragma GCC visibility push(hidden)

/* A child in sentences and references: its name, or its number if it has none. */
typedef struct lam_role {
	const char *text;
	char number[16];
	int index;
} lam_role;

/* The roles of the children that others may read, sorted. */
typedef struct lam_roles {
	lam_role *roles;
	lam_role **sorted;
	int count;
} lam_roles;

/* Makes the list; false when memory is short. Free it with lam_roles_free(), even then. */
bool lam_roles_make(lam_roles *roles, lam_layer *const *children, int count);
void lam_roles_free(lam_roles *roles);

/* The child of this role; -1: there is none. */
int lam_roles_find(const lam_roles *roles, const char *text);

/* Copies wires, with what they read, into one piece of memory; NULL when it is short. */
lam_wire *lam_wires_copy(const lam_wire *wires, int count);

/* As lam_layer_new_with_children(), of a wired class. wires[count] and what they point to are
 * copied. On failure *where is the child that the sentence is about; -1: there is none. The caller
 * names the container's kind before the sentence. */
lam_layer *lam_layer_new_wired(const lam_layer_class *layer_class, const void *options,
	lam_layer *const *children, const lam_wire *wires, int count, int *where);

#pragma GCC visibility pop
#endif
