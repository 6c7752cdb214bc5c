#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the hostile and damaged files beside this script, and sentences.txt: file|words of the
sentence."""
import gzip, io, os, struct, zlib

here = os.path.dirname(os.path.abspath(__file__))
rows = []


def put(name, data, words):
    with open(os.path.join(here, name), 'wb') as file:
        file.write(data)
    rows.append('%s|%s\n' % (name, words))


def npy(descr="'<f4'", shape='(2,)', order='False', data=b'\0\0\x80\x3f\0\0\0\x40',
        magic=b'\x93NUMPY\1\0', length=None):
    text = ("{'descr': %s, 'fortran_order': %s, 'shape': %s, }" % (descr, order, shape)).encode()
    text += b' ' * (-(len(text) + 11) % 64) + b'\n'
    return magic + struct.pack('<H', len(text) if length is None else length) + text + data


def entry(name=b'x.npy', data=None, **changes):
    data = npy() if data is None else data
    e = dict(name=name, body=data, method=0, flags=0, crc=zlib.crc32(data), size=len(data),
             stored=len(data), extra=b'', offset=None,
             local_name=name, local_method=None, local_size=None, local_stored=None, local_crc=None,
             local_flags=None,
             local_extra=0)
    e.update(changes)
    return e


def archive(*entries, end=None, before=b'', after=b'', cut=0, count=None, directory=None,
            bytes_=None, disk=0, gap=b''):
    out, places = before, []
    for e in entries:
        places.append(len(out))
        method, size, stored, crc, flags = (e[key] if e['local_' + key] is None
                                            else e['local_' + key]
                                            for key in ('method', 'size', 'stored', 'crc', 'flags'))
        out += struct.pack('<IHHHHHIIIHH', 0x04034b50, 20, flags, method, 0, 33, crc, stored, size,
                           len(e['local_name']), e['local_extra']) + e['local_name'] + e['body']
    out += gap
    start = len(out)
    for e, place in zip(entries, places):
        offset = place if e['offset'] is None else e['offset']
        out += struct.pack('<IHHHHHHIIIHHHHHII', 0x02014b50, 20, 20, e['flags'], e['method'], 0, 33,
                           e['crc'], e['stored'], e['size'],
                           len(e['name']), len(e['extra']), 0, 0, 0, 0,
                           offset) + e['name'] + e['extra']
    size = len(out) - start
    out += end or b''
    n = len(entries) if count is None else count
    out += struct.pack('<IHHHHIIH', 0x06054b50, disk, disk, n & 65535, n & 65535,
                       size if bytes_ is None else bytes_,
                       start if directory is None else directory, 0) + after
    return out[:len(out) - cut]


def deflate(data):
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    return z.compress(data) + z.flush()


def end64(count, size, start, place, **changes):
    record = struct.pack('<IQHHIIQQQQ', 0x06064b50, 44, 45, 45, 0, 0, count, count, size, start)
    return record + struct.pack('<IIQI', 0x07064b50, 0, place, 1)


good = npy()
one = len(archive(entry())) - 22                   # where a one-entry archive's end record begins
directory = 30 + 5 + len(good)                     # where its directory begins

# No archive, or not a whole one.
put('empty.npz', b'', '0 bytes are too few')
put('text.npz', b'this is a text, long enough to hold an end record, but it has none\n',
    'no end record')
put('cut.npz', archive(entry(), cut=1), 'no end record')
put('half.npz', archive(entry())[:100], 'no end record')
put('tail.npz', archive(entry(), after=b'more'), 'no end record')
put('front.npz', b'more' + archive(entry()), 'its directory is said to take')

# Lying end records.
put('count_high.npz', archive(entry(), count=60000), 'cannot hold 60000 entries')
put('count_low.npz', archive(entry(), entry(b'y.npy'), count=1), 'behind its 1 entries')
put('directory_far.npz', archive(entry(), directory=0x7fffffff), 'its directory is said to take')
put('directory_long.npz', archive(entry(), bytes_=0x7fffffff),
    'its directory is said to take 2147483647')
put('directory_zero.npz', archive(entry(), directory=0), 'its directory is said to take')
put('disks.npz', archive(entry(), disk=1), 'in several parts')
put('zip64_far.npz', archive(entry(), end=end64(1, one - directory, directory, 1 << 62)),
    'is said to lie at 4611686018427387904')
put('zip64_nothing.npz', archive(entry(), end=end64(1, one - directory, directory, 0)),
    'no zip64 record at 0')
put('zip64_disagrees.npz', archive(entry(), end=end64(2, one - directory, directory, one)),
    'end records disagree')
put('zip64_count.npz',
    archive(entry(), count=65535, end=end64(1 << 60, one - directory, directory, one)),
    'cannot hold 1152921504606846976 entries')

# Lying entries.
put('size_lie.npz', archive(entry(size=0x7fffffff)), 'claims to hold 2147483647 bytes in 136')
put('stored_lie.npz', archive(entry(size=0x7fffffff, stored=0x7fffffff)),
    'outside of the 171 before')
put('deflate_lie.npz',
    archive(entry(body=deflate(good), stored=len(deflate(good)), size=0x7fffffff, method=8)),
    'claims to hold 2147483647')
put('zip64_size.npz', archive(entry(size=0xffffffff, extra=struct.pack('<HHQ', 1, 8, 1 << 60))),
    'claims to hold 1152921504606846976')
put('zip64_missing.npz', archive(entry(size=0xffffffff)), 'lacks its zip64 sizes')
put('zip64_short.npz', archive(entry(size=0xffffffff, extra=struct.pack('<HHI', 1, 4, 5))),
    'lacks its zip64 sizes')
put('zip64_over.npz', archive(entry(size=0xffffffff, extra=struct.pack('<HHI', 1, 400, 5))),
    'lacks its zip64 sizes')
put('offset_lie.npz', archive(entry(offset=0x7fffffff)), 'outside of the 171 before')
put('offset_shifted.npz', archive(entry(offset=1), gap=b'-'), 'local header is damaged')
put('overlap.npz', archive(entry(), entry(b'y.npy', offset=0)), 'lie over each other')
put('twice.npz', archive(entry(), entry()), "two entries are named 'x.npy'")
put('absolute.npz', archive(entry(b'/etc/x.npy')), 'leaves the archive')
put('parent.npz', archive(entry(b'a/../../x.npy')), 'leaves the archive')
put('backslash.npz', archive(entry(b'..\\x.npy')), 'leaves the archive')
put('drive.npz', archive(entry(b'C:x.npy')), 'leaves the archive')
put('zero_in_name.npz', archive(entry(b'x\0y.npy')), 'no proper text')
put('no_utf8.npz', archive(entry(b'\xff\xfe.npy')), 'no proper text')
put('no_name.npz', archive(entry(b'')), 'no proper text')
put('encrypted.npz', archive(entry(flags=1)), 'is encrypted')
put('method.npz', archive(entry(method=12)), 'method 12')
put('local_name.npz', archive(entry(local_name=b'y.npy')), 'local header is damaged')
put('local_method.npz', archive(entry(local_method=8)), 'local header is damaged')
put('local_size.npz', archive(entry(local_size=4)), 'local header is damaged')
put('local_stored.npz', archive(entry(local_stored=4)), 'local header is damaged')
put('local_crc.npz', archive(entry(local_crc=4)), 'local header is damaged')
put('local_encrypted.npz', archive(entry(local_flags=1)), 'local header is damaged')
put('local_extra.npz', archive(entry(local_extra=5), entry(b'y.npy')), 'reach into the next entry')
put('local_extra_last.npz', archive(entry(), entry(b'y.npy', local_extra=5)),
    'reach into the directory')
put('control_in_name.npz', archive(entry(b'x\n.npy')), 'no proper text')
put('dots.npz', archive(entry(b'..')), 'leaves the archive')

# Data that is not what the directory says.
put('checksum.npz', archive(entry(crc=1)), 'its checksum is')
put('deflate_damaged.npz', archive(entry(body=b'\xff' * 40, stored=40, method=8)),
    'compressed data is damaged')
put('deflate_cut.npz',
    archive(entry(body=deflate(good)[:-9], stored=len(deflate(good)) - 9, method=8)),
    'ends too early')
put('deflate_short.npz',
    archive(entry(body=deflate(good[:-4]), stored=len(deflate(good[:-4])), method=8)),
    'ends 4 bytes too early')
put('deflate_long.npz',
    archive(entry(body=deflate(good + b'1234'), stored=len(deflate(good + b'1234')), method=8)),
    'holds more than it declares')
put('deflate_tail.npz',
    archive(entry(body=deflate(good) + b'1234', stored=len(deflate(good)) + 4, method=8)),
    '4 bytes follow its end')

# Arrays that are none.
put('array_empty.npz', archive(entry(data=b'')), 'holds 0 bytes, expected 12 more')
put('array_magic.npz', archive(entry(data=b'PK' + good[2:])), "numpy's magic bytes")
put('array_version.npz', archive(entry(data=npy(magic=b'\x93NUMPY\x09\0'))), 'version 9.0')
put('array_header.npz', archive(entry(data=npy(length=60000))), 'expected 59874 more')
put('array_shape.npz', archive(entry(data=npy(shape='(3,)'))),
    'is float32 [3] of 12 bytes, but holds 8')
put('array_huge.npz', archive(entry(data=npy(shape='(1000000000,)'))),
    'of 4000000000 bytes, but holds 8')
put('array_overflow.npz', archive(entry(data=npy(shape='(4294967296, 4294967296)'))),
    'than any memory')
put('array_object.npz', archive(entry(data=npy(descr="'|O'"))), "type '|O'")
put('array_code.npz', archive(entry(data=npy(shape="__import__('os').abort()"))), 'no tuple')
put('array_nested.npz', archive(entry(data=npy(shape='(' * 40))), 'dimension 1')
put('array_code_type.npz', archive(entry(data=npy(descr="__import__('os').abort()"))), 'no type')
put('array_structure.npz', archive(entry(data=npy(descr="[('a', '<f4')]"))), 'a structured type')
put('array_complex.npz', archive(entry(data=npy(descr="'<c8'"))), "type '<c8'")
put('array_order.npz', archive(entry(data=npy(order='Maybe'))), 'neither True nor False')
put('array_bool.npz', archive(entry(data=npy(descr="'|b8'"))), "type '|b8'")
put('array_native.npz', archive(entry(data=npy(descr="'|f4'"))), "type '|f4'")
put('array_negative.npz', archive(entry(data=npy(shape='(-2,)'))), 'dimension 1')
put('array_ranks.npz', archive(entry(data=npy(shape='(1, 1, 1, 1, 1, 1, 1, 1, 2)'))),
    'more than 8 dimensions')
put('array_twice.npz', archive(entry(data=npy(order="False, 'fortran_order': False"))),
    'stands there twice')
put('array_key.npz', archive(entry(data=npy(order="False, 'more': False"))),
    "key 'more' is unknown")
put('control_type.npz', archive(entry(data=npy("'<\033[31m4'"))), r"type '<\x1b[31m4'")
put('control_key.npz', archive(entry(data=npy(order="False, '\a\n': False"))),
    r"key '\x07\x0a' is unknown")
put('array_zero_many.npz', archive(entry(data=npy(shape='(0, 4294967296, 4294967296)', data=b''))),
    'than any memory')
put('array_short.npz', archive(entry(data=npy(magic=b'\x93NUMPY\x01\0', length=1))),
    'a length of 11 bytes')
put('array_large.npz', archive(entry(data=npy(descr="'<f8'", data=struct.pack('<dd', 1, 1e300)))),
    'too large for')

# .npy files on their own.
put('cut.npy', good[:-1], 'of 8 bytes, but holds 7')
put('tail.npy', good + b'x', 'of 8 bytes, but holds 9')
put('short.npy', good[:9], 'ends after 9 bytes')
put('header.npy', good[:70], 'ends after 70 bytes')
put('scalar.npy', npy(shape='()', data=b'\0\0\0\0'), 'expected at least one sample')
put('none.npy', npy(shape='(0, 3)', data=b''), 'expected at least one sample')
put('hollow.npy', npy(shape='(3, 0)', data=b''), 'expected samples of at least one value')
put('text.npy', npy(descr="'|S4'"), 'expected numbers')
put('rank.npy', npy(shape='(1, 1, 1, 1, 1, 2)'), 'at most 4 dimensions behind the first')

# IDX files: 2 images of 3 x 2.
images = struct.pack('>IIII', 0x803, 2, 3, 2) + bytes(range(12))


def zipped(data):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode='wb', mtime=0) as file:
        file.write(data)
    return out.getvalue()


def noise(count):
    """Bytes that cannot be compressed."""
    out, state = bytearray(), 1
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        out.append(state >> 24)
    return bytes(out)


put('empty.idx3-ubyte', b'', '0 bytes are too few')
put('short.idx3-ubyte', images[:10], 'ends 6 bytes too early')
put('magic.idx3-ubyte', b'\1' + images[1:], 'magic bytes are 01 00 08 03')
put('type.idx3-ubyte', struct.pack('>I', 0xd03) + images[4:], 'magic bytes are 00 00 0d 03')
put('rank.idx3-ubyte', struct.pack('>I', 0x801) + images[4:], 'expected 00 00 08 03')
put('zero.idx3-ubyte', struct.pack('>IIII', 0x803, 2, 0, 2), 'dimension 2 is 0')
put('overflow.idx3-ubyte', struct.pack('>IIII', 0x803, 0xffffffff, 0xffffffff, 0xffffffff)
    + bytes(12), 'than any memory')
put('huge.idx3-ubyte', struct.pack('>IIII', 0x803, 0x7fffffff, 28, 28) + bytes(12),
    'make 1683627179264 bytes, but the file has 28')
put('cut.idx3-ubyte', images[:-1], 'make 28 bytes, but the file has 27')
put('tail.idx3-ubyte', images + b'x', 'make 28 bytes, but the file has 29')
put('huge.idx3-ubyte.gz', zipped(struct.pack('>IIII', 0x803, 0x7fffffff, 28, 28) + bytes(12)),
    'cannot hold so many')
put('cut.idx3-ubyte.gz', zipped(images)[:-1], 'ends too early')
put('half.idx3-ubyte.gz', zipped(images)[:14], 'ends too early')
put('less.idx3-ubyte.gz', zipped(images[:-1]), 'ends 1 bytes too early')
put('more.idx3-ubyte.gz', zipped(images + b'x'), 'holds more than it declares')
put('tail.idx3-ubyte.gz', zipped(images) + b'x', '1 bytes follow its end')
put('checksum.idx3-ubyte.gz', zipped(images)[:-8] + b'1234' + zipped(images)[-4:],
    'is damaged (incorrect data check)')
put('damaged.idx3-ubyte.gz', zipped(images)[:10] + b'\xff' * 30, 'is damaged (invalid block type)')
put('members.idx3-ubyte.gz', zipped(images[:20]) + zipped(images[20:-1]), 'ends 1 bytes too early')
put('member_behind.idx3-ubyte.gz', zipped(images) + bytes(9) + zipped(b'x'),
    'holds more than it declares')
put('promise.idx3-ubyte.gz', zipped(struct.pack('>IIII', 0x803, 5000, 30, 30) + noise(6000)),
    'ends 4494000 bytes too early')
put('zeros.idx3-ubyte.gz',
    zipped(struct.pack('>IIII', 0x803, 5000, 30, 30) + noise(6000) + bytes(300000)),
    'ends 4194000 bytes too early')
put('header.idx3-ubyte.gz', zipped(images)[:2] + b'\7' + zipped(images)[3:],
    'unknown compression method')

with open(os.path.join(here, 'sentences.txt'), 'w') as file:
    file.writelines(rows)
