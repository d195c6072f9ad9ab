#!/usr/bin/env python3
"""Checks the test vectors with nothing but Python's standard library.

A second reading of docs/protocols/repositories.md, in another language and with no line in common with the Java one:
varints, base32, base58, protobuf, Ed25519 (RFC 8032, strict), envelopes, identities, refs, descriptors, message ids.

    verify.py [FOLDER]     exits 0 if every vector is what it says, else lists those that are not and exits 1

FOLDER is where the vectors lie: those of this checkout unless said otherwise.
"""
import hashlib
import json
import pathlib
import sys

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "src" / "test" / "resources" / "vectors"


class Invalid(Exception):
    """The bytes are not what their format says."""


def need(condition, reason):
    if not condition:
        raise Invalid(reason)


def sha256(data):
    return hashlib.sha256(data).digest()


# --- varints, multihashes, identifiers as text

def multiformat_varint(data, at):
    value = 0
    for count in range(9):
        need(at < len(data), "varint cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            need(count == 0 or byte != 0, "varint not minimal")
            return value, at
    raise Invalid("varint too long")


def put_varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def multihash(data, at=0):
    code, at = multiformat_varint(data, at)
    length, at = multiformat_varint(data, at)
    need(at + length <= len(data) and length <= 64, "multihash cut off")
    need(code != 0x12 or length == 32, "sha2-256 digest of a wrong length")
    return code, data[at:at + length], at + length


def repository_multihash(data):
    code, digest, end = multihash(data)
    need(code == 0x12 and end == len(data), "not a sha2-256 multihash")
    return digest


BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base32(text):
    bits = ""
    for character in text:
        need(character in BASE32, "not base32")
        bits += format(BASE32.index(character), "05b")
    whole = len(bits) // 8 * 8
    need(len(bits) - whole < 5 and "1" not in bits[whole:], "base32 does not end on a byte")
    return bytes(int(bits[i:i + 8], 2) for i in range(0, whole, 8))


def to_base32(data):
    bits = "".join(format(byte, "08b") for byte in data)
    bits += "0" * (-len(bits) % 5)
    return "".join(BASE32[int(bits[i:i + 5], 2)] for i in range(0, len(bits), 5))


def to_base58(data):
    number = int.from_bytes(data, "big")
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def repository_id(text):
    need(text.startswith("b"), "a repository id is a CID in base32")
    data = base32(text[1:])
    version, at = multiformat_varint(data, 0)
    codec, at = multiformat_varint(data, at)
    need(version == 1 and codec == 0x55, "not a raw CID of version 1")
    repository_multihash(data[at:])
    need("b" + to_base32(data) == text, "another text of the same bytes")
    return data[at:]


# --- protobuf

def protobuf_varint(data, at):
    value = 0
    for count in range(10):
        need(at < len(data), "protobuf cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
    raise Invalid("protobuf varint too long")


def protobuf(data):
    """All fields as (number, wire type, value), in the order of the bytes."""
    at = 0
    fields = []
    while at < len(data):
        tag, at = protobuf_varint(data, at)
        number, kind = tag >> 3, tag & 7
        need(number > 0, "protobuf field 0")
        if kind == 0:
            value, at = protobuf_varint(data, at)
        elif kind == 2:
            length, at = protobuf_varint(data, at)
            need(at + length <= len(data), "protobuf cut off")
            value, at = data[at:at + length], at + length
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
            need(at + length <= len(data), "protobuf cut off")
            value, at = data[at:at + length], at + length
        else:
            raise Invalid("protobuf group")
        fields.append((number, kind, value))
    return fields


class Message:
    """proto3: the last of a singular field counts, unknown fields are left alone."""

    def __init__(self, data):
        self.fields = protobuf(data)

    def all(self, number):
        return [value for n, kind, value in self.fields if n == number and kind == 2]

    def bytes(self, number):
        values = self.all(number)
        return values[-1] if values else b""

    def number(self, number):
        values = [value for n, kind, value in self.fields if n == number and kind == 0]
        return values[-1] if values else 0

    def texts(self, number):
        try:
            return [value.decode("utf-8") for value in self.all(number)]
        except UnicodeDecodeError as error:
            raise Invalid("not UTF-8") from error

    def text(self, number):
        values = self.texts(number)
        return values[-1] if values else ""


def put(number, value):
    """One field of a canonical message; nothing for a default."""
    if isinstance(value, int):
        return put_varint(number << 3) + put_varint(value) if value else b""
    return put_varint(number << 3 | 2) + put_varint(len(value)) + value


# --- Ed25519

P = 2 ** 255 - 19
L = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    need(len(data) == 32 and y < P, "not a canonical point")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    need((x * x - square) % P == 0 and not (x == 0 and sign), "not on the curve")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def add(a, b):
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, a):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, a)
        a = add(a, a)
        scalar >>= 1
    return result


def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


NEUTRAL = (0, 1, 1, 0)
BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def safe_point(data):
    result = point(data)
    need(not same(times(8, result), NEUTRAL), "key of small order")
    return result


def verify_signature(key, message, signature):
    need(len(signature) == 64, "a signature has 64 bytes")
    scalar = int.from_bytes(signature[32:], "little")
    need(scalar < L, "S is not below the order of the group")
    a = safe_point(key)
    r = point(signature[:32])
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    need(same(times(scalar, BASE), add(r, times(h, a))), "bad signature")


# --- keys and envelopes

def public_key(data):
    message = Message(data)
    need(message.number(1) == 1, "not an Ed25519 key")
    safe_point(message.bytes(2))
    return message.bytes(2)


def encoded_key(raw):
    return b"\x08\x01\x12\x20" + raw


def peer_id(raw):
    return to_base58(b"\x00\x24" + encoded_key(raw))


def open_envelope(data, kind):
    """The payload and who signed it."""
    need(len(data) <= 65536, "envelope too large")
    message = Message(data)
    key = public_key(message.bytes(1))
    kind_of_payload, payload = message.bytes(2), message.bytes(3)
    need(kind_of_payload == f"/guts/{kind}/1".encode(), "another type of payload")
    signed = b"".join(put_varint(len(part)) + part for part in (f"guts-{kind}".encode(), kind_of_payload, payload))
    verify_signature(key, signed, message.bytes(5))
    PAYLOADS[kind](payload)
    return payload, key


# --- payloads

def hash32(data):
    need(len(data) == 32, "a hash has 32 bytes")
    return data


def optional_hash(data):
    return hash32(data) if data else None


def label(text, limit, lines):
    need(len(text.encode()) <= limit, "text too long")
    for character in text:
        control = ord(character) < 32 or 127 <= ord(character) < 160
        need(not control or lines and character in "\n\t", "control characters")


def seconds(value):
    need(value <= 253402300799, "time out of range")


def sequence_number(value):
    need(1 <= value < 1 << 63, "sequence out of range")


def well_formed_ref(name):
    need(len(name.encode()) <= 255 and "/" in name, "ref name")
    need(not name.endswith(".") and ".." not in name and "@{" not in name, "ref name")
    for part in name.split("/"):
        need(part and not part.startswith(".") and not part.endswith(".lock"), "ref name")
    need(not any(ord(c) <= 32 or ord(c) == 127 or c in "~^:?*[\\" for c in name), "ref name")


def identity(payload):
    need(len(payload) <= 16 * 1024, "identity too large")
    message = Message(payload)
    version, revision, threshold = message.number(1) & 0xFFFFFFFF, message.number(2), message.number(9) & 0xFFFFFFFF
    need(version == 1, "version")
    need(message.text(7) == "sha1", "object format")
    need(revision < 1 << 63, "revision")
    previous = optional_hash(message.bytes(3))
    need((revision == 0) == (previous is None), "previous")
    need(len(message.bytes(11)) == (16 if revision == 0 else 0), "nonce")
    well_formed_ref("refs/heads/" + message.text(6))
    delegates = message.all(8)
    need(1 <= len(delegates) <= 32, "number of delegates")
    for delegate in delegates:
        need(encoded_key(public_key(delegate)) == delegate, "encoding of a delegate's key")
    need(all(a < b for a, b in zip(delegates, delegates[1:])), "order of delegates")
    need(1 <= threshold <= len(delegates), "threshold")
    label(message.text(4), 128, False)
    label(message.text(5), 4096, True)
    return {"revision": revision, "previous": previous, "threshold": threshold,
            "delegates": [key[4:] for key in delegates], "recovery": optional_hash(message.bytes(10))}


def refs_header(payload):
    need(len(payload) <= 1024, "header too large")
    message = Message(payload)
    repository_multihash(message.bytes(1))
    sequence_number(message.number(2))
    previous = optional_hash(message.bytes(3))
    need(previous is None or message.number(2) > 1, "the first header has no previous one")
    hash32(message.bytes(4))
    seconds(message.number(5))
    hash32(message.bytes(6))
    need(len(message.all(7)) <= 16, "too many resolved headers")
    for resolved in message.all(7):
        hash32(resolved)


def refs_body(data):
    need(len(data) <= 64 << 20, "body too large")
    message = Message(data)
    refs = [Message(ref) for ref in message.all(1)]
    need(len(refs) <= 200_000, "too many refs")
    names = []
    for ref in refs:
        name = ref.text(1)
        need(name.startswith(("refs/heads/", "refs/tags/", "refs/notes/")), "ref outside the folders that are signed")
        well_formed_ref(name)
        need(len(ref.bytes(2)) == 20, "object id")
        names.append(name.encode())
    need(all(a < b for a, b in zip(names, names[1:])), "order of refs")
    known = set(names)
    for name in names:
        parts = name.split(b"/")
        need(not any(b"/".join(parts[:i]) in known for i in range(1, len(parts))), "a ref that is another's folder")
    packs, withdrawn = message.all(2), message.all(3)
    need(len(packs) <= 64 and len(withdrawn) <= 1024, "too many packs")
    for pack in packs + withdrawn:
        hash32(pack)
    need(len(set(packs + withdrawn)) == len(packs) + len(withdrawn), "a pack twice")
    need(not refs or packs, "refs without a pack")
    need(len(message.all(4)) <= 16, "too many seeds")
    for seed in map(Message, message.all(4)):
        need(len(seed.all(2)) <= 16, "too many addresses")
        code, digest, end = multihash(seed.bytes(1))
        need(end == len(seed.bytes(1)) and (code == 0x12 or code == 0 and len(digest) <= 42), "peer id")


def fresh(payload):
    need(len(payload) <= 256, "word of freshness too large")
    message = Message(payload)
    repository_multihash(message.bytes(1))
    sequence_number(message.number(2))
    hash32(message.bytes(3))
    seconds(message.number(4))


def announcement(payload):
    need(len(payload) <= 1024, "announcement too large")
    message = Message(payload)
    repository_multihash(message.bytes(1))
    hash32(message.bytes(2))
    label(message.text(3), 512, False)


CHUNK = 1 << 20


def descriptor(data):
    need(len(data) <= 5 << 20, "descriptor too large")
    message = Message(data)
    size, objects, chunk_size = message.number(1), message.number(2), message.number(3)
    need(chunk_size == CHUNK, "chunk size")
    need(32 <= size <= CHUNK << 16, "size")
    entry_bytes = size - 32
    need(objects <= min(0xFFFFFFFF, entry_bytes // 9) and (objects > 0 or entry_bytes == 0), "number of objects")
    chunks = [Message(chunk) for chunk in message.all(4)]
    need(len(chunks) == -(-size // CHUNK), "number of chunks")
    entries = 0
    for index, chunk in enumerate(chunks):
        hash32(chunk.bytes(1))
        first = chunk.number(2) - 1
        if index == 0:
            need(first == (12 if objects else -1), "first entry of the pack")
        if first >= 0:
            entries += 1
            need(first < CHUNK and index * CHUNK + first + 9 <= size - 20, "first entry")
    need(entries <= objects, "more entries than objects")
    bases, inputs = message.all(5), message.all(6)
    need(len(bases) <= 1 << 16 and all(len(base) == 20 for base in bases), "bases")
    need(all(a < b for a, b in zip(bases, bases[1:])), "order of bases")
    need(len(inputs) <= 64 and len(set(inputs)) == len(inputs), "inputs")
    for pack in inputs:
        hash32(pack)
    again = put(1, size) + put(2, objects) + put(3, chunk_size)
    for chunk in chunks:
        again += put(4, put(1, chunk.bytes(1)) + put(2, chunk.number(2)))
    again += b"".join(put(5, base) for base in bases) + b"".join(put(6, pack) for pack in inputs)
    need(again == data, "not canonical")


PAYLOADS = {"identity": identity, "refs": refs_header, "fresh": fresh, "repository": announcement,
            "body": refs_body, "descriptor": descriptor}


# --- identities

def signed_identity(joined):
    """The payload of length-prefixed envelopes, what it says, and who signed it."""
    at, payloads, signers = 0, set(), set()
    while at < len(joined):
        length, at = multiformat_varint(joined, at)
        payload, signer = open_envelope(joined[at:at + length], "identity")
        at += length
        payloads.add(payload)
        signers.add(signer)
    need(len(payloads) == 1, "one payload")
    payload = payloads.pop()
    return payload, identity(payload), signers


def check_identity(vector):
    payload, value, signers = signed_identity(bytes.fromhex(vector["envelopes"]))
    same_text(vector["hash"], sha256(payload).hex())
    if not vector["parent"]:
        need(value["revision"] == 0, "revision 0")
        need(repository_id(vector["repository"])[2:] == sha256(payload), "another repository")
        need(set(value["delegates"]) <= signers, "a delegate has not signed")
        return
    parent_payload, parent, _ = signed_identity(bytes.fromhex(vector["parent"]))
    recovered = any(sha256(encoded_key(signer)) == parent["recovery"] for signer in signers)
    same_text(vector["recovered"], "true" if recovered else "false")
    need(value["revision"] == parent["revision"] + 1, "revision")
    need(value["previous"] == sha256(parent_payload), "previous")
    need(len(signers & set(parent["delegates"])) >= parent["threshold"], "threshold of the revision before")
    need(len(signers & set(value["delegates"])) >= value["threshold"], "its own threshold")
    need(set(value["delegates"]) - set(parent["delegates"]) <= signers, "a new delegate has not signed")


# --- files

class Mismatch(Exception):
    """A vector says one thing, and it is another."""


def same_text(expected, actual):
    if expected != actual:
        raise Mismatch(f"{actual} instead of {expected}")


def check_varint(vector):
    data = bytes.fromhex(vector["bytes"])
    value, end = multiformat_varint(data, 0)
    need(end == len(data), "bytes behind a varint")
    same_text(vector["value"], str(value))
    same_text(vector["bytes"], put_varint(value).hex())


def check_repository(vector):
    data = repository_id(vector["text"])
    same_text(vector["hash"], data.hex())
    same_text(vector["topic"], "/guts/1/repo/" + vector["text"])


def check_envelope(vector):
    payload, key = open_envelope(bytes.fromhex(vector["bytes"]), vector["kind"])
    same_text(vector["hash"], sha256(payload).hex())
    same_text(vector["signer"], peer_id(key))


def check_payload(vector):
    data = bytes.fromhex(vector["bytes"])
    PAYLOADS[vector["kind"]](data)
    same_text(vector["hash"], sha256(data).hex())


def check_message_id(vector):
    topic = vector["topic"].encode()
    same_text(vector["id"], sha256(put_varint(len(topic)) + topic + bytes.fromhex(vector["data"])).hex())


FILES = {"varints.json": check_varint, "repository-ids.json": check_repository, "envelopes.json": check_envelope,
         "identities.json": check_identity, "payloads.json": check_payload, "descriptors.json": check_payload,
         "message-ids.json": check_message_id}


def main(folder):
    wrong = checked = 0
    for file, check in FILES.items():
        for vector in json.loads((folder / file).read_text(encoding="utf-8")):
            checked += 1
            try:
                check(vector)
                fault = "is valid" if "reason" in vector else ""
            except Invalid as error:
                fault = "" if "reason" in vector else f"is invalid: {error}"
            except Mismatch as error:
                fault = str(error)
            if fault:
                wrong += 1
                print(f"{file}: {vector['name']}: {fault}")
    print(f"{checked} vectors, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else VECTORS))
