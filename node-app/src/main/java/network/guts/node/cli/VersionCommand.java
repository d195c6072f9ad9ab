package network.guts.node.cli;

import network.guts.node.Version;
import network.guts.node.output.Event;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

@Command(name = "version", description = "Shows the version.")
final class VersionCommand extends GutsCommand implements IVersionProvider {
    @Override
    void run(Session session) {
        Runtime.Version java = Runtime.version();
        session.output().event(Event.of("version").with("version", Version.TEXT).with("java", java));
        session.output().result("guts " + Version.TEXT);
    }

    @Override
    public String[] getVersion() {
        return new String[] {"guts " + Version.TEXT};
    }
}
