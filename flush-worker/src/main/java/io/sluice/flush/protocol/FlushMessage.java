// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushResult;
import java.util.List;

/**
 * The messages of remote flush, as values. Who sends what to whom, and when, is drawn in
 * {@code docs/protocol-flush.md}; the bytes are those of the SBE schema {@code flush.xml}.
 */
public sealed interface FlushMessage {
    /**
     * A generator's first message to a memnode: what it allocates belongs to this opening of this store.
     *
     * @param incarnation a random number of the opening, so that copies of one database are told apart
     */
    record RegisterGenerator(String database, long epoch, long incarnation) implements FlushMessage {}

    /** A worker's first message to a memnode: how many jobs it runs at a time. */
    record RegisterWorker(String workerId, int slots) implements FlushMessage {}

    /** The memnode's answer: how many bytes it lends, how many are free, and the longest block. */
    record Registered(String memnodeId, long capacity, long free, int maxBlockLength) implements FlushMessage {}

    /**
     * Proof of life of a generator or worker, with its load.
     *
     * @param storageBytesPerSecond written to storage lately
     * @param runningJobs background jobs under way, of all kinds and for everyone
     * @param assignedJobs those among them that this memnode assigned
     */
    record Heartbeat(long storageBytesPerSecond, int runningJobs, int assignedJobs) implements FlushMessage {}

    /** The memnode's answer: free bytes and live workers. */
    record HeartbeatAck(long free, int workers) implements FlushMessage {}

    /**
     * Asks for memory for one memtable, block by block.
     *
     * @param grantId the generator's own number for it, new each time: so it can give back also what it was never told of
     */
    record Allocate(long grantId, List<Integer> lengths) implements FlushMessage {}

    /** The granted blocks, each a transport descriptor that may be written. */
    record Granted(long grantId, List<Slice> regions) implements FlushMessage {}

    /** Gives a grant back: the memnode forgets the bytes. */
    record Release(long grantId) implements FlushMessage {}

    /**
     * Asks for a worker before anything is shipped. The worker's load is reserved by the answer.
     *
     * @param deadlineMillis after which the reservation is void
     * @param storageBytesPerSecond written to storage by the generator itself lately
     * @param runningJobs background jobs that the generator runs itself
     * @param avoidedWorkers not to be chosen, since they failed at the job
     */
    record Place(long deadlineMillis, long storageBytesPerSecond, int runningJobs, List<String> avoidedWorkers)
            implements FlushMessage {}

    /** The worker that is reserved. */
    record Placed(long assignmentId, String workerId) implements FlushMessage {}

    /**
     * A job for the reserved worker, its memtables in the grants.
     *
     * @param deadlineMillis how long the attempt may take, from its receipt
     * @param grants one for each memtable of the task, in its order
     * @param task a {@link FlushTask}, opaque to the memnode
     */
    record SubmitJob(long assignmentId, long deadlineMillis, List<Long> grants, Slice task) implements FlushMessage {}

    /** The worker that has accepted the job: the reserved one, or another where that was busy. */
    record JobAssigned(long assignmentId, String workerId) implements FlushMessage {}

    /** The job on its way to the placed worker: every block as a transport descriptor that may be read. */
    record AssignJob(long assignmentId, long deadlineMillis, List<Slice> regions, Slice task) implements FlushMessage {}

    /**
     * The worker is done with an assignment.
     *
     * @param delivered whether the generator has acknowledged the outcome
     */
    record JobFinished(long assignmentId, boolean delivered) implements FlushMessage {}

    /** The worker takes no new job on this connection from now on; it finishes those that it has. */
    record WorkerStopping() implements FlushMessage {}

    /** Tells the generator that the worker will not: it died, or found no way to the generator. */
    record JobLost(long assignmentId, String message) implements FlushMessage {}

    /** The generator doesn't want the result any more. */
    record CancelJob(long assignmentId) implements FlushMessage {}

    /** The worker's first message on the connection that it dialled to the generator. */
    record AttemptStarted(AttemptToken token, String workerId) implements FlushMessage {}

    /** What the attempt made. Its bytes are also the payload of the attempt's RESULT file. */
    record AttemptResult(AttemptToken token, FlushResult result) implements FlushMessage {}

    /** Why the attempt made nothing: the worker's own error. */
    record AttemptFailed(AttemptToken token, StoreException.Kind kind, String code, String message)
            implements FlushMessage {}

    /** Yes. */
    record Ack() implements FlushMessage {}

    /** No, and why. */
    record Refusal(RefusalReason reason, String message) implements FlushMessage {}

    /** Asks a memnode to invite the worker or generator that listens at {@code address} ({@code host:port}). */
    record AddPeer(String address) implements FlushMessage {}

    /** Asks a memnode to place nothing more on a worker until it is added again. */
    record RemoveWorker(String workerId) implements FlushMessage {}

    /** Asks a worker or generator to register at the memnode that sends this: at its host, on {@code port}. */
    record Invite(int port) implements FlushMessage {}

    /** It will; {@code peer} is the worker's id, or the generator's address. */
    record Invited(String peer) implements FlushMessage {}
}
