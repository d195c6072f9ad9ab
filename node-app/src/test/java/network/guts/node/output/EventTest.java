package network.guts.node.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.MalformedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventTest {
    @Test
    void theNameComesFirstAndValuesArePlain() {
        Event event = Event.of("ping")
                .with("seconds", Duration.ofMillis(1_500))
                .with("since", Instant.ofEpochSecond(0))
                .with("count", 3)
                .with("file", Path.of("/a/b"))
                .with("none", Optional.empty())
                .with("list", List.of(1, "two"))
                .with("map", Map.of("a", true));
        assertThat(event.json())
                .isEqualTo("{\"event\":\"ping\",\"seconds\":1.5,\"since\":\"1970-01-01T00:00:00Z\",\"count\":3,"
                        + "\"file\":\"/a/b\",\"list\":[1,\"two\"],\"map\":{\"a\":true}}");
    }

    @Test
    void whatIsWrittenIsRead() throws MalformedException {
        Event event = Event.of("x")
                .with("text", "line\nbreak \"quoted\" \u001b")
                .with("big", Long.MAX_VALUE)
                .with("objects", List.of(Map.of("a", 1L)));
        Event read = Event.parse(event.json());
        assertThat(read.json()).isEqualTo(event.json());
        assertThat(read.number("big")).isEqualTo(Long.MAX_VALUE);
        assertThat(read.objects("objects").getFirst().number("a")).isEqualTo(1);
        assertThat(read.json()).doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{\"event\":1}",
                "{\"a\":2}",
                "nonsense",
                "{\"event\":\"x\"} {}",
                "{\"event\":\"x\",\"a\":[1}",
                "{\"event\":\"x\",\"a\":99999999999999999999999}"
            })
    void anythingElseIsMalformed(String line) {
        assertThatThrownBy(() -> Event.parse(line)).isInstanceOf(MalformedException.class);
    }

    @Test
    void depthIsBounded() {
        String deep = "{\"event\":\"x\",\"a\":" + "[".repeat(100_000) + "}";
        assertThatThrownBy(() -> Event.parse(deep)).isInstanceOf(MalformedException.class);
    }

    @Test
    void aFailureSurvivesTheSocket() throws MalformedException {
        Failure failure = new Failure(ExitCode.NOT_FOUND, "what", "how");
        assertThat(failure.event().json())
                .isEqualTo("{\"event\":\"error\",\"code\":3,\"message\":\"what\",\"hint\":\"how\"}");
        Failure read = Failure.of(Event.parse(failure.event().json()));
        assertThat(read.code()).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(read.hint()).isEqualTo("how");
    }
}
