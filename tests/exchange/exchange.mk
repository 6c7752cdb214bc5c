# SPDX-License-Identifier: MIT
# Tests of exchange/.

image_tests = \
	tests/exchange/image_damage_test \
	tests/exchange/image_folder_test \
	tests/exchange/image_read_test
float_tests += $(image_tests)
EXTRA_DIST += tests/exchange/write_images.h

image_test_cflags = $(AM_CFLAGS) $(PNG_CFLAGS) $(JPEG_CFLAGS)
image_test_ldadd = libimage.la libbattery.la $(float_library) $(image_libs) $(ZLIB_LIBS)
tests_exchange_image_damage_test_CFLAGS = $(image_test_cflags)
tests_exchange_image_damage_test_LDADD = $(image_test_ldadd)
tests_exchange_image_folder_test_CFLAGS = $(image_test_cflags)
tests_exchange_image_folder_test_LDADD = $(image_test_ldadd)
tests_exchange_image_read_test_CFLAGS = $(image_test_cflags)
tests_exchange_image_read_test_LDADD = $(image_test_ldadd)

# Nets as C files, compiled by the system's compiler.
float_tests += tests/exchange/c_int8_test tests/exchange/c_own_test tests/exchange/c_test
EXTRA_DIST += tests/exchange/c_compile.h tests/exchange/c_nets.h tests/exchange/cube.h
# Four of the nets are those of the benchmarks.
tests_exchange_c_test_SOURCES = tests/exchange/c_test.c $(bench_nets_and_graphs)
tests_exchange_c_int8_test_SOURCES = tests/exchange/c_int8_test.c $(bench_nets_and_graphs)
tests_exchange_c_test_LDADD = $(LDADD) $(DL_LIBS)
tests_exchange_c_int8_test_LDADD = $(LDADD) $(DL_LIBS)
tests_exchange_c_own_test_LDADD = $(LDADD) $(DL_LIBS)

# Ranks by MPI. `make check-mpi` runs what takes long.
if HAVE_MPI
test_programs += tests/exchange/mpi_run
tests_exchange_mpi_run_SOURCES = tests/exchange/mpi_run.c
tests_exchange_mpi_run_LDADD = libmpitransport.la libbattery.la $(float_library) $(ZLIB_LIBS) \
	$(MPI_LIBS)
test_programs += tests/exchange/mpi_comm
tests_exchange_mpi_comm_SOURCES = tests/exchange/mpi_comm.c
tests_exchange_mpi_comm_CFLAGS = $(AM_CFLAGS) $(MPI_CFLAGS) -Wno-cast-qual
tests_exchange_mpi_comm_LDADD = $(tests_exchange_mpi_run_LDADD)
check-mpi: tests/exchange/mpi_run tests/exchange/mpi_comm
	top_srcdir='$(top_srcdir)' top_builddir='$(abs_builddir)' sh '$(srcdir)/tests/mpi_full.sh'
# What steps take on 2 and 4 ranks, beside the model of docs/scaling.md: some minutes.
test_programs += tests/bench/shards_bench
tests_bench_shards_bench_SOURCES = tests/bench/shards_bench.c tests/bench/chain.h \
	$(bench_nets_and_graphs)
tests_bench_shards_bench_LDADD = libmpitransport.la $(float_library) $(ZLIB_LIBS) $(MPI_LIBS)
bench-shards: tests/bench/shards_bench tests/exchange/mpi_run
	top_srcdir='$(top_srcdir)' top_builddir='$(abs_builddir)' \
		sh '$(srcdir)/tests/bench/shards.sh'
endif
.PHONY: bench-shards check-mpi
EXTRA_DIST += tests/bench/shards.py tests/bench/shards.sh tests/bench/shards_bench.c

# Nets from and as ONNX files.
if HAVE_ONNX
onnx_tests = \
	tests/exchange/onnx_backend_test \
	tests/exchange/onnx_bad_test \
	tests/exchange/onnx_load_test \
	tests/exchange/onnx_meaning_test \
	tests/exchange/onnx_own_test \
	tests/exchange/onnx_save_test \
	tests/exchange/onnx_torch_test \
	tests/exchange/onnx_trip_test \
	tests/exchange/onnx_weights_test
float_tests += $(onnx_tests)
$(tests_exchange_onnx_backend_test_OBJECTS) $(tests_exchange_onnx_load_test_OBJECTS) \
$(tests_exchange_onnx_meaning_test_OBJECTS) \
$(tests_exchange_onnx_own_test_OBJECTS): exchange/onnx/onnx.pb-c.h
onnx_test_ldadd = libonnx.la libbattery.la $(float_library) $(PROTOBUF_C_LIBS) $(ZLIB_LIBS)
tests_exchange_onnx_backend_test_CFLAGS = $(AM_CFLAGS) $(PROTOBUF_C_CFLAGS)
tests_exchange_onnx_backend_test_LDADD = $(onnx_test_ldadd)
tests_exchange_onnx_bad_test_LDADD = $(onnx_test_ldadd)
tests_exchange_onnx_load_test_CFLAGS = $(AM_CFLAGS) $(PROTOBUF_C_CFLAGS)
tests_exchange_onnx_load_test_LDADD = $(onnx_test_ldadd)
tests_exchange_onnx_meaning_test_CFLAGS = $(AM_CFLAGS) $(PROTOBUF_C_CFLAGS)
tests_exchange_onnx_meaning_test_LDADD = $(onnx_test_ldadd)
tests_exchange_onnx_torch_test_LDADD = $(onnx_test_ldadd)
tests_exchange_onnx_own_test_CFLAGS = $(AM_CFLAGS) $(PROTOBUF_C_CFLAGS)
tests_exchange_onnx_own_test_LDADD = $(onnx_test_ldadd)
tests_exchange_onnx_save_test_SOURCES = tests/exchange/onnx_save_test.c $(bench_nets_and_graphs)
tests_exchange_onnx_save_test_LDADD = $(onnx_test_ldadd)
tests_exchange_onnx_trip_test_SOURCES = tests/exchange/onnx_trip_test.c $(bench_nets_and_graphs)
tests_exchange_onnx_trip_test_LDADD = $(onnx_test_ldadd)
tests_exchange_onnx_weights_test_CFLAGS = $(AM_CFLAGS) $(PROTOBUF_C_CFLAGS)
tests_exchange_onnx_weights_test_LDADD = $(onnx_test_ldadd)
endif
EXTRA_DIST += tests/exchange/onnx_backend.txt tests/exchange/onnx_build.h \
	tests/exchange/onnx_cases.h tests/exchange/onnx_check.py tests/exchange/onnx_cube.h \
	tests/exchange/onnx_nets.h tests/exchange/onnx_run.js
