// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.Slice;
import io.sluice.store.base.ValueType;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.TestVersions;
import io.sluice.store.manifest.Version;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Scanner;
import java.util.stream.Collectors;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A version told in text: one line a level, {@code L1: 5[a-c]20 6[d-f]}, where a file is its number, its first and last
 * user key, and its size (10 unless told). A key may carry a sequence number behind a {@code @}; L0 goes from new to old.
 */
final class Levels {
    private final List<List<FileMetadata>> levels = new ArrayList<>();

    private Levels() {
        for (int i = 0; i < 7; i++) {
            levels.add(new ArrayList<>());
        }
    }

    static Version version(String... lines) {
        Levels levels = new Levels();
        for (String line : lines) {
            int level = line.charAt(1) - '0';
            Scanner files = new Scanner(line.substring(3));
            while (files.hasNext()) {
                levels.levels.get(level).add(levels.file(files.next()));
            }
        }
        return TestVersions.of(levels.levels);
    }

    static CompactionSettings settings(boolean dynamic, long levelBase) {
        return settings(dynamic, levelBase, CompactionPriority.MIN_OVERLAPPING_RATIO);
    }

    static CompactionSettings settings(boolean dynamic, long levelBase, CompactionPriority priority) {
        return new CompactionSettings(
                7, 4, 20, 36, levelBase, 10, dynamic, 10, 1, 250, 64L << 30, 256L << 30, false, priority);
    }

    /** A compaction told in text: {@code L1[5 6] L2[9] -> L2}, with {@code move} behind where it is one. */
    static String describe(Compaction compaction) {
        return compaction.inputs().stream()
                        .map(input -> "L" + input.level()
                                + input.files().stream()
                                        .map(file -> String.valueOf(file.number()))
                                        .collect(Collectors.joining(" ", "[", "]")))
                        .collect(Collectors.joining(" "))
                + " -> L" + compaction.outputLevel() + (compaction.trivialMove() ? " move" : "");
    }

    static Slice key(String text, boolean isFirst) {
        int at = text.indexOf('@');
        String userKey = at < 0 ? text : text.substring(0, at);
        long sequence = at < 0 ? (isFirst ? 1000 : 1) : Long.parseLong(text.substring(at + 1));
        return Slice.wrap(InternalKey.encode(
                new UnsafeBuffer(userKey.getBytes(UTF_8)), InternalKey.trailer(sequence, ValueType.VALUE)));
    }

    static List<Long> numbers(List<FileMetadata> files) {
        return files.stream()
                .map(FileMetadata::number)
                .sorted(Comparator.naturalOrder())
                .toList();
    }

    private FileMetadata file(String text) {
        int open = text.indexOf('[');
        int dash = text.indexOf('-', open);
        int close = text.indexOf(']', dash);
        long number = Long.parseLong(text.substring(0, open));
        long size = close == text.length() - 1 ? 10 : Long.parseLong(text.substring(close + 1));
        return new FileMetadata(
                number,
                size,
                key(text.substring(open + 1, dash), true),
                key(text.substring(dash + 1, close), false),
                number,
                number * 2,
                number,
                0,
                0);
    }
}
