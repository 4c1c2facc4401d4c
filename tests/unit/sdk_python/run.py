"""run.py MODULE: the tests of one module here, against the library in sdk/python and the messages in the build tree."""

import sys
import unittest

import places

SKIP = 77

try:
    import google.protobuf  # noqa: F401
    import nacl  # noqa: F401
    import zmq  # noqa: F401
except ImportError as missing:
    print(f"SKIP: {missing}: python3-zmq, python3-protobuf, python3-nacl (deploy/packages/test.list)")
    sys.exit(SKIP)

if not (places.BUILD / "sdk" / "python" / "wangli_messages").exists():
    print("SKIP: the build made no wangli_messages: protobuf-compiler (deploy/packages/test.list)")
    sys.exit(SKIP)

sys.path[:0] = places.LIBRARY
unittest.main(module=sys.argv.pop(1))
