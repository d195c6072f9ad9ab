package network.guts.node.helper;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What git told the helper with {@code option}. */
final class HelperOptions {
    private final Map<String, String> leases = new LinkedHashMap<>();
    private boolean progress;
    private int verbosity = 1;
    private boolean uploadPack;
    private boolean checkConnectivity;
    private boolean dryRun;
    private boolean force;
    private boolean atomic;

    /**
     * Takes one option.
     *
     * @return the answer to git: {@code ok}, {@code unsupported} or {@code error …}
     */
    String set(String name, String value) {
        switch (name) {
            case "progress" -> progress = value.equals("true");
            case "verbosity" -> {
                if (!value.matches("-?\\d{1,4}")) {
                    return "error verbosity is a number";
                }
                verbosity = Integer.parseInt(value);
            }
            case "depth", "deepen-since", "deepen-not", "filter" -> uploadPack = true;
            case "deepen-relative", "update-shallow", "refetch" -> uploadPack |= value.equals("true");
            case "check-connectivity" -> checkConnectivity = value.equals("true");
            case "dry-run" -> dryRun = value.equals("true");
            case "atomic" -> atomic = value.equals("true");
            case "force" -> force = value.equals("true");
            case "cas" -> {
                int colon = value.lastIndexOf(':');
                if (colon < 0) {
                    return "error a lease is NAME:OBJECT";
                }
                leases.put(value.substring(0, colon), value.substring(colon + 1));
            }
            case "cloning", "followtags" -> {
                return "ok";
            }
            default -> {
                return "unsupported";
            }
        }
        return "ok";
    }

    boolean progress() {
        return progress && verbosity > 0;
    }

    boolean quiet() {
        return verbosity <= 0;
    }

    /** True if only git's own upload-pack can do what is asked: a shallow or partial fetch. */
    boolean needsUploadPack() {
        return uploadPack;
    }

    boolean checkConnectivity() {
        return checkConnectivity;
    }

    boolean dryRun() {
        return dryRun;
    }

    boolean force() {
        return force;
    }

    /** All refs of a push, or none. */
    boolean atomic() {
        return atomic;
    }

    /** What {@code --force-with-lease} expects of a ref; zeros: that it is not there. */
    Optional<String> lease(String ref) {
        return Optional.ofNullable(leases.get(ref));
    }
}
