// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.AddPeer;
import io.sluice.flush.protocol.FlushMessage.Allocate;
import io.sluice.flush.protocol.FlushMessage.AssignJob;
import io.sluice.flush.protocol.FlushMessage.AttemptFailed;
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
import io.sluice.flush.protocol.sbe.AckDecoder;
import io.sluice.flush.protocol.sbe.AddPeerDecoder;
import io.sluice.flush.protocol.sbe.AllocateDecoder;
import io.sluice.flush.protocol.sbe.AssignJobDecoder;
import io.sluice.flush.protocol.sbe.AttemptFailedDecoder;
import io.sluice.flush.protocol.sbe.AttemptResultDecoder;
import io.sluice.flush.protocol.sbe.AttemptStartedDecoder;
import io.sluice.flush.protocol.sbe.CancelJobDecoder;
import io.sluice.flush.protocol.sbe.GrantedDecoder;
import io.sluice.flush.protocol.sbe.HeartbeatAckDecoder;
import io.sluice.flush.protocol.sbe.HeartbeatDecoder;
import io.sluice.flush.protocol.sbe.InviteDecoder;
import io.sluice.flush.protocol.sbe.InvitedDecoder;
import io.sluice.flush.protocol.sbe.JobAssignedDecoder;
import io.sluice.flush.protocol.sbe.JobFinishedDecoder;
import io.sluice.flush.protocol.sbe.JobLostDecoder;
import io.sluice.flush.protocol.sbe.MessageHeaderDecoder;
import io.sluice.flush.protocol.sbe.PlaceDecoder;
import io.sluice.flush.protocol.sbe.PlacedDecoder;
import io.sluice.flush.protocol.sbe.RefusalDecoder;
import io.sluice.flush.protocol.sbe.RegisterGeneratorDecoder;
import io.sluice.flush.protocol.sbe.RegisterWorkerDecoder;
import io.sluice.flush.protocol.sbe.RegisteredDecoder;
import io.sluice.flush.protocol.sbe.ReleaseDecoder;
import io.sluice.flush.protocol.sbe.RemoveWorkerDecoder;
import io.sluice.flush.protocol.sbe.SubmitJobDecoder;
import io.sluice.flush.protocol.sbe.WorkerStoppingDecoder;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;

/** Turns a peer's bytes into a message, or into a {@link StoreException} of kind {@code REMOTE}: nothing else leaves it. */
public final class MessageDecoder {
    private static final int DATA_HEADER_LENGTH = 4;

    private final DirectBuffer buffer;
    private final Checked checked;
    private final MessageHeaderDecoder header;

    private MessageDecoder(DirectBuffer buffer) throws StoreException {
        this.buffer = buffer;
        this.checked = new Checked(buffer);
        this.header = checked.header();
    }

    /** Reads a message that fills {@code buffer}. */
    public static FlushMessage decode(DirectBuffer buffer) throws StoreException {
        return new MessageDecoder(buffer).body();
    }

    private FlushMessage body() throws StoreException {
        return switch (header.templateId()) {
            case RegisterGeneratorDecoder.TEMPLATE_ID -> registerGenerator();
            case RegisterWorkerDecoder.TEMPLATE_ID -> registerWorker();
            case RegisteredDecoder.TEMPLATE_ID -> registered();
            case HeartbeatDecoder.TEMPLATE_ID -> heartbeat();
            case HeartbeatAckDecoder.TEMPLATE_ID -> heartbeatAck();
            case AllocateDecoder.TEMPLATE_ID -> allocate();
            case GrantedDecoder.TEMPLATE_ID -> granted();
            case ReleaseDecoder.TEMPLATE_ID -> release();
            case SubmitJobDecoder.TEMPLATE_ID -> submitJob();
            case PlaceDecoder.TEMPLATE_ID -> place();
            case PlacedDecoder.TEMPLATE_ID -> placed();
            case JobLostDecoder.TEMPLATE_ID -> jobLost();
            case JobAssignedDecoder.TEMPLATE_ID -> jobAssigned();
            case AssignJobDecoder.TEMPLATE_ID -> assignJob();
            case JobFinishedDecoder.TEMPLATE_ID -> jobFinished();
            case WorkerStoppingDecoder.TEMPLATE_ID -> new WorkerStopping();
            case CancelJobDecoder.TEMPLATE_ID -> cancelJob();
            case AttemptStartedDecoder.TEMPLATE_ID -> attemptStarted();
            case AttemptResultDecoder.TEMPLATE_ID -> AttemptResultCodec.decode(buffer, checked, header);
            case AttemptFailedDecoder.TEMPLATE_ID -> attemptFailed();
            case AckDecoder.TEMPLATE_ID -> new Ack();
            case RefusalDecoder.TEMPLATE_ID -> refusal();
            case AddPeerDecoder.TEMPLATE_ID -> addPeer();
            case RemoveWorkerDecoder.TEMPLATE_ID -> removeWorker();
            case InviteDecoder.TEMPLATE_ID -> invite();
            case InvitedDecoder.TEMPLATE_ID -> invited();
            default -> throw ProtocolError.malformed("unknown template " + header.templateId());
        };
    }

    private RegisterGenerator registerGenerator() throws StoreException {
        checked.block(header, RegisterGeneratorDecoder.BLOCK_LENGTH);
        RegisterGeneratorDecoder d = new RegisterGeneratorDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new RegisterGenerator(name(d.limit(), "database"), d.epoch(), d.incarnation());
    }

    private RegisterWorker registerWorker() throws StoreException {
        checked.block(header, RegisterWorkerDecoder.BLOCK_LENGTH);
        RegisterWorkerDecoder d = new RegisterWorkerDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new RegisterWorker(name(d.limit(), "workerId"), atLeast(1, d.slots(), "slots"));
    }

    private Registered registered() throws StoreException {
        checked.block(header, RegisteredDecoder.BLOCK_LENGTH);
        RegisteredDecoder d = new RegisteredDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new Registered(
                name(d.limit(), "memnodeId"),
                notNegative(d.capacity(), "capacity"),
                notNegative(d.free(), "free"),
                atLeast(1, d.maxBlockLength(), "maxBlockLength"));
    }

    private Heartbeat heartbeat() throws StoreException {
        checked.block(header, HeartbeatDecoder.BLOCK_LENGTH);
        HeartbeatDecoder d = new HeartbeatDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new Heartbeat(
                notNegative(d.storageBytesPerSecond(), "storageBytesPerSecond"),
                atLeast(0, d.runningJobs(), "runningJobs"),
                atLeast(0, d.assignedJobs(), "assignedJobs"));
    }

    private HeartbeatAck heartbeatAck() throws StoreException {
        checked.block(header, HeartbeatAckDecoder.BLOCK_LENGTH);
        HeartbeatAckDecoder d = new HeartbeatAckDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new HeartbeatAck(notNegative(d.free(), "free"), atLeast(0, d.workers(), "workers"));
    }

    private Allocate allocate() throws StoreException {
        checked.block(header, AllocateDecoder.BLOCK_LENGTH);
        AllocateDecoder d = new AllocateDecoder().wrapAndApplyHeader(buffer, 0, header);
        checked.groupHeader(d.limit(), "blocks");
        AllocateDecoder.BlocksDecoder blocks = d.blocks();
        int required = AllocateDecoder.BlocksDecoder.sbeBlockLength();
        checked.group(d.limit(), blocks.count(), blocks.actingBlockLength(), required, required, "blocks");
        List<Integer> lengths = new ArrayList<>(blocks.count());
        while (blocks.hasNext()) {
            lengths.add(atLeast(1, blocks.next().length(), "block length"));
        }
        return new Allocate(d.grantId(), List.copyOf(lengths));
    }

    private Granted granted() throws StoreException {
        checked.block(header, GrantedDecoder.BLOCK_LENGTH);
        GrantedDecoder d = new GrantedDecoder().wrapAndApplyHeader(buffer, 0, header);
        checked.groupHeader(d.limit(), "regions");
        GrantedDecoder.RegionsDecoder regions = d.regions();
        checked.group(d.limit(), regions.count(), regions.actingBlockLength(), 0, DATA_HEADER_LENGTH, "regions");
        List<Slice> descriptors = new ArrayList<>(regions.count());
        while (regions.hasNext()) {
            checked.entry(d.limit(), regions.actingBlockLength(), "regions");
            regions.next();
            descriptors.add(checked.bytes(d.limit(), "descriptor"));
            regions.skipDescriptor();
        }
        return new Granted(d.grantId(), List.copyOf(descriptors));
    }

    private Release release() throws StoreException {
        checked.block(header, ReleaseDecoder.BLOCK_LENGTH);
        return new Release(
                new ReleaseDecoder().wrapAndApplyHeader(buffer, 0, header).grantId());
    }

    private Place place() throws StoreException {
        checked.block(header, PlaceDecoder.BLOCK_LENGTH);
        PlaceDecoder d = new PlaceDecoder().wrapAndApplyHeader(buffer, 0, header);
        checked.groupHeader(d.limit(), "avoidedWorkers");
        PlaceDecoder.AvoidedWorkersDecoder avoided = d.avoidedWorkers();
        checked.group(d.limit(), avoided.count(), avoided.actingBlockLength(), 0, DATA_HEADER_LENGTH, "avoidedWorkers");
        List<String> workers = new ArrayList<>(avoided.count());
        while (avoided.hasNext()) {
            checked.entry(d.limit(), avoided.actingBlockLength(), "avoidedWorkers");
            avoided.next();
            workers.add(name(d.limit(), "workerId"));
            avoided.skipWorkerId();
        }
        return new Place(
                notNegative(d.deadlineMillis(), "deadlineMillis"),
                notNegative(d.storageBytesPerSecond(), "storageBytesPerSecond"),
                atLeast(0, d.runningJobs(), "runningJobs"),
                List.copyOf(workers));
    }

    private Placed placed() throws StoreException {
        checked.block(header, PlacedDecoder.BLOCK_LENGTH);
        PlacedDecoder d = new PlacedDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new Placed(d.assignmentId(), name(d.limit(), "workerId"));
    }

    private JobLost jobLost() throws StoreException {
        checked.block(header, JobLostDecoder.BLOCK_LENGTH);
        JobLostDecoder d = new JobLostDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new JobLost(d.assignmentId(), checked.text(d.limit(), "message"));
    }

    private SubmitJob submitJob() throws StoreException {
        checked.block(header, SubmitJobDecoder.BLOCK_LENGTH);
        SubmitJobDecoder d = new SubmitJobDecoder().wrapAndApplyHeader(buffer, 0, header);
        checked.groupHeader(d.limit(), "grants");
        SubmitJobDecoder.GrantsDecoder grants = d.grants();
        int required = SubmitJobDecoder.GrantsDecoder.sbeBlockLength();
        checked.group(d.limit(), grants.count(), grants.actingBlockLength(), required, required, "grants");
        List<Long> ids = new ArrayList<>(grants.count());
        while (grants.hasNext()) {
            ids.add(grants.next().grantId());
        }
        return new SubmitJob(
                d.assignmentId(),
                notNegative(d.deadlineMillis(), "deadlineMillis"),
                List.copyOf(ids),
                checked.bytes(d.limit(), "task"));
    }

    private JobAssigned jobAssigned() throws StoreException {
        checked.block(header, JobAssignedDecoder.BLOCK_LENGTH);
        JobAssignedDecoder d = new JobAssignedDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new JobAssigned(d.assignmentId(), name(d.limit(), "workerId"));
    }

    private AssignJob assignJob() throws StoreException {
        checked.block(header, AssignJobDecoder.BLOCK_LENGTH);
        AssignJobDecoder d = new AssignJobDecoder().wrapAndApplyHeader(buffer, 0, header);
        checked.groupHeader(d.limit(), "regions");
        AssignJobDecoder.RegionsDecoder regions = d.regions();
        checked.group(d.limit(), regions.count(), regions.actingBlockLength(), 0, DATA_HEADER_LENGTH, "regions");
        List<Slice> descriptors = new ArrayList<>(regions.count());
        while (regions.hasNext()) {
            checked.entry(d.limit(), regions.actingBlockLength(), "regions");
            regions.next();
            descriptors.add(checked.bytes(d.limit(), "descriptor"));
            regions.skipDescriptor();
        }
        return new AssignJob(
                d.assignmentId(),
                notNegative(d.deadlineMillis(), "deadlineMillis"),
                List.copyOf(descriptors),
                checked.bytes(d.limit(), "task"));
    }

    private JobFinished jobFinished() throws StoreException {
        checked.block(header, JobFinishedDecoder.BLOCK_LENGTH);
        JobFinishedDecoder d = new JobFinishedDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new JobFinished(d.assignmentId(), d.delivered() != 0);
    }

    private CancelJob cancelJob() throws StoreException {
        checked.block(header, CancelJobDecoder.BLOCK_LENGTH);
        return new CancelJob(
                new CancelJobDecoder().wrapAndApplyHeader(buffer, 0, header).assignmentId());
    }

    private AttemptStarted attemptStarted() throws StoreException {
        checked.block(header, AttemptStartedDecoder.BLOCK_LENGTH);
        AttemptStartedDecoder d = new AttemptStartedDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new AttemptStarted(new AttemptToken(d.tokenHigh(), d.tokenLow()), name(d.limit(), "workerId"));
    }

    private AttemptFailed attemptFailed() throws StoreException {
        checked.block(header, AttemptFailedDecoder.BLOCK_LENGTH);
        AttemptFailedDecoder d = new AttemptFailedDecoder().wrapAndApplyHeader(buffer, 0, header);
        String code = name(d.limit(), "code");
        d.skipCode();
        return new AttemptFailed(
                new AttemptToken(d.tokenHigh(), d.tokenLow()),
                ErrorKinds.of(d.kind()),
                code,
                checked.text(d.limit(), "message"));
    }

    private Refusal refusal() throws StoreException {
        checked.block(header, RefusalDecoder.BLOCK_LENGTH);
        RefusalDecoder d = new RefusalDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new Refusal(RefusalReason.of(d.reason()), checked.text(d.limit(), "message"));
    }

    private AddPeer addPeer() throws StoreException {
        checked.block(header, AddPeerDecoder.BLOCK_LENGTH);
        return new AddPeer(
                name(new AddPeerDecoder().wrapAndApplyHeader(buffer, 0, header).limit(), "address"));
    }

    private RemoveWorker removeWorker() throws StoreException {
        checked.block(header, RemoveWorkerDecoder.BLOCK_LENGTH);
        return new RemoveWorker(name(
                new RemoveWorkerDecoder().wrapAndApplyHeader(buffer, 0, header).limit(), "workerId"));
    }

    private Invite invite() throws StoreException {
        checked.block(header, InviteDecoder.BLOCK_LENGTH);
        InviteDecoder d = new InviteDecoder().wrapAndApplyHeader(buffer, 0, header);
        int port = d.port();
        if (port < 1 || port > 65_535) {
            throw ProtocolError.malformed("port=" + port + ", expected 1 to 65535");
        }
        return new Invite(port);
    }

    private Invited invited() throws StoreException {
        checked.block(header, InvitedDecoder.BLOCK_LENGTH);
        return new Invited(
                name(new InvitedDecoder().wrapAndApplyHeader(buffer, 0, header).limit(), "peer"));
    }

    private String name(int limit, String what) throws StoreException {
        String name = checked.text(limit, what);
        if (name.isEmpty()) {
            throw ProtocolError.malformed(what + " is empty");
        }
        return name;
    }

    private static int atLeast(int minimum, int value, String what) throws StoreException {
        if (value < minimum) {
            throw ProtocolError.malformed(what + "=" + value + ", expected at least " + minimum);
        }
        return value;
    }

    private static long notNegative(long value, String what) throws StoreException {
        if (value < 0) {
            throw ProtocolError.malformed(what + "=" + value + " is negative");
        }
        return value;
    }
}
