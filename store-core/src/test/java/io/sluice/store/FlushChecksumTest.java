// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushInfo;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A flush's SST on a storage that keeps a CRC32C of its own of each whole file, as HDFS does. */
@Tag("A18")
class FlushChecksumTest {
    private static final int KEYS = 1000;
    private static final int VALUE = 1000;

    private final List<StoreException> failures = new CopyOnWriteArrayList<>();
    private final List<FlushInfo> completed = new CopyOnWriteArrayList<>();
    private final MemoryStorage memory = new MemoryStorage("checksum");
    /** SSTs of attempts whose CRC was asked for, and bytes of them that were read. */
    private final AtomicInteger asked = new AtomicInteger();

    private final AtomicLong read = new AtomicLong();
    /** The first so many files that are asked for hold other bytes than were written, by the storage's own account. */
    private int damaged;

    private Storage storage() {
        return wrap(Storage.class, memory, (method, arguments) -> {
            boolean attempt = arguments.length > 0 && arguments[0].toString().contains("attempt-");
            if (method.getName().equals("crc32c")) {
                long lie = attempt && asked.getAndIncrement() < damaged ? 1 : 0;
                return OptionalLong.of(crc(arguments[0].toString()) ^ lie);
            }
            Object result = method.invoke(memory, arguments);
            return attempt && result instanceof ReadableFile file ? counting(file) : result;
        });
    }

    private ReadableFile counting(ReadableFile file) {
        return wrap(ReadableFile.class, file, (method, arguments) -> {
            if (method.getName().equals("read")) {
                read.addAndGet((Integer) arguments[3]);
            }
            return method.invoke(file, arguments);
        });
    }

    private interface Around {
        Object call(Method method, Object[] arguments) throws Exception;
    }

    private static <T> T wrap(Class<T> type, T target, Around around) {
        InvocationHandler handler = (proxy, method, arguments) -> {
            try {
                return around.call(method, arguments == null ? new Object[0] : arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        };
        return type.cast(Proxy.newProxyInstance(target.getClass().getClassLoader(), new Class<?>[] {type}, handler));
    }

    private long crc(String name) throws IOException {
        try (ReadableFile file = memory.open(name)) {
            byte[] bytes = new byte[Math.toIntExact(file.length())];
            file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
            CRC32C crc = new CRC32C();
            crc.update(bytes);
            return crc.getValue();
        }
    }

    /** Flushes and reads back values that don't compress, with a remote executor that tells {@code result}. */
    private void flush(UnaryOperator<FlushResult> result, boolean paranoid) throws Exception {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .maxBgErrorResumeCount(2)
                .bgErrorResumeRetryInterval(Duration.ofMillis(1))
                .remoteFlushExecutor(new GatedFlushExecutor(true, result))
                .listener(new EventListener() {
                    @Override
                    public void onFlushCompleted(FlushInfo info) {
                        completed.add(info);
                    }

                    @Override
                    public void onFlushFailed(FlushInfo info, StoreException cause) {
                        failures.add(cause);
                    }
                })
                .build();
        ColumnFamilyOptions family =
                ColumnFamilyOptions.builder().paranoidFileChecks(paranoid).build();
        Random random = new Random(18);
        byte[][] values = new byte[KEYS][VALUE];
        try (Store store = Store.open(options, storage(), List.of(new ColumnFamilyDescriptor("default", family)))) {
            for (int i = 0; i < KEYS; i++) {
                random.nextBytes(values[i]);
                store.put(("key" + i).getBytes(UTF_8), values[i]);
            }
            store.flush(FlushOptions.DEFAULT);
            await().untilAsserted(() -> assertThat(completed).hasSize(1));
            for (int i = 0; i < KEYS; i++) {
                assertThat(store.get(("key" + i).getBytes(UTF_8))).isEqualTo(values[i]);
            }
        }
    }

    @Test
    void shouldRefuseAFileWhoseStorageHasAnotherCrcAndFlushAgain() throws Exception {
        damaged = 1;
        flush(UnaryOperator.identity(), false);
        assertThat(failures).singleElement().satisfies(failure -> {
            assertThat(failure.kind()).isEqualTo(StoreException.Kind.CORRUPTION);
            assertThat(failure.code()).isEqualTo("flush.verify");
            assertThat(failure).hasMessageContaining("storage's CRC32C").hasMessageContaining(".sst");
        });
        assertThat(asked).as("the second file was compared, too").hasValue(2);
    }

    @Test
    void shouldRefuseAFileWhoseMakerTellsAnotherCrcThanTheStorage() throws Exception {
        flush(
                r -> new FlushResult(
                        r.id(),
                        r.attempt(),
                        r.path(),
                        r.file(),
                        r.crc32c() ^ 1,
                        r.inputEntries(),
                        r.outputEntries(),
                        r.properties(),
                        r.builder(),
                        r.statistics()),
                false);
        assertThat(failures).singleElement().satisfies(failure -> {
            assertThat(failure.code()).isEqualTo("flush.verify");
            assertThat(failure).hasMessageContaining("storage's CRC32C");
        });
    }

    @Test
    void shouldReadNothingBackWhereTheStorageHasTheCrcUnlessAskedTo() throws Exception {
        flush(UnaryOperator.identity(), false);
        assertThat(failures).isEmpty();
        assertThat(asked).hasValue(1);
        assertThat(read.get())
                .as("footer, index, properties, and the blocks with the first and last key")
                .isBetween(1L, KEYS * VALUE / 10L);
    }

    @Test
    void shouldReadItAllBackWhereThatIsAskedFor() throws Exception {
        flush(UnaryOperator.identity(), true);
        assertThat(failures).isEmpty();
        assertThat(asked).hasValue(1);
        assertThat(read.get()).isGreaterThan((long) KEYS * VALUE);
    }
}
