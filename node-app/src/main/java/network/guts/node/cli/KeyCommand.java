package network.guts.node.cli;

import java.nio.file.Files;
import network.guts.core.PrivateKey;
import network.guts.node.daemon.KeyFile;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import picocli.CommandLine.Command;

@Command(
        name = "key",
        description = "Shows the keys of this home.",
        subcommands = {KeyCommand.Show.class})
final class KeyCommand extends CommandGroup {
    @Command(name = "show", description = "Shows the public halves: who connects, and who signs.")
    static final class Show extends GutsCommand {
        @Override
        void run(Session session) throws Failure {
            PrivateKey node = KeyFile.load(session.home().nodeKey());
            Event event = Event.of("key")
                    .with("peer", node.peerId())
                    .with("file", session.home().nodeKey());
            session.output()
                    .result("peer      " + node.peerId() + "  " + session.home().nodeKey());
            if (Files.exists(session.home().signingKey())) {
                PrivateKey signing = KeyFile.load(session.home().signingKey());
                event = event.with("delegate", signing.peerId())
                        .with("signing_file", session.home().signingKey());
                session.output()
                        .result("delegate  " + signing.peerId() + "  "
                                + session.home().signingKey());
            } else {
                session.output().result("delegate  none: the first guts publish makes the signing key");
            }
            session.output().event(event);
        }
    }
}
