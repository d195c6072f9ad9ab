package network.guts.node.helper;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HelperOptionsTest {
    private final HelperOptions options = new HelperOptions();

    @ParameterizedTest
    @CsvSource({
        "depth,1",
        "filter,blob:none",
        "deepen-since,2020-01-01",
        "deepen-not,v1",
        "refetch,true",
        "update-shallow,true"
    })
    void shallowAndPartialFetchesAreForUploadPack(String name, String value) {
        assertThat(options.needsUploadPack()).isFalse();
        assertThat(options.set(name, value)).isEqualTo("ok");
        assertThat(options.needsUploadPack()).isTrue();
    }

    @Test
    void ordinaryOptions() {
        assertThat(options.set("progress", "true")).isEqualTo("ok");
        assertThat(options.set("verbosity", "0")).isEqualTo("ok");
        assertThat(options.progress()).isFalse();
        assertThat(options.quiet()).isTrue();
        assertThat(options.set("check-connectivity", "true")).isEqualTo("ok");
        assertThat(options.checkConnectivity()).isTrue();
        assertThat(options.needsUploadPack()).isFalse();
    }

    @Test
    void whatIsNotUnderstoodIsNotPromised() {
        assertThat(options.set("pushcert", "true")).isEqualTo("unsupported");
        assertThat(options.set("verbosity", "loud")).startsWith("error");
        assertThat(options.set("cas", "nothing")).startsWith("error");
    }

    @Test
    void allRefsOfAPushOrNone() {
        assertThat(options.atomic()).isFalse();
        assertThat(options.set("atomic", "true")).isEqualTo("ok");
        assertThat(options.atomic()).isTrue();
    }

    @Test
    void leases() {
        assertThat(options.set("cas", "refs/heads/main:" + "1".repeat(40))).isEqualTo("ok");
        assertThat(options.lease("refs/heads/main")).contains("1".repeat(40));
        assertThat(options.lease("refs/heads/other")).isEmpty();
    }
}
