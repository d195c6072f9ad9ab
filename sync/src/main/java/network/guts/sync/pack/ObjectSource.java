package network.guts.sync.pack;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import network.guts.sync.model.ObjectId;

/** Objects by id: a repository on disk, a parsed pack, several of them. Thread-safe. */
public interface ObjectSource {
    /** Has nothing. */
    ObjectSource EMPTY = new ObjectSource() {
        @Override
        public Optional<ObjectType> type(ObjectId id) {
            return Optional.empty();
        }

        @Override
        public Optional<GitObject> read(ObjectId id) {
            return Optional.empty();
        }
    };

    /** The type of an object; empty if it is not here. */
    Optional<ObjectType> type(ObjectId id) throws IOException;

    /** The whole object; empty if it is not here. */
    Optional<GitObject> read(ObjectId id) throws IOException;

    /** Asks each in turn. */
    static ObjectSource of(List<? extends ObjectSource> sources) {
        List<ObjectSource> all = List.copyOf(sources);
        return new ObjectSource() {
            @Override
            public Optional<ObjectType> type(ObjectId id) throws IOException {
                for (ObjectSource source : all) {
                    Optional<ObjectType> type = source.type(id);
                    if (type.isPresent()) {
                        return type;
                    }
                }
                return Optional.empty();
            }

            @Override
            public Optional<GitObject> read(ObjectId id) throws IOException {
                for (ObjectSource source : all) {
                    Optional<GitObject> object = source.read(id);
                    if (object.isPresent()) {
                        return object;
                    }
                }
                return Optional.empty();
            }
        };
    }
}
