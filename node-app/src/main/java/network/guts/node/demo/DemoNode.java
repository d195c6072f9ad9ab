package network.guts.node.demo;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.node.config.Config;
import network.guts.node.config.ConfigLoader;
import network.guts.node.config.Key;
import network.guts.node.daemon.Home;
import network.guts.node.daemon.NodeRuntime;
import network.guts.node.demo.MeddlingHost.Meddling;
import network.guts.node.output.Failure;

/** One of the demo's nodes: a real one, on loopback, with a home of its own. */
final class DemoNode implements AutoCloseable {
    private final String name;
    private final NodeRuntime runtime;
    private final AtomicReference<Meddling> meddling;

    private DemoNode(String name, NodeRuntime runtime, AtomicReference<Meddling> meddling) {
        this.name = name;
        this.runtime = runtime;
        this.meddling = meddling;
    }

    /**
     * @param bootstrap whom it knows; nobody for the first
     */
    static DemoNode start(Path folder, String name, List<Multiaddr> bootstrap) throws Failure {
        Home home = new Home(folder.resolve(name));
        Config config = ConfigLoader.load(
                        home.config(),
                        Map.of(),
                        Map.of(
                                Key.LISTEN, List.of("/ip4/127.0.0.1/tcp/0"),
                                Key.NETWORK, List.of("guts-demo"),
                                Key.BOOTSTRAP,
                                        bootstrap.stream()
                                                .map(Multiaddr::toString)
                                                .toList()))
                .config();
        AtomicReference<Meddling> meddling = new AtomicReference<>(Meddling.NONE);
        NodeRuntime runtime = NodeRuntime.start(
                home, config, new NodeRuntime.Options(false, host -> new MeddlingHost(host, meddling)));
        return new DemoNode(name, runtime, meddling);
    }

    String name() {
        return name;
    }

    NodeRuntime node() {
        return runtime;
    }

    PeerId peer() {
        return runtime.host().peerId();
    }

    Home home() {
        return runtime.home();
    }

    void meddle(Meddling how) {
        meddling.set(how);
    }

    @Override
    public void close() {
        runtime.close();
    }
}
