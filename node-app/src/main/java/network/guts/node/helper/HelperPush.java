package network.guts.node.helper;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import network.guts.node.control.ControlClient;
import network.guts.node.control.Request;
import network.guts.node.daemon.Home;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import network.guts.node.output.Output;
import network.guts.node.output.Units;
import network.guts.sync.model.RepositoryUrl;

/** Takes a batch of {@code push} lines: new objects into a quarantine, then the node judges and signs. */
final class HelperPush {
    private final Home home;
    private final RepositoryUrl url;
    private final Event repository;
    private final HelperOptions options;
    private final Output output;

    /** One line of the batch. {@code target} is empty for a deletion. */
    private record Update(String ref, Optional<String> target, boolean force) {}

    HelperPush(Home home, RepositoryUrl url, Event repository, HelperOptions options, Output output) {
        this.home = home;
        this.url = url;
        this.repository = repository;
        this.options = options;
        this.output = output;
    }

    /** The result of each ref: {@code ok}, or why it was refused. */
    Map<String, String> run(List<String> lines) throws IOException, Failure, InterruptedException {
        Map<String, String> results = new LinkedHashMap<>();
        List<Update> updates = new ArrayList<>();
        for (String line : lines) {
            updates.add(update(line.substring("push ".length())));
        }
        if (options.dryRun()) {
            updates.forEach(update -> results.put(update.ref, "ok"));
            return results;
        }
        Path quarantine = Files.createTempDirectory(home.quarantine(), "push-");
        try {
            fill(quarantine, updates);
            Event done = new ControlClient(home.path()).call(request(quarantine, updates), output::progress);
            Event answers = done.object("results");
            for (Update update : updates) {
                results.put(update.ref, answers.has(update.ref) ? answers.text(update.ref) : "ok");
            }
            output.note(Units.count(done.number("objects"), "object", "objects") + ", "
                    + Units.bytes(done.number("bytes")) + ": signed as number " + done.number("sequence")
                    + " and announced");
        } catch (Failure failure) {
            output.failure(failure);
            updates.forEach(update -> results.put(update.ref, oneLine(failure.message())));
        } finally {
            deleteTree(quarantine);
        }
        return results;
    }

    private static String oneLine(String message) {
        return message.replace('\n', ' ').replace('"', '\'');
    }

    private Update update(String words) throws IOException, Failure, InterruptedException {
        boolean force = words.startsWith("+");
        String pair = force ? words.substring(1) : words;
        int colon = pair.lastIndexOf(':');
        String source = pair.substring(0, colon);
        Optional<String> target = source.isEmpty()
                ? Optional.empty()
                : Optional.of(GitProcess.run(
                                GitProcess.inUsers(List.of("rev-parse", "--verify", "--end-of-options", source)), "")
                        .lines()
                        .filter(line -> line.matches("[0-9a-f]{40}"))
                        .findFirst()
                        .orElseThrow(() -> new IOException("git does not know " + source)));
        return new Update(pair.substring(colon + 1), target, force || options.force());
    }

    /** A bare repository that borrows the node's objects and holds the new ones. */
    private void fill(Path quarantine, List<Update> updates) throws IOException, Failure, InterruptedException {
        GitProcess.run(GitProcess.elsewhere(quarantine, List.of("init", "--quiet", "--bare", "--template=", ".")), "");
        Path borrowed = Path.of(repository.text("git_directory")).resolve("objects");
        Files.createDirectories(quarantine.resolve("objects/info"));
        Files.writeString(quarantine.resolve("objects/info/alternates"), borrowed + "\n");
        Set<String> known = new LinkedHashSet<>();
        repository.object("refs").members().values().forEach(object -> known.add(object.toString()));
        StringBuilder revisions = new StringBuilder();
        for (Update update : updates) {
            update.target
                    .filter(target -> !known.contains(target))
                    .ifPresent(target -> revisions.append(target).append('\n'));
        }
        if (revisions.isEmpty()) {
            return;
        }
        Set<String> excluded = new LinkedHashSet<>(known);
        if (!known.isEmpty()) {
            excluded.removeAll(HandOver.missing(known));
        }
        excluded.forEach(object -> revisions.append('^').append(object).append('\n'));
        List<String> pack =
                new ArrayList<>(List.of("pack-objects", "--revs", "--stdout", "--thin", "--delta-base-offset"));
        pack.add(options.progress() ? "--progress" : "-q");
        GitProcess.pipe(
                GitProcess.inUsers(pack),
                revisions.toString(),
                GitProcess.elsewhere(quarantine, List.of("index-pack", "--stdin", "--fix-thin")));
    }

    private Request request(Path quarantine, List<Update> updates) {
        List<Map<String, Object>> list = new ArrayList<>();
        Event refs = repository.object("refs");
        for (Update update : updates) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", update.ref);
            String listed = update.force ? "" : refs.text(update.ref);
            String expected = options.lease(update.ref).orElse(listed);
            if (!expected.isEmpty()) {
                one.put("expected", expected);
            }
            update.target.ifPresent(target -> one.put("target", target));
            one.put("force", update.force || options.lease(update.ref).isPresent());
            list.add(one);
        }
        return Request.of("push")
                .with("url", url)
                .with("quarantine", quarantine)
                .with("atomic", options.atomic())
                .with("updates", list);
    }

    private static void deleteTree(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path done, @org.jspecify.annotations.Nullable IOException problem)
                    throws IOException {
                Files.delete(done);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
