// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.compaction.document.Progress.State;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.Compaction;
import io.sluice.store.compaction.CompactionCounts;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionProgress;
import io.sluice.store.compaction.CompactionResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentsTest {
    private static final Path GOLDEN = Path.of("src/test/resources/io/sluice/compaction/document/documents-v1.txt");

    private static String json(Document document) throws IOException {
        return new String(Documents.write(document), UTF_8);
    }

    private static <T extends Document> T again(T document, Class<T> type) throws IOException {
        return Documents.read(Documents.write(document), type);
    }

    private static void assertRefused(String json, String code, String... told) {
        assertThatThrownBy(() -> Documents.read(json.getBytes(UTF_8), JobDocument.class))
                .isInstanceOfSatisfying(StoreException.class, e -> {
                    assertThat(e.code()).as(e.getMessage()).isEqualTo(code);
                    for (String part : told) {
                        assertThat(e).hasMessageContaining(part);
                    }
                });
    }

    @Test
    void shouldTakeAnyBytesForUtf8() {
        byte[] looksLikeUtf32 = "%\0\0\0rsion\":1}".getBytes(UTF_8);
        assertThatThrownBy(() -> Documents.read(looksLikeUtf32, JobDocument.class))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("compaction.document.malformed"));
    }

    @Test
    @Tag("B25")
    void shouldCarryAllOfAJob() throws IOException {
        CompactionJob job = Samples.job();
        JobDocument read = again(Samples.jobDocument(), JobDocument.class);
        assertThat(read).isEqualTo(Samples.jobDocument());
        assertThat(read.compactionJob(Samples.PLUG_INS))
                .usingRecursiveComparison()
                .usingOverriddenEquals()
                .ignoringOverriddenEqualsForTypes(Compaction.class) // which is equal only to itself
                .isEqualTo(job);
        assertThat(read.progress()).isEqualTo(new CompactionProgress(Samples.ranges(), Samples.segments()));
        assertThat(read.hoster()).isEqualTo(Samples.HOSTER);
        assertThat(read.attempt()).isEqualTo(2);
        assertThat(read.timeoutMs()).isEqualTo(60_000);
        assertThat(read.codeVersion()).isEqualTo(CodeVersions.current()).matches("[0-9]+\\.[0-9]+\\..*");
    }

    @Test
    @Tag("B25")
    void shouldCarryAllOfAResult() throws IOException {
        CompactionResult result = Samples.result();
        assertThat(again(ResultDocument.of(result), ResultDocument.class).compactionResult())
                .isEqualTo(result);
        Progress finished = Progress.of(
                "t-1",
                State.FINISHED,
                new CompactionCounts(1L << 40, 2, 3, 4),
                Samples.ranges(),
                1,
                Samples.segments(),
                null,
                ResultDocument.of(result));
        Progress read = again(finished, Progress.class);
        assertThat(read).isEqualTo(finished);
        assertThat(read.counts()).isEqualTo(new CompactionCounts(1L << 40, 2, 3, 4));
        assertThat(read.keyRanges()).isEqualTo(Samples.ranges());
        assertThat(read.seen()).isEqualTo(1);
        assertThat(read.segments().stream().map(s -> s.segment(JobName.of(Samples.ID))))
                .containsExactly(Samples.segments().get(1));
    }

    @Test
    void shouldCarryAnErrorAsItWasThrown() throws IOException {
        StoreException thrown = new StoreException(Kind.NO_SPACE, "storage.no-space", "no room for x.sst");
        ErrorDocument read = again(ErrorDocument.of(thrown), ErrorDocument.class);
        assertThat(read.retryable()).isTrue();
        assertThat(read.exception()).hasMessage(thrown.getMessage());
        assertThat(read.exception().kind()).isEqualTo(Kind.NO_SPACE);
        assertThat(read.exception().code()).isEqualTo("storage.no-space");
        assertThat(ErrorDocument.of(StoreException.corruption("sst.magic", "damaged"))
                        .retryable())
                .isFalse();
    }

    @Test
    void shouldCarryAnAnswerToASubmission() throws IOException {
        Submitted submitted = Submitted.of("abc_DEF-1", "w1", "http://10.0.0.7:8080");
        assertThat(again(submitted, Submitted.class)).isEqualTo(submitted);
    }

    /** To write them anew: -Dsluice.write.golden=true. */
    @Test
    void shouldWriteTheBytesThatVersionOneHas() throws IOException {
        Progress running = Progress.of(
                "t-1",
                State.RUNNING,
                new CompactionCounts(1, 2, 3, 1),
                Samples.ranges(),
                0,
                Samples.segments(),
                null,
                null);
        List<Document> documents = List.of(
                new JobDocument(
                        1,
                        "1.2.3",
                        Samples.HOSTER,
                        JobName.of(Samples.ID),
                        2,
                        60_000,
                        "hdfs://namenode:8020/sluice/db1",
                        "default",
                        Samples.jobDocument().compaction(),
                        Samples.jobDocument().snapshots(),
                        17,
                        Samples.jobDocument().options(),
                        Samples.jobDocument().filter(),
                        Samples.jobDocument().identity(),
                        Samples.jobDocument().ranges(),
                        Samples.jobDocument().segments()),
                new Submitted(1, "1.2.3", "t-1", "w1", "http://10.0.0.7:8080"),
                running,
                new ResultDocument(
                        1,
                        "1.2.3",
                        JobName.of(Samples.ID),
                        2,
                        ResultDocument.of(Samples.result()).outputs(),
                        1L << 34,
                        List.of(Slice.utf8("found")),
                        "w2",
                        Samples.result().statistics()),
                new ErrorDocument(1, Kind.BUSY, "compaction.worker.busy", "the queue is full", true));
        StringBuilder written = new StringBuilder();
        for (Document document : documents) {
            written.append(json(document)).append('\n');
        }
        if (Boolean.getBoolean("sluice.write.golden")) {
            Files.writeString(GOLDEN, written.toString());
        }
        assertThat(written.toString()).isEqualTo(Files.readString(GOLDEN));
    }

    @Test
    @Tag("B20")
    void shouldRefuseAnotherVersionAsSuchWhateverElseIsInIt() {
        for (String newer : List.of(
                "{\"version\":2}", "{\"new\":{\"a\":[1,{}]},\"version\":7,\"attempt\":\"x\"}", "{\"version\":0}")) {
            assertThatThrownBy(() -> Documents.read(newer.getBytes(UTF_8), JobDocument.class))
                    .isInstanceOfSatisfying(StoreException.class, e -> {
                        assertThat(e.kind()).isEqualTo(Kind.NOT_SUPPORTED);
                        assertThat(e.code()).isEqualTo("compaction.document.version");
                    });
        }
    }

    @ParameterizedTest
    @CsvSource({
        "SAME, 0, false", "SAME, 1, false", "SAME, 2, true",
        "COMPATIBLE, 0, false", "COMPATIBLE, 1, true", "COMPATIBLE, 2, true",
        "ANY, 0, true", "ANY, 1, true", "ANY, 2, true"
    })
    @Tag("B20")
    void shouldTakeReleasesByPolicy(CodeVersions policy, int nearness, boolean fits) throws StoreException {
        String here = CodeVersions.current();
        String line = here.substring(0, here.indexOf('.', here.indexOf('.') + 1));
        String other = List.of("99.1.0", line + ".99", here).get(nearness);
        if (fits) {
            policy.check("worker w1", other);
        } else {
            assertThatThrownBy(() -> policy.check("worker w1", other))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContainingAll("worker w1", other, here, "[compaction.document.code-version]");
        }
    }

    @Test
    void shouldRefuseAKeyThatIsUnknownMissingOrThereTwice() throws IOException {
        String job = json(Samples.jobDocument());
        assertRefused(
                job.replace("\"output_level\":1,", "\"output_level\":1,\"output_Level\":1,"),
                "compaction.document.unknown-key",
                "$.compaction.output_Level",
                "output_level");
        assertRefused(
                job.replace("\"output_level\":1,", ""), "compaction.document.value", "$.compaction", "output_level");
        assertRefused(job.replace("\"attempt\":2,", ""), "compaction.document.value", "attempt");
        assertRefused(
                job.replace("\"attempt\":2,\"timeout_ms\"", "\"attempt\":2,\"attempt\":3,\"timeout_ms\""),
                "compaction.document.malformed",
                "uplicate");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"output_level\":1 | \"output_level\":\"1\" | $.compaction.output_level",
                "\"output_level\":1 | \"output_level\":1.0 | $.compaction.output_level",
                "\"output_level\":1 | \"output_level\":-1 | output_level=-1",
                "\"output_level\":1 | \"output_level\":null | $.compaction.output_level",
                "\"bottommost\":false | \"bottommost\":\"false\" | $.compaction.bottommost",
                "\"bottommost\":false | \"bottommost\":0 | $.compaction.bottommost",
                "\"timeout_ms\":\"60000\" | \"timeout_ms\":60000 | $.timeout_ms",
                "\"timeout_ms\":\"60000\" | \"timeout_ms\":\"060000\" | $.timeout_ms",
                "\"timeout_ms\":\"60000\" | \"timeout_ms\":\"0\" | timeout_ms=0",
                "\"timeout_ms\":\"60000\" | \"timeout_ms\":\"9223372036854775808\" | $.timeout_ms",
                "\"snapshots\":[\"5\", | \"snapshots\":[\"5\",\"5\", | snapshots=5",
                "\"snapshots\":[\"5\", | \"snapshots\":[null, | $.snapshots[0]",
                "\"LEVEL_L0_FILES_NUM\" | 0 | $.compaction.reason",
                "\"LEVEL_L0_FILES_NUM\" | \"level_l0_files_num\" | $.compaction.reason",
                "\"score\":1.25 | \"score\":\"NaN\" | score=NaN",
                "\"state\":\"AQL/\" | \"state\":\"AQL-\" | $.filter.state",
                "\"instance_name\":\"db1\" | \"instance_name\":\"..\" | $.hoster",
                "\"instance_name\":\"db1\" | \"instance_name\":\"a/b\" | $.hoster",
                "\"kZSTD\" | \"kLZ99\" | $.options",
                "\"format_version\":5 | \"format_version\":99 | $.options",
                "bloomfilter:9.5:false | bloomfilter:1e9:false | $.options",
                "\"job\":{ | \"job\":[{ | $.job",
                "\"attempt\":1, | \"attempt\":2, | attempt 2",
            })
    void shouldRefuseAWrongValueNamingItsPath(String right, String wrong, String told) throws IOException {
        String job = json(Samples.jobDocument());
        assertThat(job).contains(right);
        assertRefused(job.replace(right, wrong), "compaction.document.value", told);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "[]", "7", "{", "{\"version\":1", "<html>", "{version:1}", "\u0000"})
    void shouldRefuseWhatIsNoDocument(String text) {
        assertRefused(text, "compaction.document.malformed");
    }

    @Test
    void shouldRefuseWhatFollowsADocument() throws IOException {
        String job = json(Samples.jobDocument());
        assertRefused(job + "{}", "compaction.document.value");
        assertThat(Documents.read((job + " \n").getBytes(UTF_8), JobDocument.class))
                .isNotNull();
    }

    @Test
    void shouldBoundWhatADocumentTakes() throws IOException {
        assertThatThrownBy(() -> Documents.read(new byte[Documents.MAX_LENGTH + 1], JobDocument.class))
                .hasMessageContaining("[compaction.document.too-large]");
        String job = json(Samples.jobDocument());
        assertRefused(
                job.replace("\"snapshots\":[\"5\"", "\"snapshots\":" + "[".repeat(100)),
                "compaction.document.value"); // refused at the first: a list is no number
        assertRefused("{\"x\":" + "[".repeat(1000), "compaction.document.too-large");
        assertRefused("{\"" + "x".repeat(1000) + "\":1}", "compaction.document.too-large");
        StringBuilder many = new StringBuilder("{\"snapshots\":[\"0\"");
        for (int i = 1; i < 2_100_000; i++) {
            many.append(",\"").append(i).append('"');
        }
        assertRefused(many.append("]}").toString(), "compaction.document.too-large");
    }

    @Test
    void shouldShowNoControlCharactersOfOthers() {
        assertThatThrownBy(
                        () -> Documents.read("{\"version\":1,\"a\\u001b[31m\\n\":1}".getBytes(UTF_8), Submitted.class))
                .hasMessageMatching("\\P{Cntrl}*");
    }

    @Test
    void shouldRefuseAPlugInThatIsNotHere() throws IOException {
        JobDocument job = Samples.jobDocument();
        assertThatThrownBy(() -> job.compactionJob(PlugIns.BUILT_IN))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_SUPPORTED))
                .hasMessageContainingAll("KeepAll", "[compaction.document.plug-in]");
        for (String name :
                List.of("leveldb.BytewiseComparator", "StringAppendOperator;delimiter=7c", "rocksdb.CappedPrefix.4")) {
            String text = json(job);
            assertThat(text).contains(name);
            JobDocument other = Documents.read(text.replace(name, "x.Y").getBytes(UTF_8), JobDocument.class);
            assertThatThrownBy(() -> other.compactionJob(Samples.PLUG_INS))
                    .hasMessageContainingAll("x.Y", "[compaction.document.plug-in]");
        }
        JobDocument stateless =
                Documents.read(json(job).replace(",\"state\":\"AQL/\"", "").getBytes(UTF_8), JobDocument.class);
        assertThatThrownBy(() -> stateless.compactionJob(Samples.PLUG_INS))
                .hasMessageContaining("[compaction.document.plug-in]");
    }
}
