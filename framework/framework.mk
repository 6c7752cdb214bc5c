# The framework: nouns that know no particular layer and no particular data set. One name per line, sorted.

framework_public_headers = \
	framework/gradcheck.h \
	framework/layer.h \
	framework/memory.h \
	framework/net.h \
	framework/optimizer.h \
	framework/option.h \
	framework/param.h \
	framework/pass.h \
	framework/plan.h \
	framework/random.h \
	framework/shape.h \
	framework/status.h \
	framework/target.h \
	framework/vec.h

framework_private_headers = \
	framework/catalogue.h \
	framework/layer_inside.h \
	framework/net_inside.h \
	framework/optimizer_check.h \
	framework/run.h \
	framework/walk.h

framework_sources = \
	framework/add.c \
	framework/gradcheck.c \
	framework/isa.c \
	framework/layer.c \
	framework/memory.c \
	framework/net.c \
	framework/net_run.c \
	framework/net_step.c \
	framework/option.c \
	framework/param.c \
	framework/plan.c \
	framework/plan_lifetimes.c \
	framework/plan_place.c \
	framework/random.c \
	framework/shape.c \
	framework/status.c \
	framework/summary.c \
	framework/unit.c \
	framework/vec.c \
	framework/walk.c
