"""Load with a history: wangli-history against a test system, as a child that is waited for."""

import ctypes
import json
import signal
import subprocess

from system import until

PR_SET_PDEATHSIG = 1


def end_with_parent():
    """Whatever becomes of the test, this process does not outlive it."""
    if ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError("prctl")


class Load:
    """Submits letters at a rate until stopped; every invoke and every receipt is written down, fsynced.

    patience: seconds that it waits, once stopped, for the answers that are missing"""

    def __init__(self, system, channel="app", rate=150, seed=1, count=1000000, patience=20):
        self.system = system
        self.channel = channel
        self.folder = system.folder / f"history-{channel}"
        self.folder.mkdir(exist_ok=True)
        self.log = self.folder / "history"
        if not (system.data / "keys" / "channels" / channel).exists():
            system.wangli("channel", "add", channel)
        self.program = system.data / "app" / "bin" / "wangli-history"
        self.env = dict(
            system.env,
            DOOR_ADDRESS=f"tcp://127.0.0.1:{system.port + 1}",
            DOOR_SERVER_KEY_FILE=str(system.data / "keys" / "door.pub"),
            CHANNEL_KEY_FILE=str(system.data / "keys" / "channels" / channel),
            VAULT_PUBLIC_KEY_FILE=str(system.data / "keys" / "vault.pub"),
        )
        self.rate = rate
        self.arguments = ["--folder", str(self.folder), "--channel", channel, "--rate", str(rate), "--seed", str(seed),
                          "--patience", str(patience)]
        self.patience = patience
        self.count = count
        self.host = None  # of the program, where it is not this one
        self.process = None

    def move(self, host, door):
        """Another host (tests/lib/hosts.py) than the system's."""
        self.host = host
        self.env["DOOR_ADDRESS"] = door

    def start(self):
        command = [str(self.program), "run", *self.arguments, "--count", str(self.count)]
        self.process = subprocess.Popen(self.host.command(*command) if self.host else command, env=self.env, preexec_fn=end_with_parent,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return self

    def size(self):
        return self.log.stat().st_size if self.log.exists() else 0

    def receipts(self):
        return self.log.read_bytes().count(b"ok\t") if self.log.exists() else 0

    def waiting(self):
        """Letters without an answer, among them those that wait in the integrator's spool."""
        text = self.log.read_bytes() if self.log.exists() else b""
        return text.count(b"invoke\t") - text.count(b"ok\t") - text.count(b"refused\t")

    def until_moved(self, by_bytes, seconds):
        """Waits until the history has grown; True when it did. What stands still while things are down is no failure."""
        goal = self.size() + by_bytes
        try:
            until(seconds, "the load moves", lambda: self.size() >= goal)
            return True
        except AssertionError:
            assert self.process.poll() is None, f"the load ended: {self.process.stdout.read()[-2000:]}"
            return False

    def stop(self, seconds=None):
        """No new letters; waits for the answers that are missing; returns what it said."""
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=seconds or self.patience + 100)
        return said

    def verify(self, ok=(0,)):
        conninfo = self.system.conninfo("wl_check")
        done = subprocess.run([self.program, "verify", "--folder", str(self.folder), "--channel", self.channel],
                              env=dict(self.env, PG_CONNINFO=conninfo), capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode in ok, f"verify: exit {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout.strip()


def replay_to_the_end(system, path, channel="forum", seconds=300):
    """The importer may give up while the database is away; run again it goes on. seconds: for one run of it."""
    for _ in range(20):
        done = system.wangli("import", path, "--channel", channel, "--replay", "--json", ok=range(256), timeout=seconds)
        if done.returncode == 0:
            return json.loads(done.stdout)
    raise AssertionError(f"the replay does not come to its end: {done.text[-2000:]}")
