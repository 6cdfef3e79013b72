// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.cli.command.CommandFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Those to be compared, and what they share while they run; closing ends that. */
final class Contenders implements AutoCloseable {
    private final List<Contender> references = new ArrayList<>();
    private final List<Contender> ours = new ArrayList<>();

    private Contenders() {}

    /** Gets everything ready. */
    static Contenders start(Set<Reference> references, List<FlushPlace> places) throws CommandFailure {
        Contenders contenders = new Contenders();
        if (references.contains(Reference.ROCKSDB)) {
            contenders.references.add(new DbBench(DbBench.PROGRAM));
        }
        if (references.contains(Reference.ROCKSDBJNI)) {
            contenders.references.add(
                    new InProcess("rocksdbjni", (load, directory) -> new RocksTarget(directory, load)));
        }
        for (FlushPlace place : places) {
            contenders.ours.add(new InProcess(place.toString(), SluiceTarget::local));
        }
        return contenders;
    }

    /** RocksDB's. */
    List<Contender> references() {
        return references;
    }

    /** RocksDB's, then ours. */
    List<Contender> all() {
        List<Contender> all = new ArrayList<>(references);
        all.addAll(ours);
        return all;
    }

    @Override
    public void close() {}
}
