# SPDX-License-Identifier: MIT
# Debian's packages: `dpkg-buildpackage -us -uc -b`. One name per line, sorted.

EXTRA_DIST += \
	debian/changelog \
	debian/control \
	debian/copyright \
	debian/lamina-doc.install \
	debian/lamina-tools.install \
	debian/liblamina-dev.install \
	debian/liblamina-image0.install \
	debian/liblamina-image0.symbols \
	debian/liblamina-mpi-dev.install \
	debian/liblamina-mpi0.install \
	debian/liblamina-mpi0.symbols \
	debian/liblamina-onnx0.install \
	debian/liblamina-onnx0.symbols \
	debian/liblamina0.install \
	debian/liblamina0.symbols \
	debian/not-installed \
	debian/python3-lamina.install \
	debian/rules \
	debian/source/format \
	debian/tests/cmake \
	debian/tests/command \
	debian/tests/control \
	debian/tests/cpp \
	debian/tests/examples \
	debian/tests/mpi \
	debian/tests/pkg-config \
	debian/tests/python \
	debian/tests/static
