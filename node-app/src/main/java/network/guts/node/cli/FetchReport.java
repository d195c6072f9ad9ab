package network.guts.node.cli;

import java.time.Duration;
import java.time.Instant;
import network.guts.node.output.Event;
import network.guts.node.output.Output;
import network.guts.node.output.Units;

/** What a fetch did, in lines on stderr: bytes per provider, who was dropped, how fresh the refs are. */
final class FetchReport {
    private static final Duration STALE = Duration.ofDays(7);

    private FetchReport() {}

    static void show(Output out, Event done) {
        Event providers = done.object("providers");
        for (String peer : providers.names()) {
            out.note("  " + Units.bytes(providers.number(peer)) + " from " + peer);
        }
        Event blamed = done.object("blamed");
        for (String peer : blamed.names()) {
            out.warning("dropped " + peer + ": " + blamed.text(peer));
        }
        out.note(Units.count(done.number("ref_count"), "ref", "refs") + ", "
                + Units.count(done.number("objects"), "object", "objects") + ", " + Units.bytes(done.number("bytes"))
                + ", verified, in " + Units.seconds(done.real("seconds")));
        if (done.has("confirmed")) {
            Duration age = Duration.between(Instant.parse(done.text("confirmed")), Instant.now());
            String words =
                    "a delegate confirmed these refs " + Units.seconds(Math.max(0, age.toMillis() / 1e3)) + " ago";
            if (age.compareTo(STALE) > 0) {
                out.warning(words + ": they may be out of date");
            } else {
                out.note(words);
            }
        }
    }
}
