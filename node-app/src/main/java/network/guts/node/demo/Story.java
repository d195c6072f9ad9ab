package network.guts.node.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.node.cli.Git;
import network.guts.node.daemon.ProgressRelay;
import network.guts.node.helper.RemoteHelper;
import network.guts.node.output.Event;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.node.output.Output;
import network.guts.node.output.Units;
import network.guts.sync.Repositories.FetchOptions;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.Repositories.PublishOptions;
import network.guts.sync.Repositories.Published;
import network.guts.sync.Repositories.RepositoryState;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.RepositoryUrl;
import network.guts.sync.model.Topics;
import org.jspecify.annotations.Nullable;

/** The six steps. Each checks what it claims; one that does not hold ends the demo as failed. */
final class Story {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration LOOK_UP = Duration.ofSeconds(30);

    /** A large repository takes its time on a small machine. */
    private static final FetchOptions FETCH = new FetchOptions(16, Duration.ofMinutes(30), Optional.empty());

    private final Output output;
    private final DemoNetwork network;
    private final Path source;
    private final int size;
    private final boolean large;
    private int step;
    private @Nullable RepositoryId repository;
    private Map<String, String> refs = Map.of();
    private String branch = "";
    private double lookupSeconds;
    private double cloneSeconds;
    private double pushSeconds;
    private long objects;
    private long bytes;
    private Map<PeerId, Long> providers = Map.of();

    Story(Output output, DemoNetwork network, Path source, int size) {
        this.output = output;
        this.network = network;
        this.source = source;
        this.size = size;
        this.large = size >= 8;
    }

    String url() {
        return RepositoryUrl.SCHEME + id();
    }

    private RepositoryId id() {
        RepositoryId known = repository;
        if (known == null) {
            throw new IllegalStateException("the repository is published in the second step");
        }
        return known;
    }

    void play() throws Failure, IOException, InterruptedException {
        meet();
        publish();
        seed();
        cloneFromAll();
        push();
        survive();
        output.event(Event.of("done")
                .with("repository", id())
                .with("url", url())
                .with("nodes", network.nodes().size())
                .with("objects", objects)
                .with("bytes", bytes)
                .with("providers", providers)
                .with("lookup_seconds", lookupSeconds)
                .with("clone_seconds", cloneSeconds)
                .with("push_to_seeders_seconds", pushSeconds));
        output.result("done: every step was checked");
    }

    private void begin() {
        output.result((step + 1) + ". " + Demo.TITLES.get(step));
        step++;
    }

    private void end(String words, Event figures) {
        output.result("   " + words);
        Event event = Event.of("step").with("step", step).with("title", Demo.TITLES.get(step - 1));
        for (String name : figures.names()) {
            event = event.with(name, figures.members().get(name));
        }
        output.event(event);
    }

    private void check(boolean holds, String claim) throws Failure {
        if (!holds) {
            throw new Failure(
                    ExitCode.FAILED,
                    "step " + step + " of the demo: it does not hold that " + claim,
                    "run it again with --debug; if it fails again, this is a bug in Guts");
        }
    }

    private void await(String claim, Callable<Boolean> condition) throws Failure, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            while (!condition.call()) {
                check(System.nanoTime() < deadline, claim);
                Thread.sleep(2);
            }
        } catch (Failure | InterruptedException e) {
            throw e;
        } catch (Exception e) {
            throw Failure.of(e, claim);
        }
    }

    private static double since(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }

    /** With eight nodes the first one only introduces; with fewer it publishes as well. */
    private DemoNode a() {
        return network.nodes().get(large ? 1 : 0);
    }

    private List<DemoNode> seeders() {
        return network.nodes().subList(large ? 2 : 1, large ? 4 : 3);
    }

    private DemoNode cloner() {
        return network.nodes().get(large ? 4 : 3);
    }

    /** A node that plays a part in the last step: one of the eight, or one more. */
    private DemoNode extra(int index) throws Failure {
        return large ? network.nodes().get(5 + index) : network.add();
    }

    private void meet() throws Failure, InterruptedException {
        begin();
        long start = System.nanoTime();
        for (int i = 0; i < size; i++) {
            network.add();
        }
        for (DemoNode node : network.nodes()) {
            await(
                    node.name() + " knows another node",
                    () -> !node.node().dht().table().isEmpty());
        }
        int wanted = Math.min(3, size - 1);
        for (DemoNode node : network.nodes()) {
            await(
                    node.name() + " knows " + wanted + " nodes",
                    () -> node.node().dht().table().size() >= wanted);
        }
        int least = network.nodes().stream()
                .mapToInt(node -> node.node().dht().table().size())
                .min()
                .orElse(0);
        end(
                size + " nodes, each knows " + least + " others or more, after " + Units.seconds(since(start)),
                Event.of("").with("nodes", size).with("known", least).with("seconds", since(start)));
    }

    private void publish() throws Failure, IOException {
        begin();
        long start = System.nanoTime();
        Path copy = DemoRepository.copy(source, network.folder());
        String folder = source.getFileName() == null
                ? "repository"
                : source.getFileName().toString();
        PublishOptions options =
                new PublishOptions(Optional.of(folder), Optional.of("published by guts demo"), Optional.empty(), false);
        Published published;
        try (ProgressRelay progress = new ProgressRelay(output::progress)) {
            published = a().node().repositories().publish(copy, options, progress);
        }
        repository = published.repository();
        refs = DemoRepository.refs(new Git(a().home()), copy);
        RepositoryState state = state(a());
        branch = "refs/heads/" + state.defaultBranch();
        objects = state.objects();
        check(refs.equals(texts(state)), "all branches and tags are signed");
        check(!refs.isEmpty(), source + " has a commit to show");
        end(
                url() + ": " + Units.count(refs.size(), "ref", "refs") + ", "
                        + Units.count(objects, "object", "objects") + ", " + Units.bytes(published.bytes()) + ", in "
                        + Units.seconds(since(start)),
                Event.of("")
                        .with("url", url())
                        .with("repository", id())
                        .with("peer", a().peer())
                        .with("ref_count", refs.size())
                        .with("objects", objects)
                        .with("bytes", published.bytes())
                        .with("seconds", since(start)));
    }

    private RepositoryState state(DemoNode node) throws IOException, Failure {
        return node.node()
                .repositories()
                .state(id())
                .orElseThrow(() ->
                        new Failure(ExitCode.FAILED, node.name() + " does not hold " + id(), "this is a bug in Guts"));
    }

    private static Map<String, String> texts(RepositoryState state) {
        Map<String, String> texts = new TreeMap<>();
        state.refs().forEach((name, target) -> texts.put(name, target.toString()));
        return texts;
    }

    private void seed() throws Failure, IOException, InterruptedException {
        begin();
        long start = System.nanoTime();
        lookupSeconds = 0;
        for (DemoNode seeder : seeders()) {
            await(seeder.name() + " finds a provider", () -> {
                long begin = System.nanoTime();
                int found = seeder.node().dht().findProviders(id().hash(), 1, LOOK_UP, provider -> {}, event -> {});
                lookupSeconds = since(begin);
                return found > 0;
            });
            Fetched fetched;
            try (ProgressRelay progress = new ProgressRelay(output::progress)) {
                fetched = seeder.node().repositories().seed(id(), List.of(), progress);
            }
            bytes = fetched.bytes();
            check(texts(state(seeder)).equals(refs), seeder.name() + " has the same refs");
        }
        end(
                seeders().stream().map(DemoNode::name).toList() + ": found in " + Units.seconds(lookupSeconds)
                        + ", seeding after " + Units.seconds(since(start)),
                Event.of("")
                        .with("seeders", seeders().stream().map(DemoNode::peer).toList())
                        .with("lookup_seconds", lookupSeconds)
                        .with("seconds", since(start)));
    }

    private Fetched fetch(DemoNode node, List<PeerInfo> hints) throws IOException {
        try (ProgressRelay progress = new ProgressRelay(output::progress)) {
            return node.node().repositories().fetch(id(), hints, FETCH, progress);
        }
    }

    private void cloneFromAll() throws Failure, IOException, InterruptedException {
        begin();
        Set<PeerId> wanted =
                Set.of(a().peer(), seeders().get(0).peer(), seeders().get(1).peer());
        await("the DHT names all three providers", () -> {
            List<PeerId> found = new ArrayList<>();
            cloner().node()
                    .dht()
                    .findProviders(
                            id().hash(),
                            20,
                            LOOK_UP,
                            one -> found.add(one.provider().peer()),
                            event -> {});
            return found.containsAll(wanted);
        });
        long start = System.nanoTime();
        Fetched fetched = fetch(cloner(), List.of());
        Path copy = network.folder().resolve("clone");
        gitClone(cloner(), copy);
        cloneSeconds = since(start);
        Git git = new Git(cloner().home());
        fsck(git, copy);
        check(DemoRepository.cloned(git, copy).equals(refs), "the clone has the same branches and tags");
        providers = fetched.bytesByProvider();
        bytes = fetched.bytes();
        List<String> shares = new ArrayList<>();
        providers.forEach((peer, share) -> shares.add(Units.bytes(share) + " from " + network.name(peer)));
        end(
                String.join(", ", shares) + "; verified, git fsck clean, refs equal, in " + Units.seconds(cloneSeconds),
                Event.of("")
                        .with("providers", providers)
                        .with("bytes", bytes)
                        .with("objects", fetched.objects())
                        .with("fsck", true)
                        .with("refs_equal", true)
                        .with("clone_seconds", cloneSeconds));
    }

    private void fsck(Git git, Path folder) throws Failure, IOException {
        DemoRepository.fsck(git, folder, network.folder().resolve("fsck.stderr"), output);
    }

    /** The real git with the real helper, against a node of the demo. */
    private void gitClone(DemoNode node, Path target) throws Failure {
        ProcessBuilder clone =
                new Git(node.home()).command(network.folder(), List.of("clone", "--quiet", url(), target.toString()));
        clone.environment().put(RemoteHelper.SYNCED, "1");
        try {
            int exit = clone.redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start()
                    .waitFor();
            check(exit == 0, "git clones " + url());
        } catch (IOException e) {
            throw Failure.of(e, "git clone");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of(e, "git clone");
        }
    }

    private void push() throws Failure, IOException, InterruptedException {
        begin();
        for (DemoNode seeder : seeders()) {
            await(
                    seeder.name() + " follows the topic",
                    () -> a().node().gossip().peers(Topics.of(id())).contains(seeder.peer()));
        }
        Path work = network.folder().resolve("work");
        gitClone(a(), work);
        Git git = new Git(a().home());
        DemoRepository.run(
                git,
                work,
                "-c",
                "user.name=Guts demo",
                "-c",
                "user.email=demo@example.invalid",
                "commit",
                "--quiet",
                "--allow-empty",
                "-m",
                "A commit of the demo");
        String commit = DemoRepository.run(git, work, "rev-parse", "HEAD");
        CompletableFuture<String> pushing = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                pushing.complete(DemoRepository.run(git, work, "push", "--quiet", "origin", "HEAD:" + branch));
            } catch (Failure failure) {
                pushing.completeExceptionally(failure);
            }
        });
        await("A has signed the commit", () -> pushing.isCompletedExceptionally() || has(a(), commit));
        long signed = System.nanoTime();
        for (DemoNode seeder : seeders()) {
            await(seeder.name() + " has the commit", () -> pushing.isCompletedExceptionally() || has(seeder, commit));
        }
        pushSeconds = since(signed);
        try {
            pushing.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw Failure.of(e.getCause() == null ? e : e.getCause(), "git push");
        } catch (java.util.concurrent.TimeoutException e) {
            throw Failure.of(e, "git push");
        }
        refs = new TreeMap<>(refs);
        refs.put(branch, commit);
        end(
                "both seeders have commit " + commit.substring(0, 10) + " " + Units.seconds(pushSeconds)
                        + " after A signed it",
                Event.of("").with("commit", commit).with("push_to_seeders_seconds", pushSeconds));
    }

    private boolean has(DemoNode node, String commit) throws IOException {
        return node.node()
                .repositories()
                .state(id())
                .map(state -> texts(state).containsValue(commit))
                .orElse(false);
    }

    private void survive() throws Failure, IOException, InterruptedException {
        begin();
        DemoNode liar = extra(0);
        DemoNode mortal = extra(1);
        DemoNode cloner = extra(2);
        for (DemoNode provider : List.of(liar, mortal)) {
            await(
                    provider.name() + " enters",
                    () -> !provider.node().dht().table().isEmpty());
            provider.node().repositories().seed(id(), List.of(), state -> {});
        }
        CountDownLatch lied = new CountDownLatch(1);
        CountDownLatch died = new CountDownLatch(1);
        AtomicBoolean dying = new AtomicBoolean();
        liar.meddle(chunk -> {
            chunk[chunk.length / 2] ^= 1;
            lied.countDown();
            return chunk;
        });
        mortal.meddle(chunk -> {
            if (dying.compareAndSet(false, true)) {
                died.countDown();
                Thread.ofVirtual().name("death of " + mortal.name()).start(mortal::close);
            }
            throw new IOException("dead");
        });
        // The honest ones do not answer until both have had their turn, however small the repository is.
        for (DemoNode honest : honest(liar, mortal)) {
            honest.meddle(new HoldBack(lied, died));
        }
        List<PeerInfo> hints = new ArrayList<>();
        for (DemoNode node : List.of(liar, mortal)) {
            hints.add(new PeerInfo(node.peer(), node.node().host().addresses()));
        }
        long start = System.nanoTime();
        Fetched fetched = fetch(cloner, hints);
        double seconds = since(start);
        check(lied.getCount() == 0, "the liar was asked");
        check(died.getCount() == 0, "the one that died was asked");
        check(fetched.blamed().containsKey(liar.peer()), "the liar was found out");
        check(!fetched.bytesByProvider().containsKey(mortal.peer()), "nothing came from the dead");
        check(texts(state(cloner)).equals(refs), "the clone has the same branches and tags");
        Path bare = cloner.node().repositories().gitDirectory(id());
        fsck(new Git(cloner.home()), bare);
        Map<String, Object> blamed = new LinkedHashMap<>();
        fetched.blamed().forEach((peer, reason) -> blamed.put(peer.toString(), reason));
        end(
                liar.name() + " lied (" + fetched.blamed().get(liar.peer()) + "), " + mortal.name()
                        + " died; the others delivered, verified, in " + Units.seconds(seconds),
                Event.of("")
                        .with("liar", liar.peer())
                        .with("dead", mortal.peer())
                        .with("blamed", blamed)
                        .with("providers", fetched.bytesByProvider())
                        .with("seconds", seconds));
    }

    private List<DemoNode> honest(DemoNode liar, DemoNode mortal) {
        return network.nodes().stream()
                .filter(node -> !node.equals(liar) && !node.equals(mortal))
                .toList();
    }
}
