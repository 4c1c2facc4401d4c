"""A system with a second PostgreSQL, and what happens to the first one."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

from system import until

SERVERS = {"postgres": 5432, "postgres2": 5433}


class Pair:
    """The two servers of a system; `first` is the primary at the start."""

    def __init__(self, system, is_sync=True):
        self.system = system
        self.folders = {"postgres": system.data / "pg", "postgres2": system.folder / "second" / "pg"}
        system.wangli("standby", "add", str(system.folder / "second"), *(["--sync"] if is_sync else []))
        self.run = system.conninfo("postgres").split()[0].removeprefix("host=").split(",")[0]

    def sql(self, server, query):
        """One value, from one of the two."""
        conninfo = f"host={self.run} port={SERVERS[server]} user=postgres dbname=wangli connect_timeout=5"
        done = subprocess.run(["/usr/lib/postgresql/15/bin/psql", "-X", "-A", "-t", "-q", "-d", conninfo, "-c", query], check=True,
                              capture_output=True, text=True, timeout=60)
        return done.stdout.strip()

    def processes(self, server):
        """Every process of a server stands in its folder."""
        folder = os.path.realpath(self.folders[server])
        found = []
        for proc in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(proc / "cwd").split(" (deleted)")[0] == folder and (proc / "comm").read_text() == "postgres\n":
                    found.append(int(proc.name))
            except OSError:
                continue
        return found

    def signal(self, server, number):
        for pid in self.processes(server):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def lose(self, server, is_destroyed=False):
        """The machine of a server is gone: its processes at once, nobody starts them again, with its disk if wanted."""
        subprocess.run(["sv", "once", self.system.data / "service" / server], check=True, stdout=subprocess.DEVNULL)
        # The postmaster first, frozen with all others: none of them sees another one die.
        self.signal(server, signal.SIGSTOP)
        self.signal(server, signal.SIGKILL)
        until(10, f"{server} is gone", lambda: not self.processes(server))
        if is_destroyed:
            shutil.rmtree(self.folders[server])

    def waiting(self, server):
        return int(self.sql(server, "select count(*) from pg_stat_activity where wait_event = 'SyncRep'"))

    def cancel_waits(self, server):
        return int(self.sql(server, "select count(pg_cancel_backend(pid)) from pg_stat_activity where wait_event = 'SyncRep'"))

    def fail_over(self, load):
        """Promotes; seconds until then, and until the first receipt that came after."""
        begun = time.monotonic()
        self.system.wangli("standby", "promote")
        promoted = time.monotonic() - begun
        before = load.receipts()
        until(60, "a receipt after the promotion", lambda: load.receipts() > before)
        return promoted, time.monotonic() - begun
