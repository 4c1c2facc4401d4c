"""wangli-media that keeps files in a bucket: uploads, reads and a new start, the store away and back, settings that are refused."""

import hashlib
import pathlib
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from a_media import PROGRAM, Media, png  # noqa: E402
from s3_standin import ACCESS, BUCKET, REGION, SECRET, StandIn  # noqa: E402


def names(server, kind):
    return {name.partition("/")[2] for name in server.objects if name.startswith(f"{kind}/")}


def kept(media, server):
    picture = png(300, 200)
    assert media.put(picture, "image/png")[0] == 201
    assert media.put(picture, "image/png")[0] == 200
    name, = names(server, "objects")
    assert len(names(server, "index")) == 1
    content = server.objects[f"objects/{name}"][0]
    assert hashlib.sha256(content).hexdigest() == name and b"GPSSECRET" not in content
    right = media.right(name, 0, "image/jpeg", verb="get")
    status, text, _ = media.ask("GET", name, None, right)
    assert (status, text) == (200, content)
    assert [path.name for path in media.objects.iterdir()] == ["tmp"] and media.scratches() == []
    media.process.send_signal(signal.SIGKILL)
    media.process.wait(30)
    media.start()
    assert media.put(picture, "image/png")[0] == 200
    return name, right


def away(media, server, name, right):
    pdf = b"%PDF-1.4 one"
    server.fault = "503"
    assert media.ask("GET", name, None, right)[0] == 503
    assert media.put(pdf, "application/pdf")[0] == 503
    server.fault = ""
    assert media.scratches() == [] and len(names(server, "objects")) == 1
    assert media.put(pdf, "application/pdf")[0] == 201
    assert media.ask("GET", name, None, right)[0] == 200
    absent = "0" * 64
    assert media.ask("GET", absent, None, media.right(absent, 0, "image/jpeg", verb="get"))[0] == 404


def refused(media):
    for changed, sentence in (({"S3_BUCKET": ""}, "OBJECTS_STORE is s3: S3_BUCKET is missing"),
                              ({"S3_SECRET": ""}, "OBJECTS_STORE is s3: S3_SECRET is missing"),
                              ({"S3_ENDPOINT": "http://store.example"}, "S3_ENDPOINT: want https"),
                              ({"S3_ENDPOINT": "https://store.example/x"}, "S3_ENDPOINT: want https://host[:port], no path"),
                              ({"S3_BUCKET": "a/b"}, "S3_BUCKET: want"), ({"OBJECTS_STORE": "tape"}, "OBJECTS_STORE: want folder or s3")):
        result = subprocess.run([PROGRAM], env={**media.environment(), **changed}, capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 2 and sentence in result.stderr, (changed, result)
        assert SECRET not in result.stderr


def main():
    with StandIn() as server:
        media = Media(OBJECTS_STORE="s3", S3_ENDPOINT=f"http://127.0.0.1:{server.server_address[1]}", S3_BUCKET=BUCKET, S3_REGION=REGION,
                      S3_KEY_ID=ACCESS, S3_SECRET=SECRET)
        try:
            away(media, server, *kept(media, server))
            refused(media)
        finally:
            media.process.kill()
            media.process.wait(30)
            shutil.rmtree(media.folder)


if __name__ == "__main__":
    main()
