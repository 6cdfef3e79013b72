// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Compactions of files that the program names. */
class ManualPickerTest {
    @Test
    void shouldTakeWhatTheChosenFilesShareKeysWith() throws Exception {
        String[] version = {"L0: 9[a-c] 8[d-e] 7[b-f]", "L1: 1[a-b] 2[c-g] 3[m-n]", "L2: 4[a-z]"};
        assertThat(ofFiles(Set.of(8L), 1, version)).isEqualTo("L0[8 7] L1[1 2] -> L1");
        assertThat(ofFiles(Set.of(1L), 2, version)).isEqualTo("L1[1] L2[4] -> L2");
        assertThat(ofFiles(Set.of(1L, 3L), 1, version)).isEqualTo("L1[1 2 3] -> L1");
        assertThatThrownBy(() -> ofFiles(Set.of(4L), 1, version)).hasMessageContaining("compaction.level");
        assertThatThrownBy(() -> ofFiles(Set.of(1L, 99L), 2, version)).hasMessageContaining("compaction.files");
    }

    @Test
    void shouldTakeWhatLiesBetweenChosenFilesOfTheOutputLevelAndThoseFromAbove() throws Exception {
        // An output file may reach from a to z.
        assertThat(ofFiles(Set.of(5L, 1L), 2, "L1: 5[z-z]", "L2: 1[a-b] 2[c-k] 3[l-y]"))
                .isEqualTo("L1[5] L2[1 2 3] -> L2");
        assertThat(ofFiles(Set.of(5L, 3L), 2, "L1: 5[a-a]", "L2: 1[b-c] 2[d-k] 3[l-y] 4[z-z]"))
                .isEqualTo("L1[5] L2[1 2 3] -> L2");
    }

    @Test
    void shouldNeverWriteOverAFileOfTheOutputLevelThatItDoesNotTake() throws Exception {
        for (long seed = 1; seed <= 2000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Version version = Levels.version(level(1, random), level(2, random), level(3, random));
            FileRanges ranges = new FileRanges(version);
            int output = 1 + random.nextInt(4);
            Set<Long> chosen = new TreeSet<>();
            for (int level = 1; level <= Math.min(3, output); level++) {
                for (FileMetadata file : version.files(level)) {
                    if (random.nextInt(3) == 0) {
                        chosen.add(file.number());
                    }
                }
            }
            if (chosen.isEmpty()) {
                continue;
            }
            Compaction compaction = picker(version).ofFiles(chosen, output, 1);
            List<Long> taken = new ArrayList<>();
            compaction.inputs().forEach(input -> taken.addAll(Levels.numbers(input.files())));
            assertThat(taken).as("seed %d", seed).containsAll(chosen);
            FileRanges.Range all = ranges.ofAll(compaction.inputs());
            for (FileMetadata file : version.files(output)) {
                if (!taken.contains(file.number())) {
                    assertThat(ranges.overlap(ranges.of(List.of(file)), all))
                            .as("seed %d, file %d, %s", seed, file.number(), Levels.describe(compaction))
                            .isFalse();
                }
            }
        }
    }

    private static String level(int level, SplittableRandom random) {
        StringBuilder line = new StringBuilder("L" + level + ":");
        int number = level * 100;
        for (char key = 'a'; key < 'x'; key++) {
            if (random.nextInt(3) == 0) {
                char last = (char) (key + random.nextInt(3));
                line.append(" %d[%c-%c]".formatted(number++, key, last));
                key = last;
            }
        }
        return line.toString();
    }

    private static String ofFiles(Set<Long> numbers, int outputLevel, String... version) throws StoreException {
        return Levels.describe(picker(Levels.version(version)).ofFiles(numbers, outputLevel, 1));
    }

    private static ManualPicker picker(Version version) {
        return new ManualPicker(version, Levels.settings(false, 1000), new RunningCompactions());
    }
}
