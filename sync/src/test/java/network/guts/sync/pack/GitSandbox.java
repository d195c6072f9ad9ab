package network.guts.sync.pack;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import network.guts.sync.model.ObjectId;

/** Real git in a folder: runs it, and makes repositories from a seed. */
public final class GitSandbox {
    private final Path folder;

    public GitSandbox(Path folder) {
        this.folder = folder;
    }

    public Path folder() {
        return folder;
    }

    /** Runs git and returns what it printed; fails if it fails. */
    public String git(Object... arguments) throws IOException {
        return git(new byte[0], arguments);
    }

    public String git(byte[] input, Object... arguments) throws IOException {
        Answer answer = run(input, arguments);
        if (answer.code() != 0) {
            throw new IOException("git " + List.of(arguments) + ": " + answer.text());
        }
        return answer.text();
    }

    /** What git printed to stdout and stderr, and its exit code. */
    public record Answer(int code, String text) {}

    public Answer run(byte[] input, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("git"));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        Path in = Files.createTempFile("stdin", "");
        Files.write(in, input);
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.redirectInput(in.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("GIT_"));
        builder.environment().put("GIT_CONFIG_GLOBAL", "/dev/null");
        builder.environment().put("GIT_CONFIG_NOSYSTEM", "1");
        Process process = builder.start();
        try {
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                throw new IOException("git takes too long");
            }
            return new Answer(process.exitValue(), text);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        } finally {
            process.destroyForcibly();
            Files.deleteIfExists(in);
        }
    }

    /** Writes a pack to {@code target}. */
    public Path pack(Path target, String revisions, Object... options) throws IOException {
        List<Object> command = new ArrayList<>(List.of("pack-objects", "--revs", "-q"));
        command.addAll(List.of(options));
        Path base = Files.createTempDirectory("pack");
        command.add(base.resolve("p"));
        String name = git(revisions.getBytes(StandardCharsets.UTF_8), command.toArray())
                .strip();
        Files.move(base.resolve("p-" + name.substring(name.length() - 40) + ".pack"), target);
        return target;
    }

    public ObjectId id(String revision) throws IOException {
        return ObjectId.parse(git("rev-parse", revision).strip());
    }

    /** Makes a bare repository with branches, merges, tags, folders and files that change little by little. */
    public static GitSandbox random(Path folder, long seed, int commits) throws IOException {
        Files.createDirectories(folder);
        GitSandbox sandbox = new GitSandbox(folder);
        sandbox.git("init", "-q", "--bare", "-b", "main", ".");
        sandbox.git("config", "gc.auto", "0");
        sandbox.more(seed, 0, commits);
        return sandbox;
    }

    /** Adds commits to main. */
    public void more(long seed, int from, int commits) throws IOException {
        git(stream(seed, from, commits), "fast-import", "--quiet", "--force");
    }

    private static byte[] stream(long seed, int from, int commits) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<StringBuilder> files = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            StringBuilder text = new StringBuilder();
            int lines = 5 + random.nextInt(200);
            for (int line = 0; line < lines; line++) {
                text.append("line ").append(random.nextLong()).append('\n');
            }
            files.add(text);
        }
        for (int c = 0; c < from + commits; c++) {
            StringBuilder commit = new StringBuilder();
            String message = "change " + c + "\n";
            commit.append("commit refs/heads/main\nmark :").append(c + 1).append('\n');
            commit.append("author A U Thor <a@example.org> ")
                    .append(1_600_000_000 + c)
                    .append(" +0100\n");
            commit.append("committer C Mitter <c@example.org> ")
                    .append(1_600_000_000 + c)
                    .append(" -0330\n");
            commit.append("data ").append(message.length()).append('\n').append(message);
            if (c == from && from > 0) {
                commit.append("from refs/heads/main^0\n");
            }
            if (c > 5 && c > from + 2 && random.nextInt(7) == 0) {
                commit.append("merge :")
                        .append(from + 1 + random.nextInt(c - from - 1))
                        .append('\n');
            }
            for (int change = 0; change <= random.nextInt(4); change++) {
                int file = random.nextInt(files.size());
                StringBuilder text = files.get(file);
                text.insert(
                        text.indexOf("\n", random.nextInt(text.length() - 1)) + 1, "new " + random.nextInt() + "\n");
                String path = file % 3 == 0 ? "file" + file : "dir" + file % 3 + "/sub/file" + file + ".txt";
                commit.append("M 100644 inline ").append(path).append("\ndata ").append(text.length());
                commit.append('\n').append(text).append('\n');
            }
            if (c >= from) {
                out.write(commit.toString().getBytes(StandardCharsets.UTF_8));
            }
        }
        String tag = "tag v" + (from + commits) + "\nfrom refs/heads/main\ntagger T <t@example.org> 1600000000 +0000\n"
                + "data 4\ntag\n\nreset refs/heads/old\nfrom :" + (from + 1) + "\n\n";
        out.write(tag.getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }
}
