# The framework: nouns that know no particular layer and no particular data set. One name per line, sorted.

framework_public_headers = \
	framework/memory.h \
	framework/random.h \
	framework/shape.h \
	framework/status.h \
	framework/vec.h

framework_private_headers = \
	framework/catalogue.h

framework_sources = \
	framework/isa.c \
	framework/memory.c \
	framework/random.c \
	framework/shape.c \
	framework/status.c \
	framework/vec.c
