# SPDX-License-Identifier: MIT
"""npz_numpy.py NPZ_COPY FOLDER: arrays go from numpy through the library and back, stored, deflated
and with zip64 records."""
import os, subprocess, sys, zipfile
import numpy as np

copy, folder = sys.argv[1:]
random = np.random.RandomState(1)


def arrays():
    """Every type and order that the library reads, ranks 0 to 5, empty ones, awkward names."""
    for kind in 'f2 f4 f8 i1 i2 i4 i8 u1 u2 u4'.split():
        for order in '<>':
            for rank in range(6):
                values = random.randint(-99, 99, size=random.randint(1, 5, size=rank))
                values = np.abs(values) if kind[0] == 'u' else values
                values = values * (0.25 if kind[0] == 'f' else 1)
                values = np.asarray(values).astype(order + kind)
                yield '%s%s_%d' % ('le_' if order == '<' else 'be_', kind, rank), values
                if rank > 1:
                    yield '%s%s_%d.fortran' % ('le_' if order == '<' else 'be_', kind,
                                               rank), np.asfortranarray(values)
    yield 'edges', np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1.7976931348623157e308,
                             0.1])
    yield 'extremes', np.array([-2**63, 2**63 - 1, 0])
    yield 'bool', random.rand(7, 3) > 0.5
    yield 'none', np.zeros((0, 4))
    yield 'large', random.randn(300, 301).astype('<f4')
    yield 'zeros', np.zeros((1000, 1000), '<f4')
    yield 'text', np.array('conv2d(.out = 32) é\n'.encode())
    yield 'text_empty', np.array(b'')
    yield 'block.0/日本', np.arange(3)


def same(before, after):
    if before.dtype.kind == 'S':
        return after.dtype.kind == 'S' and before.item() == after.item()
    wanted = before.astype('<f8' if before.dtype.kind == 'f' else '<i8')
    return after.dtype == wanted.dtype and after.shape == wanted.shape and \
        np.ascontiguousarray(after).tobytes() == np.ascontiguousarray(wanted).tobytes()


failed = False
given = dict(arrays())
for save in np.savez, np.savez_compressed:
    source = os.path.join(folder, save.__name__ + '.npz')
    save(source, **given)
    for options in [], ['-d'], ['-w'], ['-d', '-w']:
        target = os.path.join(folder, 'copy.npz')
        name = '%s, %s' % (save.__name__, ' '.join(options) or 'stored')
        run = subprocess.run([copy] + options + [source, target], stderr=subprocess.PIPE)
        problems = []
        if run.returncode:
            problems.append(run.stderr.decode())
        else:
            with np.load(target) as loaded:
                problems = ['%s differs' % k for k in given if k not in loaded.files
                            or not same(given[k], loaded[k])]
                if len(loaded.files) != len(given):
                    problems.append('%d arrays, expected %d' % (len(loaded.files), len(given)))
            if zipfile.ZipFile(target).testzip() is not None:
                problems.append('zipfile finds a wrong checksum')
            os.unlink(target)
        for problem in problems[:10]:
            print(problem)
        print('%s  numpy: %s' % ('FAIL' if problems else 'ok  ', name))
        failed |= bool(problems)
sys.exit(failed)
