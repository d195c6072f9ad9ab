#!/usr/bin/env python3
"""Measures Guts against git on this machine, in one run, and prints medians and ratios.

    scripts/benchmark.py REPOSITORY [--rounds N] [--uplink BYTES_PER_SECOND] [--only NAME ...]

REPOSITORY is a bare git repository with all of its objects. Everything runs on loopback in a private network and ends
by itself. Run it alone: two cores are enough, but nothing else should want them.
"""
import argparse
import json
import os
import pathlib
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
GUTS = TOP / "guts"
READY_SECONDS = 120
RUN_SECONDS = 1200
STREAM_BYTES = 256 << 20

# The just-in-time compiler needs about a gigabyte each way before the figures stand still.
STREAM_WARM_UP = 4

PLAIN_READER = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as stream:
    buffer = bytearray(1 << 16)
    while stream.recv_into(buffer):
        pass
    stream.sendall(b"!")
"""


class Node:
    """A node of the real program on loopback."""

    def __init__(self, folder, name, *arguments, dht="server"):
        self.home = folder / name
        environment = dict(os.environ, GUTS_HOME=str(self.home))
        self.process = subprocess.Popen(
            [GUTS, "--json", "node", "start", "--listen", "/ip4/127.0.0.1/tcp/0", "--dht", dht,
             *([] if "--network" in arguments else ["--network", "private"]), *arguments],
            stdout=subprocess.PIPE, stderr=open(folder / f"{name}.stderr", "w"), text=True, env=environment)
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"node {name} did not start: see {folder / (name + '.stderr')}")
        ready = json.loads(line)
        self.peer, address = ready["peer"], ready["addresses"][0]
        self.address = address if "/p2p/" in address else f"{address}/p2p/{self.peer}"

    def guts(self, *arguments):
        done = subprocess.run([GUTS, "--json", "--home", self.home, *arguments], capture_output=True, text=True, timeout=RUN_SECONDS)
        if done.returncode:
            sys.exit(f"guts {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def pids(self):
        """The process and its children: the launcher may have become the JVM, or started it."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return [self.process.pid, *map(int, children)]

    def resident_mib(self):
        kib = 0
        for pid in self.pids():
            for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    kib += int(line.split()[1])
        return kib / 1024

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def timed(action):
    start = time.monotonic()
    action()
    return time.monotonic() - start


def show(name, values, unit="s", digits=2):
    print(f"  {name:<44} median {statistics.median(values):.{digits}f} {unit}"
          f"  (min {min(values):.{digits}f}, max {max(values):.{digits}f}, n {len(values)})", flush=True)


def ratio(name, ours, theirs):
    pairs = [one / other for one, other in zip(ours, theirs)]
    print(f"  {name:<44} ratio  {statistics.median(pairs):.2f}   (pairwise {', '.join(f'{p:.2f}' for p in pairs)})", flush=True)


def published(folder, repository, *arguments, name="publisher"):
    copy = folder / f"{name}.git"  # publishing leaves a remote in what it publishes
    subprocess.run(["git", "clone", "--quiet", "--mirror", pathlib.Path(repository).resolve(), copy], check=True)
    node = Node(folder, name, *arguments)
    event = next(e for e in node.guts("publish", copy, "--name", "benchmark") if e["event"] == "repository")
    return node, event["repository"]


def version(arguments, folder):
    """Start-up of the command line."""
    run = lambda command: timed(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))
    run([GUTS, "--version"])
    ours = [run([GUTS, "--version"]) * 1000 for _ in range(9)]
    show("guts --version", ours, "ms", 0)


def idle(arguments, folder):
    """Memory of a node that has been up for half a minute and does nothing."""
    node = Node(folder, "idle")
    try:
        time.sleep(30)
        show("idle node, resident", [node.resident_mib()], "MiB", 0)
    finally:
        node.stop()


def clone(arguments, folder):
    """One large repository: a warm node from one provider, against git over git://, bare against bare."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    served = pathlib.Path(arguments.repository).resolve()
    daemon = subprocess.Popen(["git", "daemon", "--export-all", "--listen=127.0.0.1", f"--port={port}",
                               f"--base-path={served.parent}", "--reuseaddr", str(served)], stderr=subprocess.DEVNULL)
    provider, repository = published(folder, served)
    reader = Node(folder, "reader")
    url = f"guts://{repository}?peer={provider.address}"
    target = folder / "clone.git"

    def by_guts():
        return timed(lambda: reader.guts("seed", url))

    def by_git():
        return timed(lambda: subprocess.run(["git", "clone", "--quiet", "--bare", f"git://127.0.0.1:{port}/{served.name}", target], check=True))

    try:
        ours, theirs = [], []
        for number in range(arguments.rounds + 1):
            one = by_guts()
            reader.guts("unseed", "--delete", repository)
            other = by_git()
            shutil.rmtree(target)
            if number:  # the first round warms both up
                ours.append(one)
                theirs.append(other)
        show("clone by a warm node from one provider", ours)
        show("git clone --bare over git://", theirs)
        ratio("guts / git", ours, theirs)
    finally:
        reader.stop()
        provider.stop()
        daemon.terminate()
        daemon.wait()


def providers(arguments, folder):
    """From 1, 2 and 4 providers whose uplinks are capped."""
    counts = (1, 2, 4)
    nodes, urls = [], {}
    try:
        for count in counts:
            # A network for each group: in one, the reader would find the providers of the others in the DHT.
            network = ("--network", f"capped-{count}")
            cap = (*network, "--seeding-uplink", str(arguments.uplink))
            first, repository = published(folder, arguments.small or arguments.repository, *cap, name=f"publisher-{count}")
            group = [first]
            nodes.append(first)
            for number in range(2, count + 1):
                seeder = Node(folder, f"seeder-{count}-{number}", *cap, "--bootstrap", first.address)
                nodes.append(seeder)
                seeder.guts("seed", f"guts://{repository}?peer={first.address}")
                group.append(seeder)
            urls[count] = (network, f"guts://{repository}?" + "&".join(f"peer={node.address}" for node in group))
        seconds = {count: [] for count in counts}
        for _ in range(arguments.rounds):
            for count in counts:
                network, url = urls[count]
                reader = Node(folder, "capped-reader", *network, dht="client")
                try:
                    seconds[count].append(timed(lambda: reader.guts("seed", url)))
                finally:
                    reader.stop()
                shutil.rmtree(reader.home)
        for count, values in seconds.items():
            show(f"clone from {count} providers at {arguments.uplink / 1e6:g} MB/s each", values)
        ratio("speed of 2 providers / 1", seconds[1], seconds[2])
        ratio("speed of 4 providers / 1", seconds[1], seconds[4])
    finally:
        for node in nodes:
            node.stop()


def plain_socket():
    """Seconds that the stream's bytes take through a socket from one process to another, without any protocol."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        reader = subprocess.Popen([sys.executable, "-c", PLAIN_READER, str(server.getsockname()[1])])
        accepted, _ = server.accept()
        block = bytes(1 << 16)
        with accepted:
            start = time.monotonic()
            for _ in range(STREAM_BYTES // len(block)):
                accepted.sendall(block)
            accepted.shutdown(socket.SHUT_WR)
            accepted.recv(1)
            seconds = time.monotonic() - start
        reader.wait()
        return seconds


def stream(arguments, folder):
    """One stream over loopback between two nodes (TCP, Noise, Yamux), by /perf/1.0.0, against a bare socket."""
    server = Node(folder, "server", "--allow-perf")
    client = Node(folder, "client")
    up, down, bare = [], [], []
    try:
        for number in range(STREAM_WARM_UP + max(5, arguments.rounds)):
            done = client.guts("perf", server.address, "--upload", str(STREAM_BYTES), "--download", str(STREAM_BYTES))[-1]
            plain = plain_socket()
            if number >= STREAM_WARM_UP:
                up.append(STREAM_BYTES / 2**20 / done["upload_seconds"])
                down.append(STREAM_BYTES / 2**20 / done["download_seconds"])
                bare.append(STREAM_BYTES / 2**20 / plain)
        show("one stream, up", up, "MiB/s", 0)
        show("one stream, down", down, "MiB/s", 0)
        show("a bare socket", bare, "MiB/s", 0)
        ratio("up / bare socket", up, bare)
        ratio("down / bare socket", down, bare)
    finally:
        client.stop()
        server.stop()


PARTS = {"version": version, "idle": idle, "stream": stream, "clone": clone, "providers": providers}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repository")
    parser.add_argument("--small", help="the repository for the capped uplinks; REPOSITORY if not given")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--uplink", type=int, default=4_000_000)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release().split('-')[0]}", flush=True)
    for name in arguments.only:
        print(f"{name}: {PARTS[name].__doc__}", flush=True)
        with tempfile.TemporaryDirectory(prefix="guts-benchmark-") as folder:
            PARTS[name](arguments, pathlib.Path(folder))


if __name__ == "__main__":
    main()
