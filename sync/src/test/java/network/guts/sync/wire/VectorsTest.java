package network.guts.sync.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.SignedEnvelope;
import network.guts.core.Varint;
import network.guts.sync.core.IdentityRules;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.SignedIdentity;
import network.guts.sync.model.Topics;
import org.junit.jupiter.api.Test;

/** The vectors in {@code src/test/resources/vectors}; {@code -Dvectors.write=true} writes them anew. */
class VectorsTest {
    @Test
    void theFilesAreWhatTheGeneratorMakes() throws IOException {
        for (Map.Entry<String, List<Vector>> file : VectorGenerator.all().entrySet()) {
            String json = Vector.json(file.getValue());
            if (Boolean.getBoolean("vectors.write")) {
                Files.createDirectories(Vector.FOLDER);
                Files.writeString(Vector.FOLDER.resolve(file.getKey()), json);
            }
            assertThat(Vector.FOLDER.resolve(file.getKey())).hasContent(json);
        }
    }

    @Test
    void varints() throws IOException {
        for (Vector vector : Vector.read("varints.json")) {
            byte[] bytes = bytes(vector, "bytes");
            if (vector.valid()) {
                assertThat(Varint.read(ByteBuffer.wrap(bytes))).isEqualTo(Long.parseLong(vector.get("value")));
                assertThat(Varint.encode(Long.parseLong(vector.get("value")))).isEqualTo(bytes);
            } else {
                refused(vector, in -> Varint.read(ByteBuffer.wrap(in)), bytes);
            }
        }
    }

    @Test
    void repositoryIds() throws IOException {
        for (Vector vector : Vector.read("repository-ids.json")) {
            if (vector.valid()) {
                RepositoryId id = RepositoryId.parse(vector.get("text"));
                assertThat(id.hash()).hasToString(vector.get("hash"));
                assertThat(id).hasToString(vector.get("text"));
                assertThat(Topics.of(id)).isEqualTo(vector.get("topic"));
            } else {
                byte[] text = vector.get("text").getBytes(StandardCharsets.UTF_8);
                refused(vector, in -> RepositoryId.parse(new String(in, StandardCharsets.UTF_8)), text);
            }
        }
    }

    @Test
    void envelopes() throws IOException {
        for (Vector vector : Vector.read("envelopes.json")) {
            byte[] bytes = bytes(vector, "bytes");
            if (vector.valid()) {
                VectorGenerator.envelopeCheck(vector.get("kind")).run(bytes);
                assertThat(SignedEnvelope.parse(bytes).key().peerId()).hasToString(vector.get("signer"));
            } else {
                refused(vector, VectorGenerator.envelopeCheck(vector.get("kind")), bytes);
            }
        }
    }

    @Test
    void payloadsAndDescriptors() throws IOException {
        List<Vector> vectors = new ArrayList<>(Vector.read("payloads.json"));
        vectors.addAll(Vector.read("descriptors.json"));
        for (Vector vector : vectors) {
            byte[] bytes = bytes(vector, "bytes");
            if (vector.valid()) {
                VectorGenerator.payloadCheck(vector.get("kind")).run(bytes);
                assertThat(Bytes.sha256(bytes)).as(vector.toString()).hasToString(vector.get("hash"));
            } else {
                refused(vector, VectorGenerator.payloadCheck(vector.get("kind")), bytes);
            }
        }
    }

    @Test
    void identities() throws IOException {
        for (Vector vector : Vector.read("identities.json")) {
            SignedIdentity one = identity(vector.get("envelopes"));
            assertThat(one.hash()).hasToString(vector.get("hash"));
            Optional<String> fault = vector.get("parent").isEmpty()
                    ? IdentityRules.faultOfFirst(RepositoryId.parse(vector.get("repository")), one)
                    : IdentityRules.faultOfSuccessor(identity(vector.get("parent")), one);
            assertThat(fault)
                    .as(vector.toString())
                    .isEqualTo(vector.valid() ? Optional.empty() : Optional.of(vector.get("reason")));
        }
    }

    @Test
    void aSecondLanguageAgrees() throws IOException, InterruptedException {
        Process python = new ProcessBuilder("python3", "vectors/verify.py", Vector.FOLDER.toString())
                .redirectErrorStream(true)
                .redirectOutput(Files.createTempFile("verify", ".log").toFile())
                .start();
        assertThat(python.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(python.exitValue()).as("python3 sync/vectors/verify.py").isZero();
    }

    private static SignedIdentity identity(String joined) throws MalformedException {
        ByteBuffer in = ByteBuffer.wrap(Bytes.fromHex(joined).toArray());
        List<SignedEnvelope> envelopes = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] envelope = new byte[(int) Varint.read(in)];
            in.get(envelope);
            envelopes.add(SignedEnvelope.parse(envelope));
        }
        return SignedRecords.openIdentity(envelopes);
    }

    private static byte[] bytes(Vector vector, String name) {
        return Bytes.fromHex(vector.get(name)).toArray();
    }

    private static void refused(Vector vector, VectorGenerator.Check check, byte[] bytes) {
        assertThatThrownBy(() -> check.run(bytes))
                .as(vector.toString())
                .isInstanceOf(MalformedException.class)
                .hasMessage(vector.get("reason"));
    }
}
