// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SpreadTest {
    @Test
    void shouldTakeTheMiddleOfAnOddCount() {
        assertThat(Spread.of(5, 1, 3)).isEqualTo(new Spread(3, 1, 5));
        assertThat(Spread.of(7)).isEqualTo(new Spread(7, 7, 7));
    }

    @Test
    void shouldTakeTheMeanOfTheMiddleTwoOfAnEvenCount() {
        assertThat(Spread.of(8, 1, 2, 4)).isEqualTo(new Spread(3, 1, 8));
    }

    @Test
    void shouldPairRatiosByRoundRatherThanDivideMedians() {
        double[] ours = {10, 20, 90};
        double[] theirs = {5, 40, 30};
        assertThat(Spread.ofRatios(ours, theirs)).isEqualTo(new Spread(2, 0.5, 3));
    }

    @Test
    void shouldRefuseNothingAndUnpairedNumbers() {
        assertThatThrownBy(Spread::of).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Spread.ofRatios(new double[] {1, 2}, new double[] {1}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 numbers can't be paired with 1");
    }
}
