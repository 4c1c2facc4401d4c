"""The messages of proto/, as protoc makes them when the package is built."""

from __future__ import annotations

from typing import Any

try:
    from wangli_messages import door_pb2, envelope_pb2
except ImportError as error:
    raise ImportError("wangli_messages is missing: run sdk/python/build_protos OUT and put OUT on PYTHONPATH, "
                      "or install the package") from error

# protoc of Debian 12 knows their types at run time only
door: Any = door_pb2
envelope: Any = envelope_pb2
