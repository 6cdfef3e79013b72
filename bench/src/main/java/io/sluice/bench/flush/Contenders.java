// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Those to be compared, and what they share while they run; closing ends that. */
final class Contenders implements AutoCloseable {
    private final List<Contender> references = new ArrayList<>();
    private final List<Contender> ours = new ArrayList<>();
    private final @Nullable Cluster cluster;

    private Contenders(@Nullable Cluster cluster) {
        this.cluster = cluster;
    }

    /**
     * Gets everything ready.
     *
     * @param directory for what the cluster keeps; it outlives this
     * @param memoryLength bytes for memtables, see {@link Cluster#start}
     */
    static Contenders start(Set<Reference> references, Set<FlushPlace> places, Path directory, long memoryLength)
            throws Exception {
        List<Contender> rocks = new ArrayList<>();
        if (references.contains(Reference.ROCKSDB)) {
            rocks.add(new DbBench(DbBench.PROGRAM));
        }
        if (references.contains(Reference.ROCKSDBJNI)) {
            rocks.add(new InProcess("rocksdbjni", (load, fresh) -> new RocksTarget(fresh, load)));
        }
        boolean hdfs = places.contains(FlushPlace.REMOTE_HDFS);
        boolean remote = hdfs || places.contains(FlushPlace.REMOTE);
        Cluster cluster = remote ? Cluster.start(directory, memoryLength, hdfs) : null;
        Contenders contenders = new Contenders(cluster);
        contenders.references.addAll(rocks);
        if (places.contains(FlushPlace.LOCAL)) {
            contenders.add(FlushPlace.LOCAL, SluiceTarget::local);
        }
        if (cluster != null && places.contains(FlushPlace.REMOTE)) {
            contenders.add(
                    FlushPlace.REMOTE,
                    (load, fresh) -> SluiceTarget.remote(load, fresh.toUri().toString(), cluster));
        }
        if (cluster != null && hdfs) {
            contenders.add(
                    FlushPlace.REMOTE_HDFS,
                    (load, fresh) -> SluiceTarget.remote(
                            load, cluster.hdfsUri(fresh.getFileName().toString()), cluster));
        }
        return contenders;
    }

    private void add(FlushPlace place, InProcess.Opener opener) {
        ours.add(new InProcess(place.toString(), opener));
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

    /** Ours, then RocksDB's: those whose runs warm this JVM up. */
    List<Contender> inThisJvm() {
        List<Contender> inThisJvm = new ArrayList<>(ours);
        references.stream().filter(InProcess.class::isInstance).forEach(inThisJvm::add);
        return inThisJvm;
    }

    @Override
    public void close() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }
}
