// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.compaction.web.StoreView;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What workers did for each column family of each store: for at most {@code max_book_dbcf} of them, and for all others
 * together. Those that have no job out are given up first, the one that was used longest ago before others. Safe for
 * concurrent use.
 */
final class Books {
    private final LongSupplier nanoClock;

    /** The one used last is at the end. */
    @GuardedBy("this")
    private final Map<String, Book> books = new LinkedHashMap<>(16, 0.75f, true);

    @GuardedBy("this")
    private final Book others = new Book();

    /** For one column family, or several. */
    private static final class Book {
        int live;
        long finished;
        long inputBytes;
        long outputBytes;
        long workNanos;
        long usedNanos;

        StoreView.Book view(String name, long now) {
            return new StoreView.Book(
                    name,
                    live,
                    finished,
                    inputBytes,
                    outputBytes,
                    TimeUnit.NANOSECONDS.toMillis(workNanos),
                    TimeUnit.NANOSECONDS.toMillis(now - usedNanos));
        }
    }

    Books(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /** A job of that column family is out now. */
    synchronized void began(String store, String columnFamily, int max) {
        book(store, columnFamily).live++;
        bound(max);
    }

    /** It is not any more, however it ended. */
    synchronized void ended(String store, String columnFamily, int max) {
        book(store, columnFamily).live--;
        bound(max);
    }

    /** A worker's result for that column family was installed. */
    synchronized void finished(
            String store, String columnFamily, long inputBytes, long outputBytes, long nanos, int max) {
        Book book = book(store, columnFamily);
        book.finished++;
        book.inputBytes += inputBytes;
        book.outputBytes += outputBytes;
        book.workNanos += nanos;
        bound(max);
    }

    @GuardedBy("this")
    private Book book(String store, String columnFamily) {
        Book book = books.computeIfAbsent(store + "/" + columnFamily, name -> new Book());
        book.usedNanos = nanoClock.getAsLong();
        return book;
    }

    @GuardedBy("this")
    private void bound(int max) {
        Iterator<Book> oldestFirst = books.values().iterator();
        while (books.size() > max && oldestFirst.hasNext()) {
            Book book = oldestFirst.next();
            if (book.live == 0) {
                others.finished += book.finished;
                others.inputBytes += book.inputBytes;
                others.outputBytes += book.outputBytes;
                others.workNanos += book.workNanos;
                others.usedNanos = book.usedNanos;
                oldestFirst.remove();
            }
        }
    }

    /** The books, the one used last first. */
    synchronized List<StoreView.Book> views() {
        long now = nanoClock.getAsLong();
        List<StoreView.Book> views = new ArrayList<>();
        books.forEach((name, book) -> views.add(0, book.view(name, now)));
        return views;
    }

    /** All others together, or null where there are none. */
    synchronized StoreView.@Nullable Book others() {
        return others.finished == 0 ? null : others.view("all others", nanoClock.getAsLong());
    }
}
