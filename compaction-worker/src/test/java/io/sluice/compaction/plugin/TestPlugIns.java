// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.plugin;

import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperator;

/** Plug-ins as a store's user may have written them; classes of one name that do something else in each store's jar. */
public final class TestPlugIns {
    /** The name of the comparator. */
    public static final String ORDER = "test.Order";
    /** The id of the merge operator. */
    public static final String JOIN = "test.Join";
    /** The name of the filter factory. */
    public static final String MARKS = "test.Marks";

    private static final String ORDER_SOURCE = """
            import io.sluice.store.base.KeyComparator;
            import org.agrona.DirectBuffer;
            /** The greatest key first. */
            public final class Order implements KeyComparator {
                @Override
                public String name() {
                    return "test.Order";
                }
                @Override
                public int compare(DirectBuffer a, DirectBuffer b) {
                    return compare(a, 0, a.capacity(), b, 0, b.capacity());
                }
                @Override
                public int compare(DirectBuffer a, int aAt, int aLength, DirectBuffer b, int bAt, int bLength) {
                    for (int i = 0; i < Math.min(aLength, bLength); i++) {
                        int difference = (b.getByte(bAt + i) & 0xff) - (a.getByte(aAt + i) & 0xff);
                        if (difference != 0) {
                            return difference;
                        }
                    }
                    return bLength - aLength;
                }
            }
            """;

    private static final String JOIN_SOURCE = """
            import io.sluice.store.base.MergeOperator;
            import java.util.List;
            public final class Join implements MergeOperator {
                @Override
                public String name() {
                    return "test.Join";
                }
                @Override
                public byte[] fullMerge(byte[] key, byte[] existing, List<byte[]> operands) {
                    StringBuilder text = new StringBuilder(existing == null ? "" : new String(existing));
                    operands.forEach(operand -> text.append(Mark.TEXT).append(new String(operand)));
                    return text.toString().getBytes();
                }
            }
            """;

    /**
     * A filter that appends the mark and the state to values of keys that end in 7, and reports them; on the store's side
     * a text is put into it, and what it was told is got out.
     */
    private static final String MARKS_SOURCE = """
            import io.sluice.store.base.CompactionFilter;
            import io.sluice.store.base.StatefulCompactionFilterFactory;
            import java.util.function.Consumer;
            import java.util.function.Supplier;
            import org.agrona.DirectBuffer;
            public final class Marks implements StatefulCompactionFilterFactory, Consumer<String>, Supplier<String> {
                private String given = "none";
                private final StringBuilder told = new StringBuilder();
                @Override
                public String name() {
                    return "test.Marks";
                }
                @Override
                public synchronized void accept(String text) {
                    given = text;
                }
                @Override
                public synchronized String get() {
                    return told.toString();
                }
                @Override
                public synchronized byte[] state() {
                    return given.getBytes();
                }
                @Override
                public synchronized void accept(byte[] report) {
                    told.append(new String(report));
                }
                @Override
                public CompactionFilter create() {
                    throw new IllegalStateException("it is made of a state");
                }
                @Override
                public CompactionFilter create(byte[] state) {
                    String text = new String(state);
                    StringBuilder found = new StringBuilder();
                    return new CompactionFilter() {
                        @Override
                        public String name() {
                            return "test.Mark";
                        }
                        @Override
                        public Decision filter(int level, Kind kind, DirectBuffer key, DirectBuffer value) {
                            Mark.look(key);
                            if (key.getByte(key.capacity() - 1) != '7') {
                                return Decision.KEEP;
                            }
                            found.append(key.getStringWithoutLengthUtf8(0, key.capacity())).append(' ');
                            String changed = value.getStringWithoutLengthUtf8(0, value.capacity()) + Mark.TEXT + text;
                            return Decision.changeValue(changed.getBytes());
                        }
                        @Override
                        public byte[] takeReport() {
                            byte[] report = found.toString().getBytes();
                            found.setLength(0);
                            return report;
                        }
                    };
                }
            }
            """;

    private TestPlugIns() {}

    /** A jar of them that do as {@code text} says. */
    public static PlugInJar jar(String text) {
        return jar(text, "");
    }

    /** The same, with statements for each {@code key} that the filter sees. */
    public static PlugInJar jar(String text, String statements) {
        return new PlugInJar()
                .service(KeyComparator.class, "plugins.Order", ORDER_SOURCE)
                .service(MergeOperator.class, "plugins.Join", JOIN_SOURCE)
                .service(CompactionFilterFactory.class, "plugins.Marks", MARKS_SOURCE)
                .source("plugins.Mark", """
                        final class Mark {
                            static final String TEXT = new String("%s");
                            static void look(org.agrona.DirectBuffer key) {
                                String name = key.getStringWithoutLengthUtf8(0, key.capacity());
                                %s
                            }
                        }
                        """.formatted(text, statements));
    }
}
