package network.guts.libp2p.noise;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import network.guts.core.MalformedException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One record of Noise, as a connection encrypts it, and there and back. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RecordBenchmark {
    /** A small message, a page, and the most that a record holds. */
    @Param({"64", "4096", "65519"})
    int bytes;

    private ByteBuffer plaintext = ByteBuffer.allocate(0);
    private ByteBuffer record = ByteBuffer.allocate(0);
    private CipherState sending = state();
    private CipherState receiving = state();

    private static CipherState state() {
        return new CipherState(new byte[CipherState.KEY]);
    }

    @Setup
    public void prepare() {
        plaintext = ByteBuffer.allocateDirect(bytes);
        record = ByteBuffer.allocateDirect(bytes + CipherState.TAG);
        sending = state();
        receiving = state();
    }

    @Benchmark
    public int seal() {
        return sending.encrypt(plaintext.clear(), record.clear());
    }

    /** A record can be opened once: so this is both. */
    @Benchmark
    public int sealAndOpen() throws MalformedException {
        sending.encrypt(plaintext.clear(), record.clear());
        return receiving.decrypt(record.flip());
    }

}
