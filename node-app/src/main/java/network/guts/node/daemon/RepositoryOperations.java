package network.guts.node.daemon;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import network.guts.core.MalformedException;
import network.guts.core.PeerInfo;
import network.guts.dht.Dht;
import network.guts.node.control.Operation;
import network.guts.node.control.Operation.Reply;
import network.guts.node.control.Request;
import network.guts.node.output.Event;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.sync.Repositories.FetchOptions;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.Repositories.Kept;
import network.guts.sync.Repositories.ProviderCheck;
import network.guts.sync.Repositories.PublishOptions;
import network.guts.sync.Repositories.Published;
import network.guts.sync.Repositories.Pushed;
import network.guts.sync.Repositories.RefUpdate;
import network.guts.sync.Repositories.RepositoryState;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.RepositoryUrl;

/** The requests about repositories: publish, via, fetch, seed, unseed, repos, providers, push. */
final class RepositoryOperations {
    /** More providers than this do not make a clone faster. */
    private static final int MAX_FETCH_PROVIDERS = 16;

    private static final Duration PROVIDERS_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration CHECK_TIMEOUT = Duration.ofSeconds(15);
    private static final int MAX_PROVIDERS = 1_000;
    private static final int CHECKS_AT_ONCE = 8;

    /** A seeder that was restarted is back by then. */
    private static final int VIA_PATIENCE_SECONDS = 120;

    private final Node node;
    private final PeerOperations peers;

    RepositoryOperations(Node node) {
        this.node = node;
        this.peers = new PeerOperations(node);
    }

    void addTo(Map<String, Operation> operations) {
        operations.put("publish", this::publish);
        operations.put("via", this::via);
        operations.put("fetch", this::fetch);
        operations.put("seed", this::seed);
        operations.put("unseed", this::unseed);
        operations.put("repos", this::repos);
        operations.put("providers", this::providers);
        operations.put("push", this::push);
    }

    private void publish(Request request, Reply reply) throws IOException, Failure {
        Instant begin = Instant.now();
        Path source = Path.of(request.text("path"));
        PublishOptions options = new PublishOptions(
                request.optional("name"),
                request.optional("description"),
                request.optional("default_branch"),
                request.truth("purge"));
        node.signingKey();
        Published published;
        try (ProgressRelay progress = new ProgressRelay(reply)) {
            published = node.repositories().publish(source, options, progress);
        }
        Optional<RepositoryState> state = node.repositories().state(published.repository());
        if (state.isPresent()) {
            reply.send(RepositoryEvents.repository(state.get()));
        }
        reply.send(Event.of("done")
                .with("url", RepositoryUrl.SCHEME + published.repository())
                .with("repository", published.repository())
                .with("created", published.created())
                .with("sequence", published.sequence())
                .with("ref_count", published.refs())
                .with("objects", published.objects())
                .with("bytes", published.bytes())
                .with("new_packs", published.newPacks())
                .with("addresses", node.fullAddresses())
                .with("kept_by", RepositoryEvents.kept(node.repositories().keptBy(published.repository())))
                .with("seconds", Duration.between(begin, Instant.now())));
    }

    private void via(Request request, Reply reply) throws IOException, Failure {
        Instant begin = Instant.now();
        RepositoryId repository = Arguments.url(request.text("url")).repository();
        Duration patience = Duration.ofSeconds(request.number("timeout_seconds", 0, 86_400, VIA_PATIENCE_SECONDS));
        PeerInfo seeder = peers.resolve(Arguments.peer(request.text("address")));
        node.forgetFailures(seeder.peer());
        Kept kept;
        try (ProgressRelay progress = new ProgressRelay(reply)) {
            kept = node.repositories().via(repository, seeder, patience, progress);
        }
        reply.send(Event.of("done")
                .with("repository", repository)
                .with("peer", kept.seeder())
                .with("addresses", kept.addresses())
                .with("sequence", kept.sequence())
                .with("seconds", Duration.between(begin, Instant.now())));
    }

    private void fetch(Request request, Reply reply) throws IOException, Failure {
        Instant begin = Instant.now();
        RepositoryUrl url = Arguments.url(request.text("url"));
        Duration timeout = Duration.ofSeconds(request.number("timeout_seconds", 1, 86_400, 86_400));
        FetchOptions options = new FetchOptions(MAX_FETCH_PROVIDERS, timeout, Optional.empty());
        Fetched fetched;
        try (ProgressRelay progress = new ProgressRelay(reply)) {
            fetched = node.repositories().fetch(url.repository(), url.peers(), options, progress);
        }
        describe(url.repository(), reply);
        reply.send(RepositoryEvents.done(fetched, Duration.between(begin, Instant.now())));
    }

    /** The {@code repository} event, with where git finds it. */
    private void describe(RepositoryId repository, Reply reply) throws IOException {
        Optional<RepositoryState> state = node.repositories().state(repository);
        if (state.isPresent()) {
            reply.send(RepositoryEvents.repository(state.get())
                    .with("git_directory", node.repositories().gitDirectory(repository)));
        }
    }

    private void seed(Request request, Reply reply) throws IOException, Failure {
        Instant begin = Instant.now();
        RepositoryUrl url = Arguments.url(request.text("url"));
        Fetched fetched;
        try (ProgressRelay progress = new ProgressRelay(reply)) {
            fetched = node.repositories().seed(url.repository(), url.peers(), progress);
        }
        describe(url.repository(), reply);
        reply.send(RepositoryEvents.done(fetched, Duration.between(begin, Instant.now())));
    }

    private void unseed(Request request, Reply reply) throws IOException, Failure {
        RepositoryId repository = Arguments.url(request.text("url")).repository();
        boolean delete = request.truth("delete");
        if (!node.repositories().unseed(repository, delete)) {
            throw notHeld(repository);
        }
        reply.send(Event.of("done").with("repository", repository).with("deleted", delete));
    }

    private static Failure notHeld(RepositoryId repository) {
        return new Failure(
                ExitCode.NOT_FOUND,
                "this node does not hold " + repository,
                "guts repos lists what it holds; guts seed " + RepositoryUrl.SCHEME + repository + " fetches it");
    }

    private void repos(Request request, Reply reply) throws IOException, Failure {
        Optional<String> url = request.optional("url");
        if (url.isPresent()) {
            RepositoryId repository = Arguments.url(url.get()).repository();
            RepositoryState state = node.repositories().state(repository).orElseThrow(() -> notHeld(repository));
            reply.send(RepositoryEvents.withViews(state)
                    .with("kept_by", RepositoryEvents.kept(node.repositories().keptBy(repository)))
                    .with("git_directory", node.repositories().gitDirectory(repository)));
            return;
        }
        List<RepositoryState> all = node.repositories().list();
        for (RepositoryState state : all) {
            reply.send(RepositoryEvents.repository(state));
        }
        reply.send(Event.of("done").with("repositories", all.size()));
    }

    private void providers(Request request, Reply reply) throws IOException, Failure, InterruptedException {
        Instant begin = Instant.now();
        RepositoryUrl url = Arguments.url(request.text("url"));
        int limit = (int) request.number("first", 1, MAX_PROVIDERS, MAX_PROVIDERS);
        boolean check = request.truth("check");
        Semaphore checks = new Semaphore(CHECKS_AT_ONCE);
        ConcurrentLinkedQueue<Thread> checking = new ConcurrentLinkedQueue<>();
        int found = node.dht()
                .findProviders(
                        url.repository().hash(),
                        limit,
                        PROVIDERS_TIMEOUT,
                        provider -> {
                            if (check) {
                                checking.add(Thread.ofVirtual()
                                        .name("check")
                                        .start(() -> check(url.repository(), provider, checks, reply)));
                            } else {
                                DhtOperations.send(reply, DhtOperations.provider(provider));
                            }
                        },
                        DhtOperations.trace(request, reply));
        for (Thread one : checking) {
            one.join();
        }
        if (found == 0) {
            throw new Failure(
                    ExitCode.NOT_FOUND,
                    "no provider of " + url.repository() + " was found",
                    "check the CID; guts status shows whether this node is in the network");
        }
        reply.send(Event.of("done")
                .with("repository", url.repository())
                .with("providers", found)
                .with("seconds", Duration.between(begin, Instant.now())));
    }

    private void check(RepositoryId repository, Dht.FoundProvider found, Semaphore checks, Reply reply) {
        Event event = DhtOperations.provider(found);
        PeerInfo provider = found.provider();
        try {
            checks.acquire();
            try {
                ProviderCheck check = node.repositories().check(repository, provider, CHECK_TIMEOUT);
                Map<String, Object> sequences = new LinkedHashMap<>();
                check.sequences().forEach((delegate, sequence) -> sequences.put(delegate.toString(), sequence));
                event = event.with("answers", true)
                        .with("complete", check.complete())
                        .with("sequences", sequences)
                        .with("fresh", check.fresh());
            } catch (IOException e) {
                event = event.with("answers", false).with("problem", e.getMessage());
            } finally {
                checks.release();
            }
            DhtOperations.send(reply, event);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void push(Request request, Reply reply) throws IOException, Failure {
        RepositoryId repository = Arguments.url(request.text("url")).repository();
        Path quarantine = Path.of(request.text("quarantine")).toAbsolutePath().normalize();
        if (!quarantine.startsWith(node.home().quarantine())) {
            throw new Failure(
                    ExitCode.USAGE, quarantine + " is not in this node's quarantine", "see docs/control-api.md");
        }
        List<RefUpdate> updates = new ArrayList<>();
        for (Event update : request.objects("updates")) {
            updates.add(new RefUpdate(
                    update.text("name"),
                    object(update.text("expected")),
                    object(update.text("target")),
                    update.truth("force")));
        }
        node.signingKey();
        Pushed pushed;
        try (ProgressRelay progress = new ProgressRelay(reply)) {
            pushed = node.repositories().push(repository, quarantine, updates, request.truth("atomic"), progress);
        }
        reply.send(Event.of("done")
                .with("repository", repository)
                .with("sequence", pushed.sequence())
                .with("results", pushed.results())
                .with("objects", pushed.objects())
                .with("bytes", pushed.bytes()));
    }

    private static Optional<ObjectId> object(String hex) throws MalformedException {
        return hex.isEmpty() ? Optional.empty() : Optional.of(ObjectId.parse(hex));
    }
}
