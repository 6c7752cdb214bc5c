# SPDX-License-Identifier: MIT
# Fuzzing: `make fuzz` runs each target for FUZZ_SECONDS under libFuzzer, `make fuzz-afl` under
# AFL++, both in builds of their own inside the build folder (fuzz-libfuzzer, fuzz-afl); `make
# check` runs every target over the files of tests/fuzz/corpus. What they find is in fuzz-*/found.
# To add a target: tests/fuzz/fuzz_NAME.c, a line in fuzz_names, the lines that the others have
# below, a row in tests/fuzz/fuzz_corpus_test.c, a folder of seeds.

fuzz_names = architecture cifar10 csv idx load_params net_load \
	npy npz replay resume roundtrip sequences zip

FUZZ_SECONDS = 60
FUZZ_CC = clang
FUZZ_AFL_CC = afl-clang-fast

# What every target links.
fuzz_common = tests/fuzz/fuzz_file.c tests/fuzz/fuzz_writer.c tests/fuzz/fuzz.h

fuzz_headers = \
	tests/fuzz/fuzz.h \
	tests/fuzz/fuzz_calls.h \
	tests/fuzz/fuzz_image.h \
	tests/fuzz/fuzz_nets.h \
	tests/fuzz/fuzz_source.h \
	tests/fuzz/fuzz_zip.h

fuzz_sources = \
	tests/fuzz/fuzz_architecture.c \
	tests/fuzz/fuzz_cifar10.c \
	tests/fuzz/fuzz_csv.c \
	tests/fuzz/fuzz_idx.c \
	tests/fuzz/fuzz_jpeg.c \
	tests/fuzz/fuzz_load_params.c \
	tests/fuzz/fuzz_net_load.c \
	tests/fuzz/fuzz_npy.c \
	tests/fuzz/fuzz_npz.c \
	tests/fuzz/fuzz_png.c \
	tests/fuzz/fuzz_replay.c \
	tests/fuzz/fuzz_resume.c \
	tests/fuzz/fuzz_roundtrip.c \
	tests/fuzz/fuzz_sequences.c \
	tests/fuzz/fuzz_zip.c

# ONNX files, where protobuf-c was found.
if HAVE_ONNX
fuzz_onnx_source = tests/fuzz/fuzz_onnx.c
fuzz_onnx_library = libonnx.la
fuzz_onnx_program = tests/fuzz/fuzz_onnx
fuzz_onnx_name = onnx
endif
EXTRA_DIST += tests/fuzz/fuzz_onnx.c

# What sequences are made of.
fuzz_sequence = \
	tests/fuzz/fuzz_calls.c \
	tests/fuzz/fuzz_compose.c \
	tests/fuzz/fuzz_fit.c \
	tests/fuzz/fuzz_world.c

fuzz_programs = \
	tests/fuzz/fuzz_architecture \
	tests/fuzz/fuzz_cifar10 \
	tests/fuzz/fuzz_csv \
	tests/fuzz/fuzz_idx \
	tests/fuzz/fuzz_jpeg \
	tests/fuzz/fuzz_load_params \
	tests/fuzz/fuzz_net_load \
	tests/fuzz/fuzz_npy \
	tests/fuzz/fuzz_npz \
	tests/fuzz/fuzz_png \
	tests/fuzz/fuzz_replay \
	tests/fuzz/fuzz_resume \
	tests/fuzz/fuzz_roundtrip \
	tests/fuzz/fuzz_sequences \
	tests/fuzz/fuzz_zip

float_tests += tests/fuzz/fuzz_corpus_test
tests_fuzz_fuzz_corpus_test_SOURCES = tests/fuzz/fuzz_corpus_test.c tests/fuzz/fuzz_file.c \
	tests/fuzz/fuzz_writer.c \
	$(fuzz_sources) $(fuzz_onnx_source) $(fuzz_sequence) $(fuzz_headers)
tests_fuzz_fuzz_corpus_test_CPPFLAGS = $(AM_CPPFLAGS) $(PROTOBUF_C_CFLAGS)
tests_fuzz_fuzz_corpus_test_LDADD = libimage.la $(fuzz_onnx_library) $(float_library) \
	$(PROTOBUF_C_LIBS) $(ZLIB_LIBS)

EXTRA_PROGRAMS += $(fuzz_programs) $(fuzz_onnx_program) tests/fuzz/make_dictionary \
	tests/fuzz/make_seeds
fuzz_cppflags = $(AM_CPPFLAGS) -DFUZZING
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_ldadd = $(float_library) $(ZLIB_LIBS)
tests_fuzz_fuzz_architecture_SOURCES = tests/fuzz/fuzz_architecture.c $(fuzz_common)
tests_fuzz_fuzz_architecture_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_architecture_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_architecture_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_cifar10_SOURCES = tests/fuzz/fuzz_cifar10.c $(fuzz_common)
tests_fuzz_fuzz_cifar10_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_cifar10_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_cifar10_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_csv_SOURCES = tests/fuzz/fuzz_csv.c $(fuzz_common)
tests_fuzz_fuzz_csv_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_csv_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_csv_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_idx_SOURCES = tests/fuzz/fuzz_idx.c $(fuzz_common)
tests_fuzz_fuzz_idx_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_idx_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_idx_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_jpeg_SOURCES = tests/fuzz/fuzz_jpeg.c tests/fuzz/fuzz_image.h $(fuzz_common)
tests_fuzz_fuzz_jpeg_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_jpeg_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_jpeg_LDADD = libimage.la $(fuzz_ldadd)
tests_fuzz_fuzz_load_params_SOURCES = tests/fuzz/fuzz_load_params.c $(fuzz_common)
tests_fuzz_fuzz_load_params_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_load_params_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_load_params_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_net_load_SOURCES = tests/fuzz/fuzz_net_load.c $(fuzz_common)
tests_fuzz_fuzz_net_load_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_net_load_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_net_load_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_npy_SOURCES = tests/fuzz/fuzz_npy.c $(fuzz_common)
tests_fuzz_fuzz_npy_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_npy_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_npy_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_npz_SOURCES = tests/fuzz/fuzz_npz.c $(fuzz_common)
tests_fuzz_fuzz_npz_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_npz_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_npz_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_onnx_SOURCES = tests/fuzz/fuzz_onnx.c $(fuzz_common)
tests_fuzz_fuzz_onnx_CPPFLAGS = $(fuzz_cppflags) $(PROTOBUF_C_CFLAGS)
tests_fuzz_fuzz_onnx_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_onnx_LDADD = libonnx.la $(fuzz_ldadd) $(PROTOBUF_C_LIBS)
tests_fuzz_fuzz_png_SOURCES = tests/fuzz/fuzz_png.c tests/fuzz/fuzz_image.h $(fuzz_common)
tests_fuzz_fuzz_png_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_png_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_png_LDADD = libimage.la $(fuzz_ldadd)
tests_fuzz_fuzz_replay_SOURCES = tests/fuzz/fuzz_replay.c $(fuzz_common)
tests_fuzz_fuzz_replay_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_replay_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_replay_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_resume_SOURCES = tests/fuzz/fuzz_resume.c $(fuzz_common)
tests_fuzz_fuzz_resume_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_resume_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_resume_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_roundtrip_SOURCES = tests/fuzz/fuzz_roundtrip.c $(fuzz_common)
tests_fuzz_fuzz_roundtrip_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_roundtrip_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_roundtrip_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_sequences_SOURCES = tests/fuzz/fuzz_sequences.c $(fuzz_sequence) $(fuzz_common)
tests_fuzz_fuzz_sequences_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_sequences_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_sequences_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_zip_SOURCES = tests/fuzz/fuzz_zip.c $(fuzz_common)
tests_fuzz_fuzz_zip_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_zip_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_zip_LDADD = $(fuzz_ldadd)

fuzz_configure = '$(abs_srcdir)/configure' --disable-shared --enable-fuzzing

# Bytes of the largest input that is tried, and what a run may take: seconds and megabytes.
fuzz_flags = -max_len=16384 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1

fuzz-build: $(srcdir)/configure
	$(MKDIR_P) fuzz-libfuzzer
	cd fuzz-libfuzzer && { test -f Makefile || $(fuzz_configure) CC='$(FUZZ_CC)'; }
	cd fuzz-libfuzzer && $(MAKE) $(AM_MAKEFLAGS) $(fuzz_programs) $(fuzz_onnx_program) \
		tests/fuzz/make_dictionary

fuzz-afl-build: $(srcdir)/configure
	$(MKDIR_P) fuzz-afl
	cd fuzz-afl && { test -f Makefile || $(fuzz_configure) CC='$(FUZZ_AFL_CC)'; }
	cd fuzz-afl && $(MAKE) $(AM_MAKEFLAGS) $(fuzz_programs) $(fuzz_onnx_program) \
		tests/fuzz/make_dictionary

fuzz: fuzz-build
	@$(SHELL) '$(srcdir)/tests/fuzz/fuzz.sh' libfuzzer '$(abs_srcdir)' \
		'$(FUZZ_SECONDS)' '$(fuzz_flags)' $(fuzz_names) $(fuzz_onnx_name)

fuzz-afl: fuzz-afl-build
	@$(SHELL) '$(srcdir)/tests/fuzz/fuzz.sh' afl '$(abs_srcdir)' \
		'$(FUZZ_SECONDS)' '' $(fuzz_names) $(fuzz_onnx_name)

# Writes the seeds anew, into the source tree.
fuzz-seeds: tests/fuzz/make_seeds
	tests/fuzz/make_seeds '$(abs_srcdir)/tests/fuzz/corpus'
	'$(PYTHON)' '$(srcdir)/tests/fuzz/make_seeds.py' '$(abs_srcdir)/tests/fuzz/corpus'
	'$(PYTHON)' '$(srcdir)/tests/fuzz/make_onnx_seeds.py' '$(abs_srcdir)/tests/fuzz/corpus'

.PHONY: fuzz fuzz-seeds fuzz-build fuzz-afl fuzz-afl-build

EXTRA_DIST += tests/fuzz/fuzz.sh tests/fuzz/make_onnx_seeds.py tests/fuzz/make_seeds.py \
	tests/fuzz/corpus tests/fuzz/dictionaries
