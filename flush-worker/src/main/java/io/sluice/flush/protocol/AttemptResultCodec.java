// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.flush.protocol.FlushMessage.AttemptResult;
import io.sluice.flush.protocol.sbe.AttemptResultDecoder;
import io.sluice.flush.protocol.sbe.AttemptResultEncoder;
import io.sluice.flush.protocol.sbe.MessageHeaderDecoder;
import io.sluice.flush.protocol.sbe.MessageHeaderEncoder;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.flush.JobId;
import io.sluice.store.manifest.FileMetadata;
import java.util.LinkedHashMap;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/** The bytes of an {@link AttemptResult}: the one message with the makings of a manifest record. */
final class AttemptResultCodec {
    private static final int TWO_DATA_HEADERS = 8;
    private static final int DATA_HEADER_LENGTH = 4;

    private AttemptResultCodec() {}

    static int encode(AttemptResult message, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        FlushResult r = message.result();
        FileMetadata file = r.file();
        AttemptResultEncoder e = new AttemptResultEncoder()
                .wrapAndApplyHeader(buffer, 0, header)
                .tokenHigh(message.token().high())
                .tokenLow(message.token().low())
                .epoch(r.id().epoch())
                .columnFamily(r.id().columnFamily())
                .attempt(r.attempt())
                .memtable(r.id().memtable())
                .hasFile((short) (file == null ? 0 : 1))
                .number(file == null ? 0 : file.number())
                .size(file == null ? 0 : file.size())
                .smallestSequence(file == null ? 0 : file.smallestSequence())
                .largestSequence(file == null ? 0 : file.largestSequence())
                .epochNumber(file == null ? 0 : file.epochNumber())
                .oldestAncestorTime(file == null ? 0 : file.oldestAncestorTime())
                .fileCreationTime(file == null ? 0 : file.fileCreationTime())
                .crc32c(r.crc32c())
                .inputEntries(r.inputEntries())
                .outputEntries(r.outputEntries());
        AttemptResultEncoder.PropertiesEncoder properties =
                e.propertiesCount(r.properties().size());
        r.properties().forEach((name, value) -> properties.next().name(name).value(value));
        AttemptResultEncoder.StatisticsEncoder statistics =
                e.statisticsCount(r.statistics().size());
        r.statistics()
                .forEach((name, amount) -> statistics.next().amount(amount).statistic(name));
        e.database(r.id().database()).path(r.path() == null ? "" : r.path());
        putKey(e, file == null ? null : file.smallest(), true);
        putKey(e, file == null ? null : file.largest(), false);
        return e.builder(r.builder()).encodedLength();
    }

    private static void putKey(AttemptResultEncoder e, @Nullable Slice key, boolean smallest) {
        byte[] bytes = key == null ? new byte[0] : key.toByteArray();
        if (smallest) {
            e.putSmallest(bytes, 0, bytes.length);
        } else {
            e.putLargest(bytes, 0, bytes.length);
        }
    }

    static AttemptResult decode(DirectBuffer buffer, Checked checked, MessageHeaderDecoder header)
            throws StoreException {
        checked.block(header, AttemptResultDecoder.BLOCK_LENGTH);
        AttemptResultDecoder d = new AttemptResultDecoder().wrapAndApplyHeader(buffer, 0, header);
        Map<String, String> properties = properties(d, checked);
        Map<String, Long> statistics = statistics(d, checked);
        String database = checked.text(d.limit(), "database");
        d.skipDatabase();
        String path = checked.text(d.limit(), "path");
        d.skipPath();
        Slice smallest = checked.bytes(d.limit(), "smallest");
        d.skipSmallest();
        Slice largest = checked.bytes(d.limit(), "largest");
        d.skipLargest();
        String builder = checked.text(d.limit(), "builder");
        JobId id = new JobId(database, d.epoch(), d.columnFamily(), d.memtable());
        boolean hasFile = d.hasFile() != 0;
        if (hasFile && path.isEmpty()) {
            throw ProtocolError.malformed("a result with a file names no path");
        }
        FileMetadata file = hasFile
                ? new FileMetadata(
                        d.number(),
                        d.size(),
                        smallest,
                        largest,
                        d.smallestSequence(),
                        d.largestSequence(),
                        d.epochNumber(),
                        d.oldestAncestorTime(),
                        d.fileCreationTime())
                : null;
        FlushResult result = new FlushResult(
                id,
                d.attempt(),
                hasFile ? path : null,
                file,
                d.crc32c(),
                d.inputEntries(),
                d.outputEntries(),
                properties,
                builder,
                statistics);
        return new AttemptResult(new AttemptToken(d.tokenHigh(), d.tokenLow()), result);
    }

    private static Map<String, String> properties(AttemptResultDecoder d, Checked checked) throws StoreException {
        checked.groupHeader(d.limit(), "properties");
        AttemptResultDecoder.PropertiesDecoder group = d.properties();
        checked.group(d.limit(), group.count(), group.actingBlockLength(), 0, TWO_DATA_HEADERS, "properties");
        Map<String, String> properties = new LinkedHashMap<>();
        while (group.hasNext()) {
            checked.entry(d.limit(), group.actingBlockLength(), "properties");
            group.next();
            String name = checked.text(d.limit(), "property name");
            group.skipName();
            properties.put(name, checked.text(d.limit(), "property value"));
            group.skipValue();
        }
        return properties;
    }

    private static Map<String, Long> statistics(AttemptResultDecoder d, Checked checked) throws StoreException {
        checked.groupHeader(d.limit(), "statistics");
        AttemptResultDecoder.StatisticsDecoder group = d.statistics();
        int required = AttemptResultDecoder.StatisticsDecoder.sbeBlockLength();
        checked.group(
                d.limit(),
                group.count(),
                group.actingBlockLength(),
                required,
                required + DATA_HEADER_LENGTH,
                "statistics");
        Map<String, Long> statistics = new LinkedHashMap<>();
        while (group.hasNext()) {
            checked.entry(d.limit(), group.actingBlockLength(), "statistics");
            group.next();
            long amount = group.amount();
            statistics.put(checked.text(d.limit(), "statistic"), amount);
            group.skipStatistic();
        }
        return statistics;
    }
}
