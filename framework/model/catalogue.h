/* SPDX-License-Identifier: MIT */
/* The classes that a file may name, ending with NULL. The framework declares the list, and layers/
 * defines it. */
#ifndef LAM_CATALOGUE_H
#define LAM_CATALOGUE_H

#include "framework/layer.h"

#pragma GCC visibility push(hidden)

extern const lam_layer_class *const lam_catalogue[];

#pragma GCC visibility pop
#endif
