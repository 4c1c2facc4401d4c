"""The messages of proto/, as protoc makes them when the package is built."""

from __future__ import annotations

try:
    from wangli_messages import door_pb2 as door
    from wangli_messages import envelope_pb2 as envelope
except ImportError as error:
    raise ImportError("wangli_messages is missing: run sdk/python/build_protos OUT and put OUT on PYTHONPATH, "
                      "or install the package") from error

__all__ = ["door", "envelope"]
