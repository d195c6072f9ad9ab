package network.guts.node.demo;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.node.output.Failure;
import org.jspecify.annotations.Nullable;

/** The demo's nodes, all entering through the first. */
final class DemoNetwork implements AutoCloseable {
    private final Path folder;
    private final List<DemoNode> nodes = new CopyOnWriteArrayList<>();

    DemoNetwork(Path folder) {
        this.folder = folder;
    }

    Path folder() {
        return folder;
    }

    List<DemoNode> nodes() {
        return List.copyOf(nodes);
    }

    /** Starts one more node, which knows the first one's address and nothing else. */
    DemoNode add() throws Failure {
        List<Multiaddr> bootstrap =
                nodes.isEmpty() ? List.of() : nodes.getFirst().node().fullAddresses();
        DemoNode node = DemoNode.start(folder, "node-" + (char) ('a' + nodes.size() % 26) + suffix(), bootstrap);
        nodes.add(node);
        return node;
    }

    private String suffix() {
        return nodes.size() < 26 ? "" : Integer.toString(nodes.size() / 26);
    }

    /** The name of the node that has this peer id. */
    String name(PeerId peer) {
        return nodes.stream()
                .filter(node -> node.peer().equals(peer))
                .map(DemoNode::name)
                .findFirst()
                .orElse(peer.toString());
    }

    @Override
    public void close() throws IOException {
        List<Thread> closing = new ArrayList<>();
        for (DemoNode node : nodes) {
            closing.add(Thread.ofVirtual().name("close " + node.name()).start(node::close));
        }
        try {
            for (Thread one : closing) {
                one.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static void deleteTree(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException problem) throws IOException {
                if (problem instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw problem;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path done, @Nullable IOException problem) throws IOException {
                Files.deleteIfExists(done);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
