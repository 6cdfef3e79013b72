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

/** The bytes of an {@link AttemptResult}: the one message with the makings of a manifest record. */
final class AttemptResultCodec {
    private static final int TWO_DATA_HEADERS = 8;
    private static final int DATA_HEADER_LENGTH = 4;

    /** What stands in the fields of a file where there is none. */
    private static final FileMetadata NO_FILE = new FileMetadata(0, 0, Slice.utf8(""), Slice.utf8(""), 0, 0, 0, 0, 0);

    private AttemptResultCodec() {}

    static int encode(AttemptResult message, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        FlushResult r = message.result();
        FileMetadata file = r.file() == null ? NO_FILE : r.file();
        AttemptResultEncoder e = new AttemptResultEncoder()
                .wrapAndApplyHeader(buffer, 0, header)
                .tokenHigh(message.token().high())
                .tokenLow(message.token().low())
                .epoch(r.id().epoch())
                .columnFamily(r.id().columnFamily())
                .attempt(r.attempt())
                .memtable(r.id().memtable())
                .hasFile((short) (r.file() == null ? 0 : 1))
                .number(file.number())
                .size(file.size())
                .smallestSequence(file.smallestSequence())
                .largestSequence(file.largestSequence())
                .epochNumber(file.epochNumber())
                .oldestAncestorTime(file.oldestAncestorTime())
                .fileCreationTime(file.fileCreationTime())
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
        byte[] smallest = file.smallest().toByteArray();
        byte[] largest = file.largest().toByteArray();
        return e.putSmallest(smallest, 0, smallest.length)
                .putLargest(largest, 0, largest.length)
                .builder(r.builder())
                .encodedLength();
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
