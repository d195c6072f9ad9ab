/** Repositories on the network: identity, signed refs, packs, fetching from many providers, git storage. */
@org.jspecify.annotations.NullMarked
module network.guts.sync {
    requires transitive network.guts.core;
    requires transitive network.guts.runtime;
    requires com.github.benmanes.caffeine;
    requires com.google.protobuf;
    requires org.eclipse.jgit;
    requires org.slf4j;

    exports network.guts.sync;
    exports network.guts.sync.model;
}
