"""The door on a file system that nobody can write to: a mount namespace in which everything is read-only. It must come up, take
part on the bus's side (nobody is there), answer GET /health over TCP, and end cleanly."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from system import free_port, skip, until  # noqa: E402

EDGE = pathlib.Path(os.environ["WANGLI_BUILD"]) / "services" / "edge" / "wangli-edge"
KEY = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"  # the secret key of RFC 26/CURVE's test vectors: any will do
PUBLIC = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
INSIDE = 'mount -o remount,bind,ro / && ! touch "$PROBE" 2>/dev/null && exec "$EDGE"'


def health(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return json.load(answer)
    except OSError:
        return None


def main():
    if subprocess.run(["unshare", "--mount", "sh", "-c", "mount -o remount,bind,ro /"], check=False, capture_output=True).returncode:
        skip("no mount namespace here: needs root or user namespaces")
    port = free_port()
    probe = pathlib.Path(__file__).resolve().parent / "written"
    env = dict(os.environ, EDGE=str(EDGE), PROBE=str(probe), DOOR_LISTEN=f"tcp://127.0.0.1:{port}", DOOR_KEY=KEY, BUS_KEY=KEY,
               BUS_SERVER_KEY=PUBLIC, BUS_ADDRESS="ipc:///nowhere/bus.sock", HEALTH_LISTEN=f"127.0.0.1:{port + 1}", TMPDIR="/nowhere",
               ASAN_OPTIONS="detect_leaks=0")
    door = subprocess.Popen(["unshare", "--mount", "sh", "-c", INSIDE], env=env, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = until(20, "the door answers", lambda: health(port + 1) or door.poll() is not None)
        assert isinstance(said, dict), door.stdout.read()
        assert said["process"] == "edge" and said["healthy"] is False, said
        door.send_signal(signal.SIGTERM)
        assert door.wait(20) == 0, door.stdout.read()
        assert not probe.exists()
    finally:
        if door.poll() is None:
            door.kill()
            door.wait()
    print("a door that can write nowhere comes up, answers and ends")


main()
