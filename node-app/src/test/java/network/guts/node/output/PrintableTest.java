package network.guts.node.output;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrintableTest {
    @Test
    void plainTextStaysAsItIs() {
        String text = "Grüße, 世界 🚀 — 100 %";
        assertThat(Printable.escape(text)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "27,1b",
        "10,a",
        "13,d",
        "7,7",
        "127,7f",
        "155,9b",
        "8238,202e",
        "8294,2066",
        "8203,200b",
        "65279,feff",
        "8232,2028"
    })
    void whatSteersATerminalIsSpeltOut(int point, String hex) {
        assertThat(Printable.escape("a" + Character.toString(point) + "b")).isEqualTo("a\\u{" + hex + "}b");
    }

    @Test
    void halvesOfPairsAreSpeltOut() {
        assertThat(Printable.escape("a\ud83d")).isEqualTo("a\\u{d83d}");
    }

    @Test
    void linesAreCut() {
        assertThat(Printable.line("x".repeat(5_000)))
                .hasSize(Printable.MAX_LENGTH + 1)
                .endsWith("…");
    }
}
