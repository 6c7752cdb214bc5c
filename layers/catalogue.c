/* SPDX-License-Identifier: MIT */
/* The classes that lam_net_load() finds by the kinds in a file: every layer of the list. */
#include "framework/model/catalogue.h"
#include "layers/classes.h"

#define ENTRY(kind, ...) &lam_##kind##_class,

const lam_layer_class *const lam_catalogue[] = {LAM_LAYERS(ENTRY) NULL};
