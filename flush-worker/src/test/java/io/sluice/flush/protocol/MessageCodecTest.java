// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.Comparators;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.ReverseBytewiseComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.flush.JobId;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.memtable.SealedLayout;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.sst.TableOptions;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MessageCodecTest {
    private static final Map<String, KeyComparator> COMPARATORS =
            Map.of(BytewiseComparator.INSTANCE.name(), BytewiseComparator.INSTANCE);
    private static final AttemptToken TOKEN = new AttemptToken(0x1122334455667788L, -5);
    private static final JobId ID = new JobId("a-database", 7, 3, 41);

    static FlushResult result() {
        Slice smallest = Slice.utf8("aaaa12345678");
        Slice largest = Slice.utf8("zzzz12345678");
        FileMetadata file = new FileMetadata(12, 34567, smallest, largest, 5, 900, 4, 1700000000, 1700000001);
        return new FlushResult(
                ID,
                2,
                "owner-7/job-3-41/attempt-2/000012.sst",
                file,
                0xcafebabeL,
                1000,
                990,
                Map.of("rocksdb.num.entries", "990"),
                "w1",
                Map.of("build_ns", 123456789L));
    }

    static FlushTask task() {
        SealedLayout layout = new SealedLayout(
                2,
                65536,
                List.of(65536, 1024),
                List.of(17, -18),
                new SealedLayout.EntryList(8, 100, 60000),
                new SealedLayout.EntryList(16, 2, 12),
                5,
                900);
        TableOptions options = TableOptions.DEFAULT
                .withCompression(CompressionType.ZSTD, 3)
                .withFilterBitsPerKey(9.9)
                .withBlockSize(8192);
        TableIdentity identity = new TableIdentity(
                3, "family", "a-database", "ABCDEFGHIJKLMNOPQRST", "", "", 12, 1700000000, 1700000000, 1700000002);
        return new FlushTask(
                TOKEN,
                ID,
                2,
                List.of(layout, layout),
                List.of(10L, 20L),
                12,
                4,
                options,
                identity,
                "file:///store",
                "owner-7/job-3-41/attempt-2",
                "127.0.0.1:7000");
    }

    static Stream<FlushMessage> messages() {
        Slice bytes = Slice.utf8("some bytes");
        return Stream.of(
                new FlushMessage.RegisterGenerator("a-database", 7, -9),
                new FlushMessage.RegisterWorker("w1", 4),
                new FlushMessage.Registered("m1", 1L << 40, 1L << 39, 1 << 30),
                new FlushMessage.Heartbeat(5L << 30, 3, 2),
                new FlushMessage.HeartbeatAck(77, 2),
                new FlushMessage.Allocate(99, List.of(1, 65536, Integer.MAX_VALUE)),
                new FlushMessage.Granted(99, List.of(bytes, Slice.utf8(""))),
                new FlushMessage.Release(-1),
                new FlushMessage.Place(60000, 5L << 30, 1, List.of("w1", "wörker")),
                new FlushMessage.Placed(4, "w2"),
                new FlushMessage.SubmitJob(4, 60000, List.of(1L, 2L), bytes),
                new FlushMessage.JobAssigned(4, "w2"),
                new FlushMessage.AssignJob(4, 60000, List.of(bytes), bytes),
                new FlushMessage.JobFinished(4, true),
                new FlushMessage.WorkerStopping(),
                new FlushMessage.JobLost(4, "it died"),
                new FlushMessage.CancelJob(4),
                new FlushMessage.AttemptStarted(TOKEN, "w2"),
                new FlushMessage.AttemptResult(TOKEN, result()),
                new FlushMessage.AttemptResult(
                        TOKEN, new FlushResult(ID, 1, null, null, 0, 10, 0, Map.of(), "w1", Map.of())),
                new FlushMessage.AttemptFailed(TOKEN, StoreException.Kind.NO_SPACE, "a.code", "no room"),
                new FlushMessage.Ack(),
                new FlushMessage.Refusal(RefusalReason.BUSY, "later"),
                new FlushMessage.AddPeer("host:1"),
                new FlushMessage.RemoveWorker("w1"),
                new FlushMessage.Invite(65535),
                new FlushMessage.Invited("w1"));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void shouldReadBackEachMessage(FlushMessage message) throws Exception {
        assertThat(MessageDecoder.decode(MessageEncoder.encode(message))).isEqualTo(message);
    }

    @Test
    void shouldRefuseListsThatAreLongerThanAMessageCanSay() {
        List<Integer> most = Collections.nCopies(ProtocolLimits.MAX_BLOCKS, 1);
        List<Integer> tooMany = Collections.nCopies(ProtocolLimits.MAX_BLOCKS + 1, 1);
        assertThat(MessageEncoder.encode(new FlushMessage.Allocate(1, most)).capacity())
                .isGreaterThan(ProtocolLimits.MAX_BLOCKS);
        assertThatThrownBy(() -> MessageEncoder.encode(new FlushMessage.Allocate(1, tooMany)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("lengths: count=65535 is beyond 65534");
    }

    @Test
    void shouldCoverEveryMessage() {
        assertThat(messages().map(Object::getClass).distinct())
                .containsExactlyInAnyOrder(FlushMessage.class.getPermittedSubclasses());
    }

    @Test
    void shouldReadBackATask() throws Exception {
        assertThat(FlushTaskCodec.decode(FlushTaskCodec.encode(task()).buffer(), COMPARATORS))
                .isEqualTo(task());
    }

    @Test
    void shouldRefuseATaskWithAComparatorThatIsUnknownHere() {
        DirectBuffer bytes = FlushTaskCodec.encode(task()).buffer();
        assertThatThrownBy(() -> FlushTaskCodec.decode(bytes, Map.of()))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("flush.task.comparator"));
    }

    @Test
    void shouldRefuseATaskThatLeadsOutOfItsDirectory() {
        for (String directory : List.of("/etc", "a/../../b", "", "a//b", "..")) {
            FlushTask good = task();
            FlushTask bad = new FlushTask(
                    good.token(),
                    good.id(),
                    good.attempt(),
                    good.memtables(),
                    good.snapshots(),
                    good.fileNumber(),
                    good.epochNumber(),
                    good.tableOptions(),
                    good.identity(),
                    good.storageUri(),
                    directory,
                    good.callback());
            DirectBuffer bytes = FlushTaskCodec.encode(bad).buffer();
            assertThatThrownBy(() -> FlushTaskCodec.decode(bytes, COMPARATORS))
                    .as(directory)
                    .isInstanceOf(StoreException.class);
        }
    }

    @Test
    @Tag("A37")
    void shouldRefuseOtherSchemasVersionsAndTemplates() {
        UnsafeBuffer schema = copy(MessageEncoder.encode(new FlushMessage.Ack()));
        schema.putShort(4, (short) 1, ByteOrder.LITTLE_ENDIAN);
        assertThatThrownBy(() -> MessageDecoder.decode(schema))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("flush.protocol.version"));
        UnsafeBuffer version = copy(MessageEncoder.encode(new FlushMessage.Ack()));
        version.putShort(6, (short) 0, ByteOrder.LITTLE_ENDIAN);
        assertThatThrownBy(() -> MessageDecoder.decode(version))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("flush.protocol.version"));
        UnsafeBuffer template = copy(MessageEncoder.encode(new FlushMessage.Ack()));
        template.putShort(2, (short) 999, ByteOrder.LITTLE_ENDIAN);
        assertThatThrownBy(() -> MessageDecoder.decode(template))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("flush.protocol.malformed"));
    }

    @Test
    @Tag("A37")
    void shouldRefuseATaskOfAnotherSchemaOrVersion() {
        for (int field : new int[] {4, 6}) {
            UnsafeBuffer other = copy(FlushTaskCodec.encode(task()).buffer());
            other.putShort(field, (short) 0, ByteOrder.LITTLE_ENDIAN);
            assertThatThrownBy(() -> FlushTaskCodec.decode(other, COMPARATORS))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.code()).isEqualTo("flush.protocol.version"));
        }
    }

    @ParameterizedTest
    @MethodSource("messages")
    @Tag("A37")
    void shouldRefuseEveryTruncation(FlushMessage message) {
        DirectBuffer whole = MessageEncoder.encode(message);
        int needed = whole.capacity();
        for (int length = 0; length < needed; length++) {
            UnsafeBuffer cut = new UnsafeBuffer(whole, 0, length);
            assertThatThrownBy(() -> MessageDecoder.decode(cut))
                    .as("length %s of %s", length, needed)
                    .isInstanceOf(StoreException.class);
        }
    }

    @Test
    @Tag("A37")
    void shouldEndInANamedErrorWhateverTheBytes() {
        long seed = Objects.requireNonNull(Long.getLong("sluice.seed", 20261122L));
        Random random = new Random(seed);
        List<DirectBuffer> originals = messages().map(MessageEncoder::encode).toList();
        DirectBuffer originalTask = FlushTaskCodec.encode(task()).buffer();
        for (int i = 0; i < 60_000; i++) {
            boolean isTask = i % 4 == 0;
            UnsafeBuffer bytes = copy(isTask ? originalTask : originals.get(random.nextInt(originals.size())));
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                bytes.putByte(random.nextInt(bytes.capacity()), (byte) random.nextInt());
            }
            try {
                if (isTask) {
                    FlushTaskCodec.decode(bytes, COMPARATORS);
                } else {
                    MessageDecoder.decode(bytes);
                }
            } catch (StoreException expected) {
                assertThat(expected.code()).isNotEmpty();
            } catch (RuntimeException e) {
                throw new AssertionError("seed=" + seed + " round=" + i, e);
            }
        }
    }

    @Test
    void shouldKeepTheBytesOfVersionTwo() throws Exception {
        StringBuilder found = new StringBuilder();
        for (FlushMessage message : messages().toList()) {
            DirectBuffer bytes = MessageEncoder.encode(message);
            byte[] array = new byte[bytes.capacity()];
            bytes.getBytes(0, array);
            found.append(message.getClass().getSimpleName())
                    .append(' ')
                    .append(HexFormat.of().formatHex(array))
                    .append('\n');
        }
        found.append("FlushTask ")
                .append(HexFormat.of().formatHex(FlushTaskCodec.encode(task()).toByteArray()))
                .append('\n');
        String name = "messages-v2.txt";
        try (InputStream golden = MessageCodecTest.class.getResourceAsStream(name)) {
            assertThat(golden).as("golden file " + name).isNotNull();
            assertThat(found.toString())
                    .isEqualTo(new String(
                            Objects.requireNonNull(golden).readAllBytes(), java.nio.charset.StandardCharsets.UTF_8));
        } catch (AssertionError e) {
            java.nio.file.Files.writeString(java.nio.file.Path.of("target", name), found);
            throw e;
        }
    }

    /** Of before tasks named merge operator and prefix extractor. */
    @Test
    void shouldReadTheBytesOfVersionOne() throws Exception {
        List<FlushMessage> expected = messages().toList();
        int read = 0;
        try (InputStream golden =
                Objects.requireNonNull(MessageCodecTest.class.getResourceAsStream("messages-v1.txt"))) {
            String text = new String(golden.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            for (String line : text.lines().toList()) {
                int space = line.indexOf(' ');
                UnsafeBuffer bytes = new UnsafeBuffer(HexFormat.of().parseHex(line.substring(space + 1)));
                if (line.startsWith("FlushTask ")) {
                    assertThat(FlushTaskCodec.decode(bytes, COMPARATORS)).isEqualTo(task());
                } else {
                    assertThat(MessageDecoder.decode(bytes)).isEqualTo(expected.get(read++));
                }
            }
        }
        assertThat(read).isEqualTo(expected.size());
    }

    @Test
    @Tag("A17")
    void shouldCarryEveryTableOption() throws Exception {
        FlushTask good = task();
        for (TableOptions options : List.of(
                TableOptions.DEFAULT,
                TableOptions.DEFAULT
                        .withComparator(ReverseBytewiseComparator.INSTANCE)
                        .withPrefixes(PrefixExtractor.fixed(3), false)
                        .withMergeOperator(MergeOperators.stringAppend("; ")),
                new TableOptions(
                        BytewiseComparator.INSTANCE,
                        1234,
                        7,
                        3,
                        2,
                        5,
                        CompressionType.LZ4HC,
                        9,
                        15.5,
                        true,
                        MergeOperators.uint64Add(),
                        PrefixExtractor.capped(5)))) {
            FlushTask task = new FlushTask(
                    good.token(),
                    good.id(),
                    good.attempt(),
                    good.memtables(),
                    good.snapshots(),
                    good.fileNumber(),
                    good.epochNumber(),
                    options,
                    good.identity(),
                    good.storageUri(),
                    good.attemptDirectory(),
                    good.callback());
            FlushTask read = FlushTaskCodec.decode(FlushTaskCodec.encode(task).buffer(), Comparators.BUILT_IN);
            assertThat(read.tableOptions().withMergeOperator(null)).isEqualTo(options.withMergeOperator(null));
            assertThat(operatorId(read.tableOptions())).isEqualTo(operatorId(options));
        }
    }

    private static String operatorId(TableOptions options) {
        return options.mergeOperator() == null ? "" : options.mergeOperator().id();
    }

    @Test
    void shouldRefuseATaskWithAPrefixExtractorThatIsUnknownHere() {
        FlushTask good = task();
        byte[] bytes = FlushTaskCodec.encode(new FlushTask(
                        good.token(),
                        good.id(),
                        good.attempt(),
                        good.memtables(),
                        good.snapshots(),
                        good.fileNumber(),
                        good.epochNumber(),
                        good.tableOptions().withPrefixes(PrefixExtractor.noop(), true),
                        good.identity(),
                        good.storageUri(),
                        good.attemptDirectory(),
                        good.callback()))
                .toByteArray();
        bytes[bytes.length - 1]++;
        assertThatThrownBy(() -> FlushTaskCodec.decode(new UnsafeBuffer(bytes), COMPARATORS))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("flush.task.prefix-extractor"));
    }

    private static UnsafeBuffer copy(DirectBuffer source) {
        UnsafeBuffer copy = new UnsafeBuffer(new byte[source.capacity()]);
        copy.putBytes(0, source, 0, source.capacity());
        return copy;
    }
}
