package network.guts.libp2p.values;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.TimeUnit;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerRecord;
import network.guts.core.PrivateKey;
import network.guts.core.SignedEnvelope;
import network.guts.core.Varint;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Varints, and the check of a signed envelope: what every message and every record of a stranger costs. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ValuesBenchmark {
    private static final long LENGTH = 70_000;

    private final byte[] target = new byte[Varint.MAX_BYTES];
    private final ByteBuffer varint = ByteBuffer.wrap(Varint.encode(LENGTH));
    private byte[] envelope = {};

    @Setup
    public void prepare() throws MalformedException {
        PrivateKey key = PrivateKey.generate(new SecureRandom());
        List<Multiaddr> addresses = List.of(Multiaddr.parse("/ip4/192.0.2.7/tcp/9000"));
        envelope = new PeerRecord(key.peerId(), 1, addresses).seal(key).encoded().toArray();
    }

    @Benchmark
    public int writeVarint() {
        return Varint.put(target, 0, LENGTH);
    }

    @Benchmark
    public long readVarint() throws MalformedException {
        return Varint.read(varint.clear());
    }

    @Benchmark
    public PeerRecord checkEnvelope() throws MalformedException {
        return PeerRecord.open(SignedEnvelope.parse(envelope));
    }
}
