#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make_seeds.py FOLDER: the seeds of the fuzz targets idx, jpeg, npy, npz, png and zip,
FOLDER/TARGET/NAME, as numpy, gzip and Pillow write them."""
import gzip, io, os, struct, sys, zipfile, zlib

import numpy
import PIL.Image

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


def chunk(name, data):
    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))


def png(width, height, depth, kind, extra=b'', interlaced=0):
    """A PNG file of bytes that count up. Of an interlaced one only the first pass is not empty."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    length = (width * channels * depth + 7) // 8
    rows = b''.join(b'\0' + bytes((y * length + i) % 256 for i in range(length))
        for y in range(height))
    return (b'\x89PNG\r\n\x1a\n'
        + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, depth, kind, 0, 0, interlaced))
        + extra + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


exif = b'MM\0*\0\0\0\10\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0'
palette = chunk(b'PLTE', bytes(range(256)) * 3) + chunk(b'tRNS', b'\0\x80\xff')
put('png', 'grey', png(5, 4, 8, 0))
put('png', 'grey_1', png(9, 4, 1, 0))
put('png', 'grey_16', png(3, 4, 16, 0, chunk(b'eXIf', exif)))
put('png', 'rgb', png(4, 3, 8, 2, chunk(b'tEXt', b'a\0b')))
put('png', 'palette', png(5, 2, 8, 3, palette))
put('png', 'grey_alpha', png(4, 3, 8, 4))
put('png', 'rgb_alpha_16', png(3, 2, 16, 6))
put('png', 'interlaced', png(1, 1, 8, 2, interlaced=1))


def jpeg(mode, size=(17, 9), **options):
    values = numpy.arange(size[0] * size[1] * len(mode), dtype=numpy.uint8)
    image = PIL.Image.frombytes(mode, size, values.tobytes())
    out = io.BytesIO()
    image.save(out, 'JPEG', **options)
    return out.getvalue()


put('jpeg', 'grey', jpeg('L'))
put('jpeg', 'rgb', jpeg('RGB', exif=b'Exif\0\0' + exif))
put('jpeg', 'progressive', jpeg('RGB', progressive=True))
put('jpeg', 'cmyk', jpeg('CMYK', quality=50))
