#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the .npz files beside this script with numpy, for tests/files/npz_test.c, which knows the
formulas."""
import os
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
count = np.arange(24).reshape(2, 3, 4)
arrays = {
    'f4': (count / 4).astype('<f4'),
    'f8': (count / 4).astype('<f8'),
    'f2': (count / 4).astype('<f2'),
    'f4_big': (count / 4).astype('>f4'),
    'f8_fortran': np.asfortranarray((count / 4).astype('<f8')),
    'f4_transposed': (count / 4).astype('<f4').T,
    'i1': (count - 8).astype('i1'),
    'i4': (count - 8).astype('<i4'),
    'i8': (count - 8).astype('<i8'),
    'i8_fortran': np.asfortranarray((count - 8).astype('<i8')),
    'i2_big': (count - 8).astype('>i2'),
    'u1': count.astype('u1'),
    'bool': count % 2 == 1,
    'scalar': np.float64(0.25),
    'step': np.int64(42),
    'none': np.zeros((0, 3), '<f4'),
    'text': np.bytes_('conv2d(.out = 32)\nrelu()'.encode()),
    'text_empty': np.array(b''),
    'unicode': np.array('word'),
    'layer.é': np.ones(3, '<f4'),
}
np.savez(os.path.join(here, 'stored.npz'), **arrays)
np.savez_compressed(os.path.join(here, 'compressed.npz'), **arrays)
