package network.guts.sync.git;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.MalformedException;
import network.guts.sync.model.ObjectId;
import network.guts.sync.pack.GitObject;
import network.guts.sync.pack.ObjectSource;
import network.guts.sync.pack.ObjectType;
import org.jspecify.annotations.Nullable;

/** Ancestry by walking commits. Commits never change, so those that were read stay in memory, up to a bound. */
final class CommitGraph implements Ancestry {
    /** About 200 bytes each. */
    private static final int MAX_REMEMBERED = 200_000;

    /** As many bits as a long has for painting. */
    private static final int MAX_TIPS = 62;

    private static final long STALE = 1L << 62;

    private final ObjectSource objects;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<ObjectId, Commit> commits = new HashMap<>();

    CommitGraph(ObjectSource objects) {
        this.objects = objects;
    }

    private record Commit(ObjectId id, List<ObjectId> parents, long time) {}

    @Override
    public boolean isAncestor(ObjectId ancestor, ObjectId descendant) throws IOException {
        lock.lock();
        try {
            Commit from = commit(descendant);
            if (from == null || commit(ancestor) == null) {
                return false;
            }
            PriorityQueue<Commit> queue = newestFirst();
            Set<ObjectId> seen = new HashSet<>();
            queue.add(from);
            seen.add(descendant);
            while (!queue.isEmpty()) {
                Commit next = queue.remove();
                if (next.id().equals(ancestor)) {
                    return true;
                }
                for (ObjectId parent : next.parents()) {
                    if (seen.add(parent)) {
                        queue.add(required(parent));
                    }
                }
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Set<ObjectId> mergeBases(Collection<ObjectId> tips) throws IOException {
        List<ObjectId> distinct = List.copyOf(new TreeSet<>(tips));
        if (distinct.isEmpty() || distinct.size() > MAX_TIPS) {
            throw new IllegalArgumentException(distinct.size() + " commits, 1 to " + MAX_TIPS + " are allowed");
        }
        lock.lock();
        try {
            Set<ObjectId> bases = paint(distinct);
            Set<ObjectId> maximal = new TreeSet<>(bases);
            for (ObjectId base : bases) {
                for (ObjectId other : bases) {
                    if (!other.equals(base) && maximal.contains(other) && isAncestor(base, other)) {
                        maximal.remove(base);
                        break;
                    }
                }
            }
            return maximal;
        } finally {
            lock.unlock();
        }
    }

    /** Paints the ancestors of each tip in a colour of its own, newest first, until only known ancestors are left. */
    private Set<ObjectId> paint(List<ObjectId> tips) throws IOException {
        long all = (1L << tips.size()) - 1;
        Map<ObjectId, Long> colours = new HashMap<>();
        PriorityQueue<Commit> queue = newestFirst();
        Set<ObjectId> fresh = new HashSet<>();
        for (int i = 0; i < tips.size(); i++) {
            Commit commit = commit(tips.get(i));
            if (commit == null) {
                return Set.of();
            }
            colours.put(commit.id(), 1L << i);
            fresh.add(commit.id());
            queue.add(commit);
        }
        Set<ObjectId> found = new TreeSet<>();
        // Fresh: in the queue and not yet known to be an ancestor of a base.
        while (!fresh.isEmpty()) {
            Commit next = queue.remove();
            fresh.remove(next.id());
            long colour = colours.getOrDefault(next.id(), 0L);
            if ((colour & all) == all && (colour & STALE) == 0) {
                found.add(next.id());
                colour |= STALE;
            }
            for (ObjectId parent : next.parents()) {
                long before = colours.getOrDefault(parent, 0L);
                long after = before | colour;
                if (after != before) {
                    colours.put(parent, after);
                    queue.add(required(parent));
                    if ((after & STALE) == 0) {
                        fresh.add(parent);
                    } else {
                        fresh.remove(parent);
                    }
                }
            }
        }
        return found;
    }

    private static PriorityQueue<Commit> newestFirst() {
        return new PriorityQueue<>(
                Comparator.comparingLong(Commit::time).reversed().thenComparing(Commit::id));
    }

    private Commit required(ObjectId id) throws IOException {
        Commit commit = commit(id);
        if (commit == null) {
            throw new IOException("the repository lacks the commit " + id);
        }
        return commit;
    }

    /** A commit; null if the object is none, or is not here. */
    private @Nullable Commit commit(ObjectId id) throws IOException {
        Commit known = commits.get(id);
        if (known != null) {
            return known;
        }
        Optional<ObjectType> type = objects.type(id);
        if (type.isEmpty() || type.get() != ObjectType.COMMIT) {
            return null;
        }
        Optional<GitObject> object = objects.read(id);
        if (object.isEmpty()) {
            return null;
        }
        Commit commit = parse(id, object.get().data());
        if (commits.size() >= MAX_REMEMBERED) {
            commits.clear();
        }
        commits.put(id, commit);
        return commit;
    }

    private static Commit parse(ObjectId id, byte[] data) throws IOException {
        List<ObjectId> parents = new ArrayList<>();
        long time = 0;
        Deque<String> lines = new ArrayDeque<>(List.of(new String(data, StandardCharsets.ISO_8859_1).split("\n", -1)));
        while (!lines.isEmpty() && !lines.getFirst().isEmpty()) {
            String line = lines.removeFirst();
            if (line.startsWith("parent ")) {
                try {
                    parents.add(ObjectId.parse(line.substring(7)));
                } catch (MalformedException e) {
                    throw new IOException("the commit " + id + " is damaged on disk", e);
                }
            } else if (line.startsWith("committer ")) {
                time = seconds(line);
            }
        }
        return new Commit(id, List.copyOf(parents), time);
    }

    /** Only an order to look in: a date that is none is as old as can be. */
    private static long seconds(String line) {
        String[] words = line.substring(line.lastIndexOf('>') + 1).trim().split(" ", 2);
        return words[0].matches("[0-9]{1,18}") ? Long.parseLong(words[0]) : 0;
    }
}
