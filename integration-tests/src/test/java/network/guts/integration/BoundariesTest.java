package network.guts.integration;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** ARCHITECTURE.md's boundaries: who may know whom, and what a core may not touch. */
class BoundariesTest {
    private static final String[] CORES = {
        "network.guts.core",
        "network.guts.core.wire..",
        "network.guts.dht.core..",
        "network.guts.dht.wire..",
        "network.guts.gossip.core..",
        "network.guts.gossip.wire..",
        "network.guts.sync.core..",
        "network.guts.sync.model..",
        "network.guts.sync.wire..",
    };

    private static JavaClasses classes;

    @BeforeAll
    static void read() {
        classes = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("network.guts");
    }

    @Test
    void cores_have_no_threads_io_or_database() {
        noClasses()
                .that()
                .resideInAnyPackage(CORES)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.nio.channels..",
                        "java.nio.file..",
                        "java.sql..",
                        "java.util.concurrent..",
                        "org.eclipse.jgit..",
                        "com.github.benmanes.caffeine..",
                        "org.slf4j..",
                        "network.guts.runtime..",
                        "network.guts..shell..")
                .check(classes);
        noClasses()
                .that()
                .resideInAnyPackage(CORES)
                .should()
                .dependOnClassesThat(DescribedPredicate.describe(
                        "are sockets, threads or files",
                        c -> Set.of(
                                        "java.net.Socket",
                                        "java.net.ServerSocket",
                                        "java.net.InetSocketAddress",
                                        "java.lang.Thread",
                                        "java.io.File",
                                        "java.util.Random")
                                .contains(c.getName())))
                .check(classes);
    }

    @Test
    void cores_ask_no_clock_and_no_chance() {
        DescribedPredicate<JavaMethodCall> forbidden =
                DescribedPredicate.describe("a clock or a source of chance", call -> {
                    String owner = call.getTargetOwner().getName();
                    String name = call.getName();
                    return switch (owner) {
                        case "java.time.Instant",
                                "java.time.LocalDateTime",
                                "java.time.ZonedDateTime",
                                "java.time.Clock" -> name.equals("now") || name.startsWith("system");
                        case "java.lang.System" -> name.equals("nanoTime") || name.equals("currentTimeMillis");
                        case "java.lang.Math" -> name.equals("random");
                        case "java.util.UUID" -> name.equals("randomUUID");
                        case "java.util.Collections" ->
                            name.equals("shuffle")
                                    && call.getTarget().getRawParameterTypes().size() == 1;
                        default -> false;
                    };
                });
        noClasses()
                .that()
                .resideInAnyPackage(CORES)
                .should()
                .callMethodWhere(forbidden)
                .check(classes);
    }

    @Test
    void protocols_know_neither_each_other_nor_the_host() {
        for (String[] pair : new String[][] {
            {"dht", "gossip"},
            {"dht", "sync"},
            {"dht", "libp2p"},
            {"dht", "node"},
            {"gossip", "dht"},
            {"gossip", "sync"},
            {"gossip", "libp2p"},
            {"gossip", "node"},
            {"sync", "dht"},
            {"sync", "gossip"},
            {"sync", "libp2p"},
            {"sync", "node"},
            {"libp2p", "dht"},
            {"libp2p", "gossip"},
            {"libp2p", "sync"},
            {"libp2p", "node"},
            {"core", "runtime"},
            {"core", "libp2p"},
            {"core", "dht"},
            {"core", "gossip"},
            {"core", "sync"},
            {"simulation", "runtime"},
            {"simulation", "dht"},
            {"simulation", "gossip"},
            {"simulation", "sync"},
        }) {
            noClasses()
                    .that()
                    .resideInAPackage("network.guts." + pair[0] + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("network.guts." + pair[1] + "..")
                    .check(classes);
        }
    }

    @Test
    void bytes_are_parsed_in_wire_packages_only() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "network.guts.dht",
                        "network.guts.dht.core..",
                        "network.guts.dht.shell..",
                        "network.guts.gossip",
                        "network.guts.gossip.core..",
                        "network.guts.gossip.shell..",
                        "network.guts.sync",
                        "network.guts.sync.core..",
                        "network.guts.sync.model..",
                        "network.guts.node..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.google.protobuf..")
                .check(classes);
    }

    @Test
    void fields_of_cores_are_no_hash_collections() {
        noFields()
                .that()
                .areDeclaredInClassesThat()
                .resideInAnyPackage(CORES)
                .should()
                .haveRawType(java.util.HashMap.class)
                .orShould()
                .haveRawType(java.util.HashSet.class)
                .check(classes);
    }
}
