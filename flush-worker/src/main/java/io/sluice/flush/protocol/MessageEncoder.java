// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.AddPeer;
import io.sluice.flush.protocol.FlushMessage.Allocate;
import io.sluice.flush.protocol.FlushMessage.AssignJob;
import io.sluice.flush.protocol.FlushMessage.AttemptFailed;
import io.sluice.flush.protocol.FlushMessage.AttemptResult;
import io.sluice.flush.protocol.FlushMessage.AttemptStarted;
import io.sluice.flush.protocol.FlushMessage.CancelJob;
import io.sluice.flush.protocol.FlushMessage.Granted;
import io.sluice.flush.protocol.FlushMessage.Heartbeat;
import io.sluice.flush.protocol.FlushMessage.HeartbeatAck;
import io.sluice.flush.protocol.FlushMessage.Invite;
import io.sluice.flush.protocol.FlushMessage.Invited;
import io.sluice.flush.protocol.FlushMessage.JobAssigned;
import io.sluice.flush.protocol.FlushMessage.JobFinished;
import io.sluice.flush.protocol.FlushMessage.JobLost;
import io.sluice.flush.protocol.FlushMessage.Place;
import io.sluice.flush.protocol.FlushMessage.Placed;
import io.sluice.flush.protocol.FlushMessage.Refusal;
import io.sluice.flush.protocol.FlushMessage.RegisterGenerator;
import io.sluice.flush.protocol.FlushMessage.RegisterWorker;
import io.sluice.flush.protocol.FlushMessage.Registered;
import io.sluice.flush.protocol.FlushMessage.Release;
import io.sluice.flush.protocol.FlushMessage.RemoveWorker;
import io.sluice.flush.protocol.FlushMessage.SubmitJob;
import io.sluice.flush.protocol.FlushMessage.WorkerStopping;
import io.sluice.flush.protocol.sbe.AckEncoder;
import io.sluice.flush.protocol.sbe.AddPeerEncoder;
import io.sluice.flush.protocol.sbe.AllocateEncoder;
import io.sluice.flush.protocol.sbe.AssignJobEncoder;
import io.sluice.flush.protocol.sbe.AttemptFailedEncoder;
import io.sluice.flush.protocol.sbe.AttemptStartedEncoder;
import io.sluice.flush.protocol.sbe.CancelJobEncoder;
import io.sluice.flush.protocol.sbe.GrantedEncoder;
import io.sluice.flush.protocol.sbe.HeartbeatAckEncoder;
import io.sluice.flush.protocol.sbe.HeartbeatEncoder;
import io.sluice.flush.protocol.sbe.InviteEncoder;
import io.sluice.flush.protocol.sbe.InvitedEncoder;
import io.sluice.flush.protocol.sbe.JobAssignedEncoder;
import io.sluice.flush.protocol.sbe.JobFinishedEncoder;
import io.sluice.flush.protocol.sbe.JobLostEncoder;
import io.sluice.flush.protocol.sbe.MessageHeaderEncoder;
import io.sluice.flush.protocol.sbe.PlaceEncoder;
import io.sluice.flush.protocol.sbe.PlacedEncoder;
import io.sluice.flush.protocol.sbe.RefusalEncoder;
import io.sluice.flush.protocol.sbe.RegisterGeneratorEncoder;
import io.sluice.flush.protocol.sbe.RegisterWorkerEncoder;
import io.sluice.flush.protocol.sbe.RegisteredEncoder;
import io.sluice.flush.protocol.sbe.ReleaseEncoder;
import io.sluice.flush.protocol.sbe.RemoveWorkerEncoder;
import io.sluice.flush.protocol.sbe.SubmitJobEncoder;
import io.sluice.flush.protocol.sbe.WorkerStoppingEncoder;
import io.sluice.store.base.Slice;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Turns messages into bytes. These are a few for each flush, so each has a buffer of its own. */
public final class MessageEncoder {
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(256);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();

    private MessageEncoder() {}

    /** The bytes of a message, as a view whose capacity is their length. */
    public static DirectBuffer encode(FlushMessage message) {
        MessageEncoder encoder = new MessageEncoder();
        int length = MessageHeaderEncoder.ENCODED_LENGTH + encoder.body(message);
        return new UnsafeBuffer(encoder.buffer, 0, length);
    }

    /**
     * Checks how much a list of a message holds, before it is encoded.
     *
     * @throws IllegalArgumentException where it is more than a message can say
     */
    static int count(int size, String list) {
        if (size > ProtocolLimits.MAX_BLOCKS) {
            throw new IllegalArgumentException(list + ": count=" + size + " is beyond " + ProtocolLimits.MAX_BLOCKS);
        }
        return size;
    }

    private int body(FlushMessage message) {
        if (message instanceof AttemptResult m) {
            return AttemptResultCodec.encode(m, buffer, header);
        } else if (message instanceof Place m) {
            return place(m);
        } else if (message instanceof SubmitJob m) {
            return submitJob(m);
        } else if (message instanceof AssignJob m) {
            return assignJob(m);
        } else if (message instanceof Allocate m) {
            return allocate(m);
        } else if (message instanceof Granted m) {
            return granted(m);
        } else if (message instanceof AttemptFailed m) {
            return attemptFailed(m);
        }
        return small(message);
    }

    private int small(FlushMessage message) {
        if (message instanceof Heartbeat m) {
            return new HeartbeatEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .storageBytesPerSecond(m.storageBytesPerSecond())
                    .runningJobs(m.runningJobs())
                    .assignedJobs(m.assignedJobs())
                    .encodedLength();
        } else if (message instanceof HeartbeatAck m) {
            return new HeartbeatAckEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .free(m.free())
                    .workers(m.workers())
                    .encodedLength();
        } else if (message instanceof Ack) {
            return new AckEncoder().wrapAndApplyHeader(buffer, 0, header).encodedLength();
        } else if (message instanceof WorkerStopping) {
            return new WorkerStoppingEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .encodedLength();
        } else if (message instanceof Refusal m) {
            return new RefusalEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .reason(m.reason().id())
                    .message(m.message())
                    .encodedLength();
        } else if (message instanceof Release m) {
            return new ReleaseEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .grantId(m.grantId())
                    .encodedLength();
        } else if (message instanceof Placed m) {
            return new PlacedEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .assignmentId(m.assignmentId())
                    .workerId(m.workerId())
                    .encodedLength();
        } else if (message instanceof JobLost m) {
            return new JobLostEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .assignmentId(m.assignmentId())
                    .message(m.message())
                    .encodedLength();
        } else if (message instanceof JobAssigned m) {
            return new JobAssignedEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .assignmentId(m.assignmentId())
                    .workerId(m.workerId())
                    .encodedLength();
        } else if (message instanceof JobFinished m) {
            return new JobFinishedEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .assignmentId(m.assignmentId())
                    .delivered((short) (m.delivered() ? 1 : 0))
                    .encodedLength();
        } else if (message instanceof CancelJob m) {
            return new CancelJobEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .assignmentId(m.assignmentId())
                    .encodedLength();
        } else if (message instanceof AttemptStarted m) {
            return new AttemptStartedEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .tokenHigh(m.token().high())
                    .tokenLow(m.token().low())
                    .workerId(m.workerId())
                    .encodedLength();
        }
        return membership(message);
    }

    private int membership(FlushMessage message) {
        if (message instanceof RegisterGenerator m) {
            return new RegisterGeneratorEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .epoch(m.epoch())
                    .incarnation(m.incarnation())
                    .database(m.database())
                    .encodedLength();
        } else if (message instanceof RegisterWorker m) {
            return new RegisterWorkerEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .slots(m.slots())
                    .workerId(m.workerId())
                    .encodedLength();
        } else if (message instanceof Registered m) {
            return new RegisteredEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .capacity(m.capacity())
                    .free(m.free())
                    .maxBlockLength(m.maxBlockLength())
                    .memnodeId(m.memnodeId())
                    .encodedLength();
        } else if (message instanceof AddPeer m) {
            return new AddPeerEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .address(m.address())
                    .encodedLength();
        } else if (message instanceof RemoveWorker m) {
            return new RemoveWorkerEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .workerId(m.workerId())
                    .encodedLength();
        } else if (message instanceof Invite m) {
            return new InviteEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .port(m.port())
                    .encodedLength();
        }
        if (message instanceof Invited m) {
            return new InvitedEncoder()
                    .wrapAndApplyHeader(buffer, 0, header)
                    .peer(m.peer())
                    .encodedLength();
        }
        throw new IllegalArgumentException("no encoding for " + message.getClass());
    }

    private int allocate(Allocate m) {
        AllocateEncoder encoder =
                new AllocateEncoder().wrapAndApplyHeader(buffer, 0, header).grantId(m.grantId());
        AllocateEncoder.BlocksEncoder blocks =
                encoder.blocksCount(count(m.lengths().size(), "lengths"));
        for (int length : m.lengths()) {
            blocks.next().length(length);
        }
        return encoder.encodedLength();
    }

    private int granted(Granted m) {
        GrantedEncoder encoder =
                new GrantedEncoder().wrapAndApplyHeader(buffer, 0, header).grantId(m.grantId());
        GrantedEncoder.RegionsEncoder regions =
                encoder.regionsCount(count(m.regions().size(), "regions"));
        for (Slice region : m.regions()) {
            regions.next().putDescriptor(region.buffer(), 0, region.length());
        }
        return encoder.encodedLength();
    }

    private int place(Place m) {
        PlaceEncoder encoder = new PlaceEncoder()
                .wrapAndApplyHeader(buffer, 0, header)
                .deadlineMillis(m.deadlineMillis())
                .storageBytesPerSecond(m.storageBytesPerSecond())
                .runningJobs(m.runningJobs());
        PlaceEncoder.AvoidedWorkersEncoder avoided =
                encoder.avoidedWorkersCount(count(m.avoidedWorkers().size(), "avoidedWorkers"));
        for (String worker : m.avoidedWorkers()) {
            avoided.next().workerId(worker);
        }
        return encoder.encodedLength();
    }

    private int submitJob(SubmitJob m) {
        SubmitJobEncoder encoder = new SubmitJobEncoder()
                .wrapAndApplyHeader(buffer, 0, header)
                .assignmentId(m.assignmentId())
                .deadlineMillis(m.deadlineMillis());
        SubmitJobEncoder.GrantsEncoder grants =
                encoder.grantsCount(count(m.grants().size(), "grants"));
        for (long grant : m.grants()) {
            grants.next().grantId(grant);
        }
        return encoder.putTask(m.task().buffer(), 0, m.task().length()).encodedLength();
    }

    private int assignJob(AssignJob m) {
        AssignJobEncoder encoder = new AssignJobEncoder()
                .wrapAndApplyHeader(buffer, 0, header)
                .assignmentId(m.assignmentId())
                .deadlineMillis(m.deadlineMillis());
        AssignJobEncoder.RegionsEncoder regions =
                encoder.regionsCount(count(m.regions().size(), "regions"));
        for (Slice region : m.regions()) {
            regions.next().putDescriptor(region.buffer(), 0, region.length());
        }
        return encoder.putTask(m.task().buffer(), 0, m.task().length()).encodedLength();
    }

    private int attemptFailed(AttemptFailed m) {
        return new AttemptFailedEncoder()
                .wrapAndApplyHeader(buffer, 0, header)
                .tokenHigh(m.token().high())
                .tokenLow(m.token().low())
                .kind(ErrorKinds.id(m.kind()))
                .code(m.code())
                .message(m.message())
                .encodedLength();
    }
}
