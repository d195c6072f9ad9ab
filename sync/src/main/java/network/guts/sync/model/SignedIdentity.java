package network.guts.sync.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import network.guts.core.Bytes;
import network.guts.core.PublicKey;
import network.guts.core.SignedEnvelope;

/**
 * An identity with everybody's signatures: several envelopes round one payload. Each signature holds; whether they
 * suffice is decided in {@code core}.
 *
 * @param value the parsed payload
 * @param payload the exact bytes that were signed
 * @param hash their SHA-256
 * @param signatures one a signer, at most {@link #MAX_SIGNATURES}
 */
public record SignedIdentity(Identity value, Bytes payload, Bytes hash, List<Signed<Identity>> signatures) {
    /** The delegates of a revision and of the one before, and the recovery key. */
    public static final int MAX_SIGNATURES = 2 * Identity.MAX_DELEGATES + 1;

    public SignedIdentity {
        signatures = List.copyOf(signatures);
        if (signatures.isEmpty() || signatures.size() > MAX_SIGNATURES) {
            throw new IllegalArgumentException("an identity with " + signatures.size() + " signatures");
        }
    }

    /** Who signed, in the order of the envelopes. */
    public Set<PublicKey> signers() {
        Set<PublicKey> signers = new LinkedHashSet<>();
        signatures.forEach(signature -> signers.add(signature.signer()));
        return signers;
    }

    /** The envelopes as they travel. */
    public List<SignedEnvelope> envelopes() {
        return signatures.stream().map(Signed::envelope).toList();
    }

    /** With the signatures of {@code other}, of the same payload, that are missing here; these come first. */
    public SignedIdentity merged(SignedIdentity other) {
        if (!hash.equals(other.hash)) {
            throw new IllegalArgumentException("signatures of another payload");
        }
        Map<PublicKey, Signed<Identity>> all = new LinkedHashMap<>();
        signatures.forEach(signature -> all.put(signature.signer(), signature));
        other.signatures.forEach(signature -> all.putIfAbsent(signature.signer(), signature));
        List<Signed<Identity>> kept = new ArrayList<>(all.values());
        return new SignedIdentity(value, payload, hash, kept.subList(0, Math.min(kept.size(), MAX_SIGNATURES)));
    }
}
