"""Messages of one set of proto files, by Google's protobuf: an encoder that is not ours."""

import pathlib
import subprocess
import sys
import tempfile

from google.protobuf.descriptor import FieldDescriptor


class Protos:
    """All messages of a folder, compiled into modules of their own."""

    def __init__(self, folder):
        self.temporary = tempfile.TemporaryDirectory(prefix="wangli-corpus-")
        out = pathlib.Path(self.temporary.name)
        files = sorted(path.name for path in pathlib.Path(folder).glob("*.proto"))
        subprocess.run(["protoc", f"--proto_path={folder}", f"--descriptor_set_out={out / 'set'}", "--include_imports", *files], check=True)
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
        described = descriptor_pb2.FileDescriptorSet.FromString((out / "set").read_bytes())
        pool = descriptor_pool.DescriptorPool()
        for file in described.file:
            pool.Add(file)
        factory = message_factory.MessageFactory(pool)
        self.messages = {}
        for file in described.file:
            for message in file.message_type:
                self.messages[message.name] = factory.GetPrototype(pool.FindMessageTypeByName(f"{file.package}.{message.name}"))

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.temporary.cleanup()


def fill(message, seed=1):
    """Every field, with values that differ from field to field; lists get three, messages are filled the same way."""
    for field in message.DESCRIPTOR.fields:
        n = seed * 1000 + field.number
        if field.label == FieldDescriptor.LABEL_REPEATED:
            values = getattr(message, field.name)
            for i in range(3):
                if field.type == FieldDescriptor.TYPE_MESSAGE:
                    fill(values.add(), seed + i + 1)
                else:
                    values.append(value_of(field, n + i))
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            fill(getattr(message, field.name), seed + 1)
        else:
            setattr(message, field.name, value_of(field, n))
    return message


def value_of(field, n):
    kinds = {
        FieldDescriptor.CPPTYPE_STRING: f"{field.name}：第{n}号" if field.type == FieldDescriptor.TYPE_STRING else f"{field.name}\0{n}".encode(),
        FieldDescriptor.CPPTYPE_BOOL: True,
        FieldDescriptor.CPPTYPE_INT32: n,
        FieldDescriptor.CPPTYPE_UINT32: n,
        FieldDescriptor.CPPTYPE_INT64: n * 1000003,
        FieldDescriptor.CPPTYPE_UINT64: n * 1000003,
        FieldDescriptor.CPPTYPE_DOUBLE: n / 4,
        FieldDescriptor.CPPTYPE_FLOAT: n / 4,
    }
    assert field.cpp_type in kinds, f"{field.full_name}: a type that the corpus does not know yet"
    return kinds[field.cpp_type]


def meaning(message):
    """{field: value} of what is set; lists and messages within."""
    out = {}
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            out[field.name] = [meaning(v) for v in value] if field.label == FieldDescriptor.LABEL_REPEATED else meaning(value)
        elif field.type == FieldDescriptor.TYPE_BYTES:
            out[field.name] = [v.hex() for v in value] if field.label == FieldDescriptor.LABEL_REPEATED else value.hex()
        else:
            out[field.name] = list(value) if field.label == FieldDescriptor.LABEL_REPEATED else value
    return out


def known(of, message):
    """What of a newer message's meaning an older one of the same name can know."""
    names = {field.name: field for field in message.DESCRIPTOR.fields}
    out = {}
    for name, value in of.items():
        field = names.get(name)
        if field is None:
            continue
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            inner = field.message_type._concrete_class()  # pylint: disable=protected-access
            value = [known(v, inner) for v in value] if isinstance(value, list) else known(value, inner)
        out[name] = value
    return out


def main():
    """protos.py make FOLDER OUT: the corpus of a release, once, when it is tagged."""
    import json
    folder, out = sys.argv[2], pathlib.Path(sys.argv[3])
    out.mkdir(parents=True)
    means = {}
    with Protos(folder) as protos:
        for name, kind in sorted(protos.messages.items()):
            message = fill(kind())
            (out / f"{name}.bin").write_bytes(message.SerializeToString(deterministic=True))
            means[name] = meaning(message)
    (out / "meaning.json").write_text(json.dumps(means, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
