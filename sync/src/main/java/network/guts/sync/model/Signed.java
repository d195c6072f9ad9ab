package network.guts.sync.model;

import network.guts.core.Bytes;
import network.guts.core.PublicKey;
import network.guts.core.SignedEnvelope;

/**
 * A record whose signature has been verified. It is kept and relayed as the exact bytes that were signed.
 *
 * @param value the parsed payload
 * @param hash SHA-256 of the payload's bytes: two envelopes round one payload are one record
 * @param signer who signed
 * @param envelope the exact bytes
 */
public record Signed<T>(T value, Bytes hash, PublicKey signer, SignedEnvelope envelope) {}
