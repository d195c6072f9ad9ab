package network.guts.core;

import java.util.ArrayList;
import java.util.List;

/** IP addresses as text, without ever looking a name up: dotted quads, and RFC 5952 for IPv6. */
final class IpText {
    private IpText() {}

    static String ip4(byte[] address) {
        return (address[0] & 0xff) + "." + (address[1] & 0xff) + "." + (address[2] & 0xff) + "." + (address[3] & 0xff);
    }

    static byte[] parseIp4(String text) throws MalformedException {
        String[] words = text.split("\\.", -1);
        if (words.length != 4) {
            throw new MalformedException("not an IPv4 address");
        }
        byte[] address = new byte[4];
        for (int i = 0; i < 4; i++) {
            address[i] = (byte) number(words[i], 10, 3, 255);
        }
        return address;
    }

    /** RFC 5952: lower case, the longest run of two or more zero groups as "::". */
    static String ip6(byte[] address) {
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            groups[i] = (address[2 * i] & 0xff) << 8 | address[2 * i + 1] & 0xff;
        }
        int bestStart = -1;
        int bestLength = 1;
        for (int start = 0; start < 8; start++) {
            int end = start;
            while (end < 8 && groups[end] == 0) {
                end++;
            }
            if (end - start > bestLength) {
                bestStart = start;
                bestLength = end - start;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                text.append("::");
                i += bestLength - 1;
            } else {
                if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                    text.append(':');
                }
                text.append(Integer.toHexString(groups[i]));
            }
        }
        return text.toString();
    }

    static byte[] parseIp6(String text) throws MalformedException {
        int gap = text.indexOf("::");
        List<Integer> head = groups(gap < 0 ? text : text.substring(0, gap));
        List<Integer> tail = gap < 0 ? List.of() : groups(text.substring(gap + 2));
        int zeros = 8 - head.size() - tail.size();
        if (gap < 0 ? zeros != 0 : zeros < 1) {
            throw new MalformedException("not an IPv6 address");
        }
        List<Integer> all = new ArrayList<>(head);
        for (int i = 0; i < zeros; i++) {
            all.add(0);
        }
        all.addAll(tail);
        byte[] address = new byte[16];
        for (int i = 0; i < 8; i++) {
            address[2 * i] = (byte) (all.get(i) >> 8);
            address[2 * i + 1] = (byte) (int) all.get(i);
        }
        return address;
    }

    private static List<Integer> groups(String text) throws MalformedException {
        List<Integer> groups = new ArrayList<>();
        if (text.isEmpty()) {
            return groups;
        }
        String[] words = text.split(":", -1);
        for (int i = 0; i < words.length; i++) {
            if (i == words.length - 1 && words[i].indexOf('.') >= 0) {
                byte[] quad = parseIp4(words[i]);
                groups.add((quad[0] & 0xff) << 8 | quad[1] & 0xff);
                groups.add((quad[2] & 0xff) << 8 | quad[3] & 0xff);
            } else {
                groups.add(number(words[i], 16, 4, 0xffff));
            }
        }
        return groups;
    }

    private static int number(String text, int radix, int maxDigits, int max) throws MalformedException {
        if (text.isEmpty() || text.length() > maxDigits) {
            throw new MalformedException("not an IP address");
        }
        int value = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) < 128 ? Character.digit(text.charAt(i), radix) : -1;
            if (digit < 0) {
                throw new MalformedException("not an IP address");
            }
            value = value * radix + digit;
        }
        if (value > max) {
            throw new MalformedException("not an IP address");
        }
        return value;
    }
}
