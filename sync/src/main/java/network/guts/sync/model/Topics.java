package network.guts.sync.model;

/** The GossipSub topics that announcements travel on. */
public final class Topics {
    /** Carries signed {@link RepositoryAnnouncement}s. */
    public static final String REPOSITORIES = "/guts/1/repositories";

    private static final String REPOSITORY = "/guts/1/repo/";

    private Topics() {}

    /** Carries the signed {@link RefsHeader}s and {@link Fresh} records of one repository. */
    public static String of(RepositoryId repository) {
        return REPOSITORY + repository;
    }

    /** What a topic is for, as one of a few words: {@code repository}, {@code repositories} or {@code other}. */
    public static String kind(String topic) {
        if (topic.equals(REPOSITORIES)) {
            return "repositories";
        }
        return topic.startsWith(REPOSITORY) ? "repository" : "other";
    }
}
