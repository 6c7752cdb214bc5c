# SPDX-License-Identifier: MIT
"""Asks onnx.checker about all files of a folder that onnx_save_test has made."""
import glob
import sys

try:
    import onnx
    import onnx.checker
    import onnx.shape_inference
except ImportError:
    print("no Python package onnx here")
    sys.exit(77)

NEWEST = onnx.defs.onnx_opset_version()

for path in sorted(glob.glob(sys.argv[1] + "/*.onnx")):
    try:
        model = onnx.load(path)
        if model.opset_import[0].version > NEWEST:
            continue
        onnx.checker.check_model(model, full_check=True)
        onnx.shape_inference.infer_shapes(model, strict_mode=True)
    except Exception as error:  # whatever is wrong is the file's fault
        print("FAIL", path, " ".join(str(error).split()))
