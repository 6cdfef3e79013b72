// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.sst.ArrayFile;
import io.sluice.store.sst.Entry;
import io.sluice.store.sst.TableOptions;
import io.sluice.store.sst.TableReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MergingIteratorTest {
    private static MergingIterator merge(List<List<Entry>> sources, List<TableReader> readers) throws IOException {
        List<InternalIterator> iterators = new ArrayList<>();
        for (List<Entry> source : sources) {
            TableReader reader = TableReader.open(
                    ArrayFile.readable(Entry.table(source, TableOptions.DEFAULT.withBlockSize(200))),
                    BytewiseComparator.INSTANCE);
            readers.add(reader);
            iterators.add(reader.iterator());
        }
        return new MergingIterator(BytewiseComparator.INSTANCE, iterators);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 20})
    void shouldBeOneSortedSourceWhateverItsMoves(int sourceCount) throws IOException {
        long seed = sourceCount;
        Random random = new Random(seed);
        List<Entry> all = Entry.random(random, 600, 30);
        List<List<Entry>> sources = new ArrayList<>();
        for (int i = 0; i < sourceCount; i++) {
            sources.add(new ArrayList<>());
        }
        all.forEach(entry -> sources.get(random.nextInt(sourceCount)).add(entry));
        NavigableSet<Entry> model = new TreeSet<>(Entry.ORDER);
        model.addAll(all);
        List<TableReader> readers = new ArrayList<>();
        try (MergingIterator iterator = merge(sources, readers)) {
            Entry here = null;
            for (int i = 0; i < 4000; i++) {
                switch (here == null ? random.nextInt(4) : random.nextInt(14)) {
                    case 0 -> {
                        iterator.seekToFirst();
                        here = model.first();
                    }
                    case 1 -> {
                        iterator.seekToLast();
                        here = model.last();
                    }
                    case 2 -> {
                        Entry wanted = all.get(random.nextInt(all.size()));
                        iterator.seek(wanted.key().buffer());
                        here = model.ceiling(wanted);
                    }
                    case 3 -> {
                        Entry wanted = all.get(random.nextInt(all.size()));
                        iterator.seekForPrev(wanted.key().buffer());
                        here = model.floor(wanted);
                    }
                    case 4, 5, 6, 7, 8 -> {
                        iterator.next();
                        here = model.higher(here);
                    }
                    default -> {
                        iterator.prev();
                        here = model.lower(here);
                    }
                }
                assertThat(iterator.isValid()).as("seed %d step %d", seed, i).isEqualTo(here != null);
                if (here != null) {
                    assertThat(Entry.here(iterator))
                            .as("seed %d step %d", seed, i)
                            .isEqualTo(here);
                }
            }
        }
        for (TableReader reader : readers) {
            reader.close();
        }
    }

    @Test
    void shouldStandNowhereWithoutSources() throws IOException {
        try (MergingIterator iterator = new MergingIterator(BytewiseComparator.INSTANCE, List.of())) {
            iterator.seekToFirst();
            assertThat(iterator.isValid()).isFalse();
            assertThatThrownBy(iterator::next).isInstanceOf(IllegalStateException.class);
        }
    }
}
