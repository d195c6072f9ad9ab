package network.guts.libp2p.noise;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.libp2p.security.SecureConnection;
import network.guts.libp2p.security.SecurityProtocol;
import network.guts.libp2p.security.WrongPeerException;
import network.guts.libp2p.tcp.RawConnection;

/**
 * The handshake of libp2p-noise: Noise XX with both identities in the payloads.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/noise/README.md">noise</a>
 */
public final class NoiseProtocol implements SecurityProtocol {
    private static final byte[] NOTHING = new byte[0];

    private final PrivateKey identity;
    private final SecureRandom random;
    private final KeyPair staticKey;
    private final byte[] signature;

    /**
     * @param random for the static key, which is this instance's alone, and the key of each handshake
     */
    public NoiseProtocol(PrivateKey identity, SecureRandom random) {
        this.identity = identity;
        this.random = random;
        this.staticKey = KeyPair.generate(random);
        this.signature = NoisePayload.sign(identity, staticKey.publicKey());
    }

    @Override
    public String id() {
        return "/noise";
    }

    @Override
    public String name() {
        return "noise";
    }

    @Override
    public SecureConnection outbound(RawConnection connection, Optional<PeerId> expected, List<String> muxers)
            throws IOException {
        HandshakeState handshake = new HandshakeState(true, NOTHING, staticKey, KeyPair.generate(random));
        send(connection, handshake.write(NOTHING));
        byte[] payload = handshake.read(receive(connection));
        NoisePayload remote = NoisePayload.verified(payload, handshake.remoteStatic());
        PeerId peer = remote.key().peerId();
        if (expected.isPresent() && !expected.get().equals(peer)) {
            throw new WrongPeerException(expected.get(), peer);
        }
        send(connection, handshake.write(NoisePayload.encode(identity.publicKey(), signature, muxers)));
        return new NoiseConnection(connection, remote.key(), firstOf(muxers, remote.muxers()), handshake);
    }

    @Override
    public SecureConnection inbound(RawConnection connection, List<String> muxers) throws IOException {
        HandshakeState handshake = new HandshakeState(false, NOTHING, staticKey, KeyPair.generate(random));
        handshake.read(receive(connection));
        send(connection, handshake.write(NoisePayload.encode(identity.publicKey(), signature, muxers)));
        byte[] payload = handshake.read(receive(connection));
        NoisePayload remote = NoisePayload.verified(payload, handshake.remoteStatic());
        return new NoiseConnection(connection, remote.key(), firstOf(remote.muxers(), muxers), handshake);
    }

    /** The initiator's preference wins. */
    private static Optional<String> firstOf(List<String> initiators, List<String> responders) {
        return initiators.stream().filter(responders::contains).findFirst();
    }

    private static void send(RawConnection connection, byte[] message) throws IOException {
        byte[] framed = ByteBuffer.allocate(NoiseConnection.LENGTH + message.length)
                .putShort((short) message.length)
                .put(message)
                .array();
        connection.write(framed, 0, framed.length);
    }

    private static byte[] receive(RawConnection connection) throws IOException {
        if (!connection.fill(NoiseConnection.LENGTH)) {
            throw new EOFException("the remote ended the connection within the handshake");
        }
        byte[] message = new byte[Short.toUnsignedInt(connection.buffered().getShort())];
        if (!connection.fill(message.length)) {
            throw new EOFException("the remote ended the connection within a handshake message");
        }
        connection.buffered().get(message);
        return message;
    }
}
