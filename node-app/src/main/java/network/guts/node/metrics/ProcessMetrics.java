package network.guts.node.metrics;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import network.guts.core.metrics.Metrics;
import network.guts.core.metrics.Metrics.Sample;
import network.guts.node.Version;

/** What a process is made of. */
public final class ProcessMetrics {
    private ProcessMetrics() {}

    /**
     * Registers what the JVM tells of itself.
     *
     * @param started when the node was
     */
    public static void register(Metrics metrics, Instant started) {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        metrics.gauge(
                "guts_process_heap_bytes",
                "The heap: used, taken from the system, and the most it may become.",
                List.of("state"),
                () -> heap(memory.getHeapMemoryUsage()));
        metrics.gauge(
                "guts_process_buffer_bytes",
                "Memory of buffers beside the heap.",
                List.of("pool"),
                () -> ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                        .filter(pool -> pool.getName().equals("direct")
                                || pool.getName().equals("mapped"))
                        .map(pool -> new Sample(pool.getMemoryUsed(), pool.getName()))
                        .toList());
        metrics.gauge(
                "guts_process_threads",
                "Threads of the operating system; virtual ones are not counted.",
                () -> ManagementFactory.getThreadMXBean().getThreadCount());
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
            metrics.counter(
                    "guts_process_cpu_seconds_total",
                    "Processor time, of all threads.",
                    List.of(),
                    () -> List.of(new Sample(system.getProcessCpuTime() / 1e9)));
        }
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
            metrics.gauge("guts_process_descriptors", "Open file descriptors.", unix::getOpenFileDescriptorCount);
            metrics.gauge("guts_process_descriptors_limit", "How many there may be.", unix::getMaxFileDescriptorCount);
        }
        metrics.gauge(
                "guts_process_uptime_seconds",
                "Since the node was started.",
                () -> Duration.between(started, Instant.now()).toMillis() / 1e3);
        metrics.gauge(
                "guts_process_build",
                "Always 1: which version runs, on which Java.",
                List.of("version", "java"),
                () -> List.of(new Sample(1, Version.TEXT, Runtime.version().toString())));
    }

    private static List<Sample> heap(MemoryUsage heap) {
        return List.of(
                new Sample(heap.getUsed(), "used"),
                new Sample(heap.getCommitted(), "committed"),
                new Sample(heap.getMax(), "max"));
    }
}
