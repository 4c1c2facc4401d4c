"""What an operator may rely on: up again changes nothing, two systems live side by side, what is killed comes back, down leaves
nothing behind, and each bad situation is one clear line, an exit code, and no half-started system."""

import json
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from system import ROOT, SERVICES, System, free_port, until  # noqa: E402

ALL = ["postgres", *SERVICES]


def processes_of(data):
    """Every process that names a data folder: services and loggers, runsvdir, PostgreSQL. A container does not let us see more."""
    real, found = os.path.realpath(data), []
    for proc in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (proc / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if any(word.startswith(f"{real}/") for word in words):
            found.append(f"{proc.name} {words[0]}")
    return found


def refusal(s, *args, **more):
    """The one line of a command that must fail."""
    done = s.wangli(*args, ok=range(1, 256), **more)
    lines = [line for line in done.stderr.splitlines() if line != "stopping what was started"]
    assert len(lines) == 1, lines
    return lines[0]


def up_again_changes_nothing(s):
    before = {name: s.pid(name) for name in ALL}
    done = s.wangli("up")
    assert "nothing changed" in done.stdout, done.text
    assert before == {name: s.pid(name) for name in ALL}


def up_with_other_settings_says_what_differs(s):
    line = refusal(s, "up", "--port", "9000")
    assert f"--port is {s.port}, asked: 9000" in line, line
    line = refusal(s, "up", "--clock", "real")
    assert "made with --clock simulated" in line, line
    assert s.status()["is_healthy"]


def settings_of_the_operator_win(s):
    """DATA/settings: up restarts whom they touch, and no other; a wrong line is refused, by file and line."""
    before = {name: s.pid(name) for name in ALL}
    folder = s.data / "settings"
    folder.mkdir()
    (folder / "reply").write_text("# looked at closely\nLOG_LEVEL=debug\n")
    assert "restarting reply" in s.wangli("up").stdout
    assert (s.data / "service" / "reply" / "env" / "LOG_LEVEL").read_text() == "debug\n"
    assert {name for name in ALL if s.pid(name) != before[name]} == {"reply"}
    (folder / "all").write_text("\nlog level=debug\n")
    line = refusal(s, "up")
    assert f"{folder / 'all'}:2: want NAME=value" in line, line
    (folder / "all").unlink()
    (folder / "reply").unlink()
    assert "restarting reply" in s.wangli("up").stdout


def every_process_has_its_own_account(s):
    if os.getuid() != 0:
        return
    for name in ALL:
        wanted = "wangli-db" if name == "postgres" else f"wangli-{name}"
        assert pwd.getpwuid(os.stat(f"/proc/{s.pid(name)}").st_uid).pw_name == wanted, name
    for key, owner in (("vault", "wangli-intake"), ("querycode", "wangli-intake"), ("bus.key", "wangli-bus"),
                       ("door.key", "wangli-edge"), ("operator", "root")):
        stat = (s.data / "keys" / key).stat()
        assert (pwd.getpwuid(stat.st_uid).pw_name, stat.st_mode & 0o777) == (owner, 0o600), key


def what_is_killed_comes_back(s):
    for name in ALL:
        old = s.pid(name)
        assert s.kill(name), name
        s.until_back(name, old)
    until(60, "all are healthy again", lambda: s.status()["is_healthy"])


def a_killed_supervisor_runs_nothing_twice(s):
    runsv = next(int(p.name) for p in pathlib.Path("/proc").glob("[0-9]*")
                 if (p / "cmdline").exists() and (p / "cmdline").read_bytes() == b"runsv\0reply\0"
                 and os.path.realpath(p / "cwd") == os.path.realpath(s.data / "service" / "reply"))
    old = s.pid("reply")
    os.kill(runsv, signal.SIGKILL)
    s.until_back("reply", old)
    def running():
        return [int(line.split()[0]) for line in processes_of(s.data) if line.endswith("/wangli-reply")]
    until(60, "one reply runs, and it is the supervisor's", lambda: running() == [s.pid("reply")])
    os.kill(int((s.data / "supervisor.pid").read_text()), signal.SIGKILL)
    s.wangli("up")
    assert len([line for line in processes_of(s.data) if line.endswith(" runsvdir")]) == 1
    until(60, "all are healthy again", lambda: s.status()["is_healthy"])


def scale_is_kept_and_what_cannot_be_scaled_is_told(s):
    def dispatchers():
        return sorted(p["service"] for p in s.status()["processes"] if p["service"].startswith("dispatch") and p["is_healthy"])

    def scale():
        return json.loads(s.wangli("scale", "--json").stdout)

    for words, part in (("portal=2", "cannot be scaled on one machine"), ("nobody=2", "cannot be scaled"), ("dispatch=0", "want 1 to"),
                        ("dispatch=17", "want 1 to"), ("bus=9", "want 1 to 8"), ("dispatch", "SERVICE=N")):
        line = refusal(s, "scale", words)
        assert part in line, line
    assert dispatchers() == ["dispatch"]
    s.wangli("scale", "dispatch=3", "bus=2")
    assert dispatchers() == ["dispatch", "dispatch-2", "dispatch-3"] and scale()["dispatch"] == 3 and scale()["bus"] == 2
    assert "bus_connected" in s.wangli("logs", "dispatch-3").stdout
    first = s.pid("dispatch")
    s.wangli("scale", "dispatch=2")
    assert dispatchers() == ["dispatch", "dispatch-2"] and s.pid("dispatch") == first
    s.wangli("down")
    assert processes_of(s.data) == [], processes_of(s.data)
    s.wangli("up")
    assert dispatchers() == ["dispatch", "dispatch-2"]
    s.wangli("scale", "dispatch=1", "bus=1")
    assert dispatchers() == ["dispatch"] and scale()["dispatch"] == 1 and scale()["bus"] == 1


def two_systems_side_by_side(s):
    with System(clock="real") as other:
        assert other.one("select is_simulated::text from ref.clock") == "false"
        assert s.one("select is_simulated::text from ref.clock") == "true"
        assert s.status()["is_healthy"] and other.status()["is_healthy"]
    assert s.status()["is_healthy"]


def down_leaves_nothing_and_bad_situations_are_one_line(s):
    s.wangli("down")
    assert processes_of(s.data) == [], processes_of(s.data)
    assert "down already" in s.wangli("down").stdout

    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", s.port + 1))
        taken.listen()
        line = refusal(s, "up")
        assert f"port {s.port + 1} is taken" in line, line
    assert processes_of(s.data) == []

    settings = s.data / "pg" / "postgresql.conf"
    text = settings.read_text()
    for name, value in (("fsync", "off"), ("full_page_writes", "off"), ("synchronous_commit", "local")):
        settings.write_text(f"{text}\n{name} = {value}\n")
        line = refusal(s, "up")
        assert f"{name}={value}" in line, line
        assert processes_of(s.data) == []
    settings.write_text(text)

    s.wangli("up", "--port", str(free_port()))
    s.wangli("down")


def a_folder_that_accounts_cannot_reach_becomes_a_link():
    """As in a clone under /root."""
    if os.getuid() != 0:
        return
    s = System()
    (s.folder / "closed").mkdir(mode=0o700)
    s.data = s.folder / "closed" / "data"
    with s:
        assert s.data.is_symlink() and os.path.realpath(s.data).startswith("/var/lib/wangli/")
        assert s.status()["is_healthy"]
        assert "nothing changed" in s.wangli("up").stdout
    assert not os.path.lexists(s.data)


def a_full_disk_is_refused(folder):
    if os.getuid() != 0:
        return
    place = folder / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", place], check=False).returncode != 0:
        print("a_full_disk_is_refused: left out, no right to mount here")
        return
    try:
        done = subprocess.run([ROOT / "wangli", "up", "--data", place / "data", "--port", str(free_port())], check=False,
                              capture_output=True, text=True)
        assert done.returncode != 0 and "is full" in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
        assert not (place / "data").exists()
    finally:
        subprocess.run(["umount", place], check=True)


def main():
    with System() as s:
        up_again_changes_nothing(s)
        up_with_other_settings_says_what_differs(s)
        settings_of_the_operator_win(s)
        every_process_has_its_own_account(s)
        what_is_killed_comes_back(s)
        a_killed_supervisor_runs_nothing_twice(s)
        scale_is_kept_and_what_cannot_be_scaled_is_told(s)
        two_systems_side_by_side(s)
        down_leaves_nothing_and_bad_situations_are_one_line(s)
        a_full_disk_is_refused(s.folder)
    a_folder_that_accounts_cannot_reach_becomes_a_link()


if __name__ == "__main__":
    main()
