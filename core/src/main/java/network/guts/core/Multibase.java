package network.guts.core;

import java.io.ByteArrayOutputStream;

/**
 * The two text encodings that libp2p's identifiers use: base58btc (peer ids) and lower-case RFC 4648 base32 without
 * padding (CIDs).
 *
 * @see <a href="https://github.com/multiformats/multibase">multibase</a>
 */
public final class Multibase {
    /** Longest text that is decoded; base58 takes quadratic time, so its input is bounded. */
    public static final int MAX_TEXT = 256;

    private static final String BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    private static final String BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

    private Multibase() {}

    public static String base58(byte[] data) {
        int zeros = 0;
        while (zeros < data.length && data[zeros] == 0) {
            zeros++;
        }
        byte[] digits = new byte[data.length * 138 / 100 + 1];
        int used = 0;
        for (int i = zeros; i < data.length; i++) {
            int carry = data[i] & 0xff;
            for (int j = 0; j < used || carry != 0; j++) {
                carry += 256 * digits[j];
                digits[j] = (byte) (carry % 58);
                carry /= 58;
                used = Math.max(used, j + 1);
            }
        }
        StringBuilder text = new StringBuilder("1".repeat(zeros));
        for (int j = used - 1; j >= 0; j--) {
            text.append(BASE58.charAt(digits[j]));
        }
        return text.toString();
    }

    /**
     * @throws MalformedException if a character is not base58btc, or the text is longer than {@link #MAX_TEXT}
     */
    public static byte[] fromBase58(String text) throws MalformedException {
        bounded(text);
        int zeros = 0;
        while (zeros < text.length() && text.charAt(zeros) == '1') {
            zeros++;
        }
        byte[] bytes = new byte[text.length()];
        int used = 0;
        for (int i = zeros; i < text.length(); i++) {
            int carry = digit(BASE58, text.charAt(i), "base58");
            for (int j = 0; j < used || carry != 0; j++) {
                carry += 58 * (bytes[j] & 0xff);
                bytes[j] = (byte) carry;
                carry >>= 8;
                used = Math.max(used, j + 1);
            }
        }
        byte[] data = new byte[zeros + used];
        for (int j = 0; j < used; j++) {
            data[zeros + j] = bytes[used - 1 - j];
        }
        return data;
    }

    public static String base32(byte[] data) {
        StringBuilder text = new StringBuilder((data.length * 8 + 4) / 5);
        int buffer = 0;
        int bits = 0;
        for (byte next : data) {
            buffer = buffer << 8 | next & 0xff;
            bits += 8;
            while (bits >= 5) {
                bits -= 5;
                text.append(BASE32.charAt(buffer >> bits & 31));
            }
            buffer &= (1 << bits) - 1;
        }
        if (bits > 0) {
            text.append(BASE32.charAt(buffer << 5 - bits & 31));
        }
        return text.toString();
    }

    /**
     * @throws MalformedException if a character is not lower-case base32, the last bits are not zero (an identifier has
     *     one text), or the text is longer than {@link #MAX_TEXT}
     */
    public static byte[] fromBase32(String text) throws MalformedException {
        bounded(text);
        ByteArrayOutputStream data = new ByteArrayOutputStream(text.length() * 5 / 8);
        int buffer = 0;
        int bits = 0;
        for (int i = 0; i < text.length(); i++) {
            buffer = buffer << 5 | digit(BASE32, text.charAt(i), "base32");
            bits += 5;
            if (bits >= 8) {
                bits -= 8;
                data.write(buffer >> bits);
                buffer &= (1 << bits) - 1;
            }
        }
        byte[] bytes = data.toByteArray();
        if (bits >= 5 || buffer != 0) {
            throw new MalformedException("base32 text does not end on a byte");
        }
        return bytes;
    }

    private static void bounded(String text) throws MalformedException {
        if (text.length() > MAX_TEXT) {
            throw new MalformedException("identifier longer than " + MAX_TEXT + " characters");
        }
    }

    private static int digit(String alphabet, char character, String name) throws MalformedException {
        int digit = alphabet.indexOf(character);
        if (digit < 0) {
            throw new MalformedException("not " + name + ": a character that the alphabet does not have");
        }
        return digit;
    }
}
