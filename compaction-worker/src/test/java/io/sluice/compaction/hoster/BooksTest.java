// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.compaction.web.StoreView;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BooksTest {
    private final AtomicLong clock = new AtomicLong();
    private final Books books = new Books(clock::get);

    @Test
    @Tag("B57")
    void shouldKeepNoMoreThanItMayAndAddUpTheOthers() {
        for (int i = 0; i < 10; i++) {
            clock.addAndGet(1_000_000_000);
            books.began("db", "cf" + i, 3);
            books.finished("db", "cf" + i, 100, 60, 2_000_000, 3);
            books.ended("db", "cf" + i, 3);
        }
        assertThat(books.views()).extracting(StoreView.Book::name).containsExactly("db/cf9", "db/cf8", "db/cf7");
        assertThat(books.views().get(0)).isEqualTo(new StoreView.Book("db/cf9", 0, 1, 100, 60, 2, 0));
        assertThat(books.others()).isEqualTo(new StoreView.Book("all others", 0, 7, 700, 420, 14, 3000));
    }

    @Test
    @Tag("B57")
    void shouldKeepThoseWhoseJobsAreOutAndThoseUsedLast() {
        books.began("db", "busy", 2);
        for (String name : new String[] {"a", "b", "a", "c"}) {
            books.began("db", name, 2);
            books.ended("db", name, 2);
        }
        assertThat(books.views()).extracting(StoreView.Book::name).containsExactly("db/c", "db/busy");
        assertThat(books.others()).as("those did nothing").isNull();
        books.began("db", "x", 1);
        books.began("db", "y", 1);
        assertThat(books.views()).extracting(StoreView.Book::name).containsExactly("db/y", "db/x", "db/busy");
        books.ended("db", "busy", 1);
        books.ended("db", "y", 1);
        assertThat(books.views()).extracting(StoreView.Book::name).containsExactly("db/x");
    }
}
