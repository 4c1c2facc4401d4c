"""Hosts and a network between them on one machine, for faults that only a network has: each host is a network namespace whose only
way out is a TUN device, and a thread of the test carries the packets. For each direction of each pair of hosts it is told how many are
lost, doubled and late, and by how much all are delayed; 100 % lost in one direction is a one-way partition.

Used as `with Network("a", "b") as net:`; whatever happens, the namespaces are removed. Needs root; `refuse_to_run` says what is missing."""

import dataclasses
import fcntl
import heapq
import os
import pathlib
import random
import select
import struct
import subprocess
import threading
import time

TUN = pathlib.Path("/dev/net/tun")
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
PACKET_MAX = 65536
PREFIX = "10.77.0."


def refuse_to_run():
    """Why there can be no network here; "" when there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not TUN.exists():
        return f"no {TUN}"
    made = subprocess.run(["ip", "netns", "add", f"wl{os.getpid()}-try"], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        return f"no network namespaces: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", f"wl{os.getpid()}-try"], check=True)
    return ""


@dataclasses.dataclass
class Way:
    """One direction between two hosts. Chances are in per cent, times in seconds."""

    lost: float = 0
    doubled: float = 0
    late: float = 0  # by late_s more than the others, who overtake it
    late_s: float = 0.03
    delay_s: float = 0
    jitter_s: float = 0


class Host:
    def __init__(self, name, number):
        self.name = name
        self.space = f"wl{os.getpid()}-{name}"
        self.address = PREFIX + str(number)
        self.tun = -1

    def ip(self, *words):
        subprocess.run(["ip", "-n", self.space, *words], check=True)

    def open(self):
        """The device is made here, where the thread keeps its descriptor, and moved."""
        device = f"wl{os.getpid() % 100000}-{self.address.rpartition('.')[2]}"
        subprocess.run(["ip", "netns", "add", self.space], check=True)
        self.tun = os.open(TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(self.tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
        subprocess.run(["ip", "link", "set", device, "netns", self.space], check=True)
        self.ip("addr", "add", f"{self.address}/24", "dev", device)
        self.ip("link", "set", device, "up")
        self.ip("link", "set", "lo", "up")

    def close(self):
        if self.tun >= 0:
            os.close(self.tun)
        subprocess.run(["ip", "netns", "del", self.space], check=False, capture_output=True)

    def command(self, *words):
        """What runs a program on this host."""
        return ["nsenter", f"--net=/run/netns/{self.space}", *words]


class Network:
    def __init__(self, *names, seed=1):
        self.hosts = {name: Host(name, number) for number, name in enumerate(names, 1)}
        self.rng = random.Random(seed)
        self.ways = {}
        self.counts = {"carried": 0, "lost": 0, "doubled": 0, "late": 0}
        self.under_way = []  # heap of (due, number, to, packet)
        self.number = 0
        self.wake_read, self.wake_write = os.pipe()
        self.thread = threading.Thread(target=self.carry, daemon=True)

    def __enter__(self):
        try:
            for host in self.hosts.values():
                host.open()
        except BaseException:
            self.close()
            raise
        self.thread.start()
        return self

    def __exit__(self, kind, value, trace):
        os.write(self.wake_write, b"x")
        self.thread.join()
        self.close()

    def close(self):
        for host in self.hosts.values():
            host.close()

    def __getitem__(self, name):
        return self.hosts[name]

    # --- faults ---

    def set(self, source, target, **words):
        """How it is from one host to another from now on."""
        self.ways[self.hosts[source].address, self.hosts[target].address] = Way(**words)

    def heal(self):
        self.ways = {}

    # --- the thread ---

    def chance(self, per_cent, what):
        hit = self.rng.uniform(0, 100) < per_cent
        self.counts[what] += hit
        return hit

    def take(self, packet, now, targets):
        if packet[0] >> 4 != 4:
            return  # IPv6's own announcements
        source, target = (".".join(map(str, packet[at:at + 4])) for at in (12, 16))
        way = self.ways.get((source, target)) or Way()
        if target not in targets or self.chance(way.lost, "lost"):
            return
        for _ in range(1 + self.chance(way.doubled, "doubled")):
            due = now + way.delay_s + self.rng.uniform(0, way.jitter_s)
            if self.chance(way.late, "late"):
                due += way.late_s
            self.number += 1
            heapq.heappush(self.under_way, (due, self.number, targets[target], packet))

    def give(self, now):
        while self.under_way and self.under_way[0][0] <= now:
            _, _, tun, packet = heapq.heappop(self.under_way)
            try:
                os.write(tun, packet)
                self.counts["carried"] += 1
            except OSError:
                self.counts["lost"] += 1  # its queue is full: lost like any packet

    def carry(self):
        tuns = [host.tun for host in self.hosts.values()]
        targets = {host.address: host.tun for host in self.hosts.values()}
        while True:
            now = time.monotonic()
            wait = max(0.0, self.under_way[0][0] - now) if self.under_way else None
            ready, _, _ = select.select([self.wake_read, *tuns], [], [], wait)
            if self.wake_read in ready:
                return
            now = time.monotonic()
            for tun in ready:
                self.take(os.read(tun, PACKET_MAX), now, targets)
            self.give(now)


def place(system, service, host, **environment):
    """Puts one process of a running system on a host, with other settings; it has to be started anew afterwards."""
    home = system.data / "service" / service
    run = home / "run"
    text = run.read_text()
    assert "exec chpst" in text, text
    run.write_text(text.replace("exec chpst", f"exec {' '.join(host.command('chpst'))}"))
    for name, value in environment.items():
        (home / "env" / name).write_text(value + "\n")


def database_listens(system, host, network=PREFIX + "0/24"):
    """PostgreSQL speaks TCP to all hosts besides its socket. Whoever comes over this network is believed: there is nobody else on it."""
    with open(system.data / "pg" / "postgresql.conf", "a", encoding="utf-8") as file:
        file.write(f"listen_addresses = '{host.address}'\n")
    with open(system.data / "pg" / "wangli_hba.conf", "a", encoding="utf-8") as file:
        file.write(f"host wangli all {network} trust\n")
