#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make_seeds.py FOLDER: the seeds of the fuzz targets idx, npy, npz and zip, FOLDER/TARGET/NAME, as
numpy and gzip write them."""
import gzip, io, os, struct, sys, zipfile

import numpy

folder = sys.argv[1]


def put(target, name, data):
    os.makedirs(os.path.join(folder, target), exist_ok=True)
    with open(os.path.join(folder, target, name), 'wb') as file:
        file.write(data)


def zipped(data):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode='wb', mtime=0) as file:
        file.write(data)
    return out.getvalue()


images = struct.pack('>IIII', 0x803, 3, 4, 5) + bytes(range(60))
labels = struct.pack('>II', 0x801, 3) + b'\0\1\2'
put('idx', 'images', images)
put('idx', 'labels', labels)
put('idx', 'images.gz', zipped(images))
put('idx', 'labels.gz', zipped(labels))
put('idx', 'zeros.gz', zipped(struct.pack('>IIII', 0x803, 40, 20, 20) + bytes(16000)))
put('idx', 'two_members.gz', zipped(images[:30]) + zipped(images[30:]))

arrays = {
    'float32': numpy.arange(6, dtype='<f4').reshape(3, 2),
    'float64': numpy.arange(6, dtype='<f8').reshape(3, 2),
    'float16': numpy.arange(6, dtype='<f2').reshape(3, 2),
    'big': numpy.arange(6, dtype='>f4').reshape(3, 2),
    'fortran': numpy.asfortranarray(numpy.arange(12, dtype='<f4').reshape(3, 2, 2)),
    'int64': numpy.arange(3, dtype='<i8'),
    'uint8': numpy.arange(3, dtype='u1').reshape(3, 1),
    'bool': numpy.array([True, False]),
    'text': numpy.array([b'a text']),
    'scalar': numpy.float32(3),
    'special': numpy.array([numpy.nan, numpy.inf, -numpy.inf, 1e-40], dtype='<f4'),
}
for name, array in arrays.items():
    out = io.BytesIO()
    numpy.save(out, array)
    put('npy', name, out.getvalue())
for name, save in (('stored', numpy.savez), ('deflated', numpy.savez_compressed)):
    out = io.BytesIO()
    save(out, **{k: arrays[k] for k in ('float32', 'big', 'fortran', 'int64', 'text', 'scalar')})
    put('npz', name, out.getvalue())
    out = io.BytesIO()
    save(out, **{k: arrays[k] for k in ('float32', 'bool')})
    put('zip', name, out.getvalue())
out = io.BytesIO()
with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as archive:
    archive.comment = b'a comment'
    first = (1980, 1, 1, 0, 0, 0)
    with archive.open(zipfile.ZipInfo('streamed', first), 'w', force_zip64=True) as entry:
        entry.write(b'abc' * 100)
    archive.writestr(zipfile.ZipInfo('folder/', first), b'')
    archive.writestr(zipfile.ZipInfo('empty', first), b'')
put('zip', 'zip64', out.getvalue())
