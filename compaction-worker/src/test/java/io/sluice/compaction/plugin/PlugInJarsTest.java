// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.plugin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.document.PlugIns;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlugInJarsTest {
    private static final String OPERATOR = """
            import io.sluice.store.base.MergeOperator;
            import java.util.List;
            public final class Operator implements MergeOperator {
                %s
                @Override
                public String name() {
                    return %s;
                }
                @Override
                public byte[] fullMerge(byte[] key, byte[] existing, List<byte[]> operands) {
                    return operands.get(0);
                }
            }
            """;

    @TempDir
    private Path directory;

    private final AtomicLong nanos = new AtomicLong(1);
    private PlugInJars source;

    @BeforeEach
    void open() throws IOException {
        source = PlugInJars.open(directory, PlugIns.BUILT_IN, nanos::get);
    }

    @AfterEach
    void close() {
        source.close();
    }

    private Path tenant(String name) throws IOException {
        return Files.createDirectories(directory.resolve(name));
    }

    private static String merged(PlugInSource.Lease lease) {
        MergeOperator operator =
                Objects.requireNonNull(lease.plugIns().mergeOperators().get(TestPlugIns.JOIN));
        byte[] merged = operator.fullMerge(new byte[0], null, List.of("x".getBytes(UTF_8)));
        return new String(Objects.requireNonNull(merged), UTF_8);
    }

    private static KeyComparator order(PlugInSource.Lease lease) {
        return Objects.requireNonNull(lease.plugIns().comparators().get(TestPlugIns.ORDER));
    }

    @Test
    void shouldGiveEachStoreItsOwnClassesOfTheSameName() throws Exception {
        TestPlugIns.jar("a").write(tenant("a").resolve("p.jar"));
        TestPlugIns.jar("b").write(tenant("b").resolve("p.jar"));
        try (PlugInSource.Lease a = source.lease("a");
                PlugInSource.Lease b = source.lease("b");
                PlugInSource.Lease c = source.lease("c")) {
            assertThat(merged(a)).isEqualTo("ax");
            assertThat(merged(b)).isEqualTo("bx");
            assertThat(a.plugIns().comparators())
                    .containsKey(TestPlugIns.ORDER)
                    .containsKey("leveldb.BytewiseComparator");
            assertThat(a.plugIns().filterFactories()).containsKey(TestPlugIns.MARKS);
            assertThat(c.plugIns()).as("of a store without jars").isEqualTo(PlugIns.BUILT_IN);
        }
    }

    @Test
    void shouldHideTheWorkersInsideAndLetAJarBringItsOwnLibraries() throws Exception {
        new PlugInJar()
                .service(MergeOperator.class, "plugins.Operator", OPERATOR.formatted("""
                        static boolean sees(String name) {
                            try {
                                Operator.class.getClassLoader().loadClass(name);
                                return true;
                            } catch (ClassNotFoundException e) {
                                return false;
                            }
                        }
                        """, """
                        sees("io.sluice.compaction.worker.CompactionWorker")
                                + "," + sees("org.eclipse.jetty.server.Server")
                                + "," + sees("com.fasterxml.jackson.databind.ObjectMapper")
                                + "," + com.google.common.Library.WHOSE
                                + "," + sees("java.sql.Driver")
                                + "," + sees("org.slf4j.Logger")"""))
                .source(
                        "com.google.common.Library",
                        "public class Library { public static final String WHOSE = \"mine\"; }")
                // a copy of what it is written against, as in a jar with all its dependencies, changes nothing
                .source("org.agrona.DirectBuffer", "public class DirectBuffer {}")
                .write(tenant("a").resolve("p.jar"));
        try (PlugInSource.Lease lease = source.lease("a")) {
            assertThat(lease.plugIns().mergeOperators()).containsOnlyKeys("false,false,false,mine,true,true");
        }
    }

    @Test
    void shouldLoadAnewWhatWasChangedAndLetThoseFinishWhoHaveTheOld() throws Exception {
        Path jar = tenant("a").resolve("p.jar");
        TestPlugIns.jar("old").write(jar);
        try (PlugInSource.Lease old = source.lease("a")) {
            KeyComparator order = order(old);
            TestPlugIns.jar("new!").write(jar);
            try (PlugInSource.Lease changed = source.lease("a")) {
                assertThat(merged(changed)).isEqualTo("new!x");
                assertThat(order(changed)).isNotSameAs(order);
            }
            assertThat(merged(old)).isEqualTo("oldx");
        }
        Files.delete(jar);
        try (PlugInSource.Lease none = source.lease("a")) {
            assertThat(none.plugIns()).isEqualTo(PlugIns.BUILT_IN);
        }
    }

    @Test
    void shouldUnloadWhatNobodyUses() throws Exception {
        TestPlugIns.jar("a").write(tenant("a").resolve("p.jar"));
        WeakReference<KeyComparator> used = use();
        nanos.addAndGet(Duration.ofMinutes(9).toNanos());
        source.unloadUnused();
        assertThat(use().refersTo(used.get()))
                .as("kept from one job to the next")
                .isTrue();
        nanos.addAndGet(Duration.ofMinutes(10).toNanos());
        source.unloadUnused();
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            System.gc();
            return used.refersTo(null);
        });
    }

    private WeakReference<KeyComparator> use() throws StoreException {
        try (PlugInSource.Lease lease = source.lease("a")) {
            nanos.addAndGet(Duration.ofHours(1).toNanos());
            source.unloadUnused();
            assertThat(merged(lease)).as("while it is in use").isEqualTo("ax");
            return new WeakReference<>(order(lease));
        }
    }

    @Test
    void shouldSayOfABrokenJarWhatIsWrongAndHarmNoOtherStore() throws Exception {
        TestPlugIns.jar("a").write(tenant("good").resolve("p.jar"));
        Files.write(tenant("torn").resolve("p.jar"), new byte[1000]);
        new PlugInJar()
                .service(MergeOperator.class, "plugins.Nowhere")
                .write(tenant("absent").resolve("p.jar"));
        operator("throws", "{ if (true) throw new IllegalStateException(\"no licence\"); }", "\"x\"");
        operator("static", "static int x = Integer.parseInt(\"one\");", "\"x\"");
        operator("deep", "int x = deeper(0); int deeper(int n) { return deeper(n + 1) + 1; }", "\"x\"");
        operator("greedy", "{ if (true) throw new OutOfMemoryError(\"mine\"); }", "\"x\"");
        operator("needs", "Object x = new org.eclipse.jetty.server.Server();", "\"x\"");
        operator("built-in", "", "\"uint64add\"");
        operator("nameless", "", "null");
        new PlugInJar()
                .service(KeyComparator.class, "plugins.Operator", OPERATOR.formatted("", "\"x\""))
                .write(tenant("no-comparator").resolve("p.jar"));
        TestPlugIns.jar("a").write(tenant("twice").resolve("p.jar"));
        new PlugInJar()
                .service(
                        MergeOperator.class, "plugins.Operator", OPERATOR.formatted("", "\"" + TestPlugIns.JOIN + "\""))
                .write(tenant("twice").resolve("q.jar"));
        assertFails("torn", "jar", "p.jar");
        assertFails("absent", "load", "plugins.Nowhere");
        assertFails("throws", "load", "no licence");
        assertFails("static", "load", "\"one\"");
        assertFails("deep", "load", "StackOverflowError");
        assertFails("greedy", "load", "mine");
        assertFails("needs", "load", "org/eclipse/jetty/server/Server");
        assertFails("built-in", "name", "uint64add");
        assertFails("nameless", "name", "plugins.Operator");
        assertFails("no-comparator", "load", "not a subtype");
        assertFails("twice", "name", TestPlugIns.JOIN);
        try (PlugInSource.Lease lease = source.lease("good")) {
            assertThat(merged(lease)).isEqualTo("ax");
        }
        for (String name : List.of("..", ".", "a/../../x", "", "/etc")) {
            assertThatThrownBy(() -> source.lease(name))
                    .as(name)
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("[compaction.plug-in.name]");
        }
    }

    private void operator(String tenant, String members, String name) throws IOException {
        new PlugInJar()
                .service(MergeOperator.class, "plugins.Operator", OPERATOR.formatted(members, name))
                .write(tenant(tenant).resolve("p.jar"));
    }

    private void assertFails(String tenant, String code, String message) {
        assertThatThrownBy(() -> source.lease(tenant))
                .as(tenant)
                .isInstanceOf(StoreException.class)
                .hasMessageContainingAll(tenant, message, "[compaction.plug-in." + code + "]");
    }
}
