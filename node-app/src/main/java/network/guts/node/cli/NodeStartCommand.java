package network.guts.node.cli;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.node.config.ConfigLoader;
import network.guts.node.config.Key;
import network.guts.node.daemon.NodeProcess;
import network.guts.node.output.Event;
import network.guts.node.output.Failure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/** Every key of the configuration is a flag here as well. */
@Command(
        name = "start",
        description = "Runs the node; the flags override the configuration.",
        modelTransformer = NodeStartCommand.Flags.class)
final class NodeStartCommand extends GutsCommand {
    @Option(names = "--background", description = "detaches once the node can be used")
    boolean background;

    @Option(names = "--on-demand", hidden = true, description = "does not listen, ends after 10 idle minutes")
    boolean onDemand;

    /** Adds a flag for each key. */
    static final class Flags implements picocli.CommandLine.IModelTransformer {
        @Override
        public CommandSpec transform(CommandSpec command) {
            for (Key key : Key.values()) {
                OptionSpec.Builder option = OptionSpec.builder(key.flag())
                        .paramLabel(key.placeholder())
                        .type(List.class)
                        .auxiliaryTypes(String.class)
                        .description(key.description())
                        // there are many, and docs/protocols/limits.md has them all
                        .hidden(key.limit().isPresent());
                switch (key.kind()) {
                    case LIST -> option.arity("1..*");
                    case TRUTH -> option.arity("0..1").fallbackValue("true");
                    default -> option.arity("1");
                }
                command.addOption(option.build());
            }
            return command;
        }
    }

    @Override
    void run(Session session) throws Exception {
        Map<Key, List<String>> flags = flags();
        ConfigLoader.Loaded loaded = ConfigLoader.load(session.home().config(), session.environment(), flags);
        BackgroundNode node = new BackgroundNode(session.home(), session.output()::note, session.environment());
        if (!onDemand) {
            replaceOnDemand(session, node);
        }
        if (background) {
            List<String> words = new ArrayList<>();
            flags.forEach((key, values) -> values.forEach(value -> words.add(key.flag() + "=" + value)));
            Event ready = node.start(words);
            announce(session, ready);
            return;
        }
        NodeProcess.run(
                session.home(),
                onDemand ? loaded.config().fetching() : loaded.config(),
                onDemand,
                session.output().style().debug(),
                ready -> announce(session, ready));
    }

    /** A node that a clone started by itself makes room for one that somebody asks for. */
    private static void replaceOnDemand(Session session, BackgroundNode node) throws Failure {
        Optional<Event> running = node.ready();
        if (running.isPresent() && running.get().truth("on_demand")) {
            session.output().note("a node that only fetches is running: this one replaces it");
            node.stop();
        }
    }

    private static void announce(Session session, Event ready) {
        session.output().event(ready);
        session.output().result("peer     " + ready.text("peer"));
        session.output().result("network  " + ready.text("network"));
        for (String address : ready.texts("addresses")) {
            session.output().result("address  " + address);
        }
        session.output().result("ready");
    }

    private Map<Key, List<String>> flags() {
        Map<Key, List<String>> flags = new EnumMap<>(Key.class);
        CommandSpec known = spec;
        if (known != null) {
            for (Key key : Key.values()) {
                List<String> values = known.findOption(key.flag()).getValue();
                if (values != null && !values.isEmpty()) {
                    flags.put(key, values);
                }
            }
        }
        return flags;
    }
}
