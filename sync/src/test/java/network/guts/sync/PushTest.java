package network.guts.sync;

import static network.guts.sync.testing.TestNode.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import network.guts.sync.Repositories.Pushed;
import network.guts.sync.Repositories.RefUpdate;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.testing.Git;
import org.junit.jupiter.api.Test;

/** Pushes into a node: judged, signed, announced. */
class PushTest extends NodesTest {
    /** A clone of what a node holds, with a quarantine that a push would use. */
    private Path quarantine(Node node, RepositoryId id, Path work) throws IOException {
        Path quarantine = Files.createTempDirectory(folder, "quarantine");
        Git.run(quarantine, "init", "-q", "--bare");
        Path held = node.repositories.gitDirectory(id).resolve("objects").toAbsolutePath();
        Files.writeString(quarantine.resolve("objects/info/alternates"), held + "\n");
        Git.run(work, "push", "-q", quarantine.toString(), "HEAD:refs/heads/incoming");
        return quarantine;
    }

    private static RefUpdate update(Optional<String> from, Optional<String> to, boolean force) throws IOException {
        Optional<ObjectId> expected = from.isPresent() ? Optional.of(ObjectId.parse(from.get())) : Optional.empty();
        Optional<ObjectId> target = to.isPresent() ? Optional.of(ObjectId.parse(to.get())) : Optional.empty();
        return new RefUpdate("refs/heads/main", expected, target, force);
    }

    @Test
    void aPushIsSignedAnnouncedAndReachesTheSeeders() throws IOException {
        Node publisher = node();
        Node seeder = node();
        Path source = source(1);
        RepositoryId id = publisher.publish(source).repository();
        seeder.seed(id);
        String before = Git.run(source, "rev-parse", "main");
        String after = Git.commit(source, "pushed", "pushed");
        Pushed pushed = publisher.repositories.push(
                id,
                quarantine(publisher, id, source),
                List.of(update(Optional.of(before), Optional.of(after), false)),
                Progress.NONE);
        assertThat(pushed.results()).containsEntry("refs/heads/main", "ok");
        assertThat(pushed.sequence()).isEqualTo(2);
        assertThat(pushed.bytes()).isLessThan(5_000);
        assertSame(publisher, id, source);
        eventually("the seeder has the push", () -> seeder.refs(id).equals(Git.refs(source)));
        assertSame(seeder, id, source);
    }

    @Test
    void aPushThatIsNoFastForwardIsRefusedUnlessForced() throws IOException {
        Node publisher = node();
        Path source = source(0);
        RepositoryId id = publisher.publish(source).repository();
        String before = Git.run(source, "rev-parse", "main");
        Git.run(source, "reset", "-q", "--hard", "HEAD~1");
        String other = Git.commit(source, "other", "other");
        Path quarantine = quarantine(publisher, id, source);
        Pushed refused = publisher.repositories.push(
                id, quarantine, List.of(update(Optional.of(before), Optional.of(other), false)), Progress.NONE);
        assertThat(refused.results()).containsEntry("refs/heads/main", "non-fast-forward");
        assertThat(refused.sequence()).isEqualTo(1);
        assertThat(publisher.refs(id)).contains(before + " refs/heads/main");
        Pushed forced = publisher.repositories.push(
                id, quarantine, List.of(update(Optional.of(before), Optional.of(other), true)), Progress.NONE);
        assertThat(forced.results()).containsEntry("refs/heads/main", "ok");
        assertThat(publisher.refs(id)).contains(other + " refs/heads/main");
    }

    @Test
    void aForcedPushWhoseLeaseIsOverIsRefused() throws IOException {
        Node publisher = node();
        Path source = source(0);
        RepositoryId id = publisher.publish(source).repository();
        String before = Git.run(source, "rev-parse", "main");
        Git.run(source, "reset", "-q", "--hard", "HEAD~1");
        String older = Git.run(source, "rev-parse", "main");
        String other = Git.commit(source, "other", "other");
        Path quarantine = quarantine(publisher, id, source);
        for (String lease : List.of(older, ObjectId.NONE.toString())) {
            Pushed stale = publisher.repositories.push(
                    id, quarantine, List.of(update(Optional.of(lease), Optional.of(other), true)), Progress.NONE);
            assertThat(stale.results()).containsEntry("refs/heads/main", "stale info");
        }
        assertThat(publisher.refs(id)).contains(before + " refs/heads/main");
        Pushed held = publisher.repositories.push(
                id, quarantine, List.of(update(Optional.of(before), Optional.of(other), true)), Progress.NONE);
        assertThat(held.results()).containsEntry("refs/heads/main", "ok");
    }

    @Test
    void anAtomicPushTakesAllRefsOrNone() throws IOException {
        Node publisher = node();
        Path source = source(0);
        RepositoryId id = publisher.publish(source).repository();
        String before = Git.run(source, "rev-parse", "main");
        Git.run(source, "reset", "-q", "--hard", "HEAD~1");
        String other = Git.commit(source, "other", "other");
        Path quarantine = quarantine(publisher, id, source);
        RefUpdate refused = update(Optional.of(before), Optional.of(other), false);
        RefUpdate fine = new RefUpdate("refs/heads/new", Optional.empty(), Optional.of(ObjectId.parse(before)), false);
        Pushed none = publisher.repositories.push(id, quarantine, List.of(refused, fine), true, Progress.NONE);
        assertThat(none.results())
                .containsEntry("refs/heads/main", "non-fast-forward")
                .containsEntry("refs/heads/new", "atomic push failed");
        assertThat(none.sequence()).isEqualTo(1);
        assertThat(publisher.refs(id)).doesNotContain("refs/heads/new");
        Pushed one = publisher.repositories.push(id, quarantine, List.of(refused, fine), false, Progress.NONE);
        assertThat(one.results()).containsEntry("refs/heads/new", "ok");
        assertThat(publisher.refs(id)).contains(before + " refs/heads/main", before + " refs/heads/new");
    }

    @Test
    void aPushByNoDelegateIsRefused() throws IOException {
        Node publisher = node();
        Node stranger = node();
        Path source = source(0);
        RepositoryId id = publisher.publish(source).repository();
        stranger.seed(id);
        String before = Git.run(source, "rev-parse", "main");
        String after = Git.commit(source, "mine", "mine");
        Path quarantine = quarantine(stranger, id, source);
        assertThatThrownBy(() -> stranger.repositories.push(
                        id, quarantine, List.of(update(Optional.of(before), Optional.of(after), false)), Progress.NONE))
                .asInstanceOf(type(SyncException.class))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(SyncException.Kind.REFUSED));
        assertThat(stranger.refs(id)).contains(before + " refs/heads/main");
    }

    @Test
    void aRefIsDeletedByAPush() throws IOException {
        Node publisher = node();
        RepositoryId id = publisher.publish(source(0)).repository();
        Path quarantine = Files.createTempDirectory(folder, "quarantine");
        Git.run(quarantine, "init", "-q", "--bare");
        publisher.repositories.push(
                id,
                quarantine,
                List.of(new RefUpdate("refs/heads/topic", Optional.empty(), Optional.empty(), false)),
                Progress.NONE);
        assertThat(publisher.refs(id)).doesNotContain("topic");
    }
}
