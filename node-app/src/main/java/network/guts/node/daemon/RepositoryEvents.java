package network.guts.node.daemon;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import network.guts.node.output.Event;
import network.guts.sync.Repositories.DelegateState;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.Repositories.Kept;
import network.guts.sync.Repositories.RepositoryState;
import network.guts.sync.model.RepositoryUrl;

/** What is said of repositories, as events. */
final class RepositoryEvents {
    private RepositoryEvents() {}

    /** The {@code repository} event. */
    static Event repository(RepositoryState state) {
        return Event.of("repository")
                .with("url", RepositoryUrl.SCHEME + state.repository())
                .with("repository", state.repository())
                .with("name", state.name())
                .with("description", state.description())
                .with("default_branch", state.defaultBranch())
                .with("revision", state.revision())
                .with("delegates", state.delegates())
                .with("threshold", state.threshold())
                .with("seeded", state.seeded())
                .with("delegate", state.delegate())
                .with("refs", state.refs())
                .with("packs", state.packs())
                .with("objects", state.objects())
                .with("bytes", state.diskBytes())
                .with("heard_of", state.heardOf())
                .with("confirmed", state.confirmed())
                .with("warnings", state.warnings());
    }

    /** Who keeps a repository for this node, as values. */
    static List<Map<String, Object>> kept(List<Kept> seeders) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (Kept kept : seeders) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("peer", kept.seeder());
            one.put("addresses", kept.addresses());
            one.put("sequence", kept.sequence());
            all.add(one);
        }
        return all;
    }

    /** The {@code repository} event, with what each delegate signed. */
    static Event withViews(RepositoryState state) {
        List<Map<String, Object>> views = new ArrayList<>();
        for (DelegateState view : state.views()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("delegate", view.delegate());
            one.put("sequence", view.sequence());
            one.put("time", view.time());
            one.put("refs", view.refs());
            view.equivocation().ifPresent(words -> one.put("equivocation", words));
            views.add(one);
        }
        return repository(state).with("views", views);
    }

    /** The end of a fetch. */
    static Event done(Fetched fetched, java.time.Duration elapsed) {
        return Event.of("done")
                .with("url", RepositoryUrl.SCHEME + fetched.repository())
                .with("repository", fetched.repository())
                .with("changed", fetched.changed())
                .with("ref_count", fetched.refs())
                .with("objects", fetched.objects())
                .with("bytes", fetched.bytes())
                .with("providers", fetched.bytesByProvider())
                .with("blamed", fetched.blamed())
                .with("providers_asked", fetched.providersAsked())
                .with("confirmed", fetched.confirmed())
                .with("seconds", elapsed);
    }
}
