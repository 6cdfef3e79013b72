// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigValueTest {
    private static ConfigValue value(String json) {
        try {
            return ConfigValue.root("f.json", new JsonMapper().readTree("{\"a\": " + json + "}"))
                    .get("a");
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static void expectRefusal(String json, Consumer<ConfigValue> reader, String... message) {
        assertThatThrownBy(() -> reader.accept(value(json)))
                .as(json)
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("f.json: a")
                .hasMessageContainingAll(message);
    }

    @ParameterizedTest
    @CsvSource({"1,1000", "0.5,500", "1e1,10000", "'\"1500ms\"',1500", "'\"2m\"',120000", "0,0"})
    void shouldReadTimesInSecondsOrWithAUnit(String json, long millis) {
        assertThat(value(json).duration(Duration.ZERO, Duration.ofHours(1))).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"-1", "3601", "1e300", "1e999", "\"1\"", "\"x\"", "true", "null", "[]", "99999999999999999999"})
    void shouldRefuseWhatIsNoTimeInRange(String json) {
        expectRefusal(json, v -> v.duration(Duration.ZERO, Duration.ofHours(1)), "a time such as");
    }

    @Test
    void shouldReadSizesAsNumbersOrWithAUnit() {
        assertThat(value("17").size(0, 100)).isEqualTo(17);
        assertThat(value("\"64KiB\"").size(0, 1 << 20)).isEqualTo(65536);
        expectRefusal("101", v -> v.size(0, 100), "from 0 to 100, found the number 101");
        expectRefusal("1.5", v -> v.size(0, 100), "found the number 1.5");
        expectRefusal("\"64MB\"", v -> v.size(0, 100), "a size such as", "64MB");
        expectRefusal("99999999999999999999", v -> v.size(0, Long.MAX_VALUE), "a size such as");
    }

    @Test
    void shouldReadNumbersInTheirRange() {
        assertThat(value("3").integer(0, 3)).isEqualTo(3);
        assertThat(value("3").number(0, 3)).isEqualTo(3);
        assertThat(value("2.5").number(0, 3)).isEqualTo(2.5);
        expectRefusal("4", v -> v.integer(0, 3), "a whole number from 0 to 3, found the number 4");
        expectRefusal("4294967297", v -> v.integer(0, 3), "a whole number from 0 to 3");
        expectRefusal("2.0", v -> v.integer(0, 3), "a whole number");
        expectRefusal("\"2\"", v -> v.integer(0, 3), "found the text '2'");
        expectRefusal("4", v -> v.number(0, 3), "a number from 0.0 to 3.0");
    }

    @Test
    void shouldReadConstantsByNameOrText() {
        assertThat(value("\"seconds\"").constant(TimeUnit.class)).isEqualTo(TimeUnit.SECONDS);
        expectRefusal("\"weeks\"", v -> v.constant(TimeUnit.class), "one of [NANOSECONDS", "found the text 'weeks'");
        expectRefusal("3", v -> v.constant(TimeUnit.class), "found the number 3");
    }

    @Test
    void shouldReadTextsAndBooleansStrictly() {
        assertThat(value("\"x\"").text()).isEqualTo("x");
        assertThat(value("true").bool()).isTrue();
        expectRefusal("1", ConfigValue::text, "a text, found the number 1");
        expectRefusal("\"true\"", ConfigValue::bool, "true or false, found the text 'true'");
    }

    @Test
    void shouldNameThePlaceOfWhatIsNested() {
        ConfigValue list = value("[{\"b\": 1}, {\"c\": 2}]");
        assertThat(list.elements()).hasSize(2);
        assertThatThrownBy(() -> list.elements().get(1).expectKeys(Set.of("b")))
                .hasMessage("f.json: a[1].c: unknown key; expected one of [b]");
        assertThatThrownBy(() -> list.elements().get(0).get("b").text()).hasMessageStartingWith("f.json: a[0].b: ");
        assertThat(value("5").elements())
                .singleElement()
                .satisfies(v -> assertThat(v.integer(0, 9)).isEqualTo(5));
        assertThat(value("{\"b\": 1}").get("z").isMissing()).isTrue();
        expectRefusal("[1]", ConfigValue::entries, "an object (key: value), found a list");
    }
}
