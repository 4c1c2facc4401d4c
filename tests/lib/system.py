"""A whole system for tests, as an operator would have it: ./wangli up in a temporary folder, the sanitized build, real
processes under runit, real PostgreSQL. Used as `with System() as s:`; whatever happens, everything is stopped and removed.

Standard library only. No sleeps for guessing: `until` polls a condition with a limit and says what it waited for."""

import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("WANGLI_SHARED", ROOT.parent / "shared"))
SERVICES = ["bus", "edge", "media", "intake", "dispatch", "reply", "followup", "analytics", "portal", "watch"]
STREAM_SCHEMAS = ["intake", "dispatch", "reply", "followup"]
SKIP = 77


def skip(reason):
    print(f"SKIP: {reason}", flush=True)
    sys.exit(SKIP)


def until(seconds, what, condition):
    """Polls until condition() is true; its last value is returned. AssertionError names `what`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def free_port():
    """A port such that it and the next three are free now."""
    while True:
        port = random.randrange(20000, 60000)
        with socket.socket() as a, socket.socket() as b, socket.socket() as c, socket.socket() as d:
            try:
                a.bind(("127.0.0.1", port))
                b.bind(("127.0.0.1", port + 1))
                c.bind(("127.0.0.1", port + 2))
                d.bind(("127.0.0.1", port + 3))
            except OSError:
                continue
            return port


def children(pid):
    """The processes that one has; none when it has gone."""
    try:
        return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class System:
    def __init__(self, clock="simulated", env=None, road="auto", up=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wangli-test-"))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.port = free_port()
        self.clock = clock
        self.road = road
        self.up_words = up
        self.may_check = False  # a CHECK that fails is what the test is after
        self.speaks_as = "intake"  # whose road to the database programs of the test take
        self.env = {**os.environ, "WANGLI_PRESET": "dev", **(env or {})}

    def __enter__(self):
        try:
            self.wangli("up", "--port", str(self.port), "--clock", self.clock, "--road", self.road, *self.up_words, timeout=900)
        except BaseException:
            self.show_logs()
            self.close()
            raise
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is not None:
                self.show_logs()
            self.down()
            if kind is None:
                self.assert_clean_logs()
        finally:
            self.close()

    def close(self):
        subprocess.run([ROOT / "wangli", "down", "--data", self.data], env=self.env, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
        real = os.path.realpath(self.data)
        shutil.rmtree(real, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def down(self):
        self.wangli("down")

    # --- commands ---

    def wangli(self, *args, ok=(0,), timeout=300, env=None):
        """Runs ./wangli …; output is returned, an unexpected exit code fails with all that was said."""
        command = [str(ROOT / "wangli"), str(args[0]), "--data", str(self.data), *map(str, args[1:])]
        done = subprocess.run(command, env=dict(self.env, **(env or {})), capture_output=True, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL)
        if done.returncode not in ok:
            raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        done.text = done.stdout + done.stderr
        return done

    def start(self, *args):
        command = [str(ROOT / "wangli"), str(args[0]), "--data", str(self.data), *map(str, args[1:])]
        return subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                stdin=subprocess.DEVNULL, start_new_session=True)

    def sql(self, query, role="wl_check"):
        """Rows as lists of text."""
        done = self.wangli("psql", role, "-X", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", query, timeout=60)
        return [line.split("\t") for line in done.stdout.splitlines() if line]

    def one(self, query, role="wl_check"):
        return self.sql(query, role)[0][0]

    def check(self, ok=(0,)):
        return json.loads(self.wangli("check", "--json", ok=ok, timeout=300).stdout)

    def status(self):
        return json.loads(self.wangli("status", "--json", ok=(0, 1)).stdout)

    def conninfo(self, role):
        """libpq's, for programs that speak to the database themselves; read from a service's own settings, with all its servers."""
        text = (self.data / "service" / self.speaks_as / "env" / "PG_CONNINFO").read_text().strip()
        return " ".join(word for word in text.split() if not word.startswith("user=")) + f" user={role}"

    # --- processes ---

    def pid(self, service):
        try:
            return int((self.data / "service" / service / "supervise" / "pid").read_text())
        except (OSError, ValueError):
            return 0

    def memory_mib(self, service):
        """Its resident memory; 0.0 when the process is about to end."""
        for line in pathlib.Path(f"/proc/{self.pid(service)}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def kill(self, service, signal_number=signal.SIGKILL):
        """kill -9 by the supervisor's record of the process; False when it was not running just now."""
        pid = self.pid(service)
        if pid == 0:
            return False
        try:
            os.kill(pid, signal_number)
        except ProcessLookupError:
            return False
        return True

    def until_back(self, service, old_pid, seconds=60):
        until(seconds, f"{service} runs again", lambda: self.pid(service) not in (0, old_pid))

    def set_environment(self, service, name, value):
        """Changes one setting of one service and starts it anew (None: takes it away)."""
        path = self.data / "service" / service / "env" / name
        if value is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(value + "\n")
        old = self.pid(service)
        self.kill(service, signal.SIGTERM)
        self.until_back(service, old)

    # --- what the system says about itself ---

    def answer(self, process, path, timeout=10):
        """What a process answers operators on its own socket or port: status, headers by their small names, text."""
        listen = (self.data / "service" / process / "env" / "HEALTH_LISTEN").read_text().strip()
        connection = (UnixConnection(listen.removeprefix("unix:"), timeout=timeout) if listen.startswith("unix:")
                      else http.client.HTTPConnection(listen, timeout=timeout))
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
        finally:
            connection.close()

    def health(self, process):
        return json.loads(self.answer(process, "/health")[2])

    def metrics(self, process):
        return self.answer(process, "/metrics")[2]

    def database_answers(self):
        done = subprocess.run([str(ROOT / "wangli"), "psql", "--data", str(self.data), "wl_check", "-X", "-t", "-c", "select 1"],
                              env=self.env, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        return done.returncode == 0

    def pending(self):
        union = " union all ".join(f"select count(*) as n from {s}.v_pending" for s in STREAM_SCHEMAS)
        return int(self.one(f"select sum(n) from ({union}) as p"))

    def until_settled(self, seconds):
        until(seconds, "no marker is left", lambda: self.pending() == 0)

    def logs(self):
        for path in sorted((self.data / "log").glob("*/current")) + sorted((self.data / "log").glob("*/@*")):
            yield path, path.read_text(errors="replace")

    def show_logs(self):
        for path, text in self.logs():
            print(f"--- {path.parent.name} (end)", *text.splitlines()[-15:], sep="\n", flush=True)

    def assert_clean_logs(self):
        """No sanitizer and no CHECK said a word."""
        words = ["AddressSanitizer", "LeakSanitizer", "runtime error:"] + ["CHECK failed"] * (not self.may_check)
        for path, text in self.logs():
            for word in words:
                assert word not in text, f"{path.parent.name}: {word}\n" + "\n".join(
                    text[max(0, text.find(word) - 500):text.find(word) + 4000].splitlines())
