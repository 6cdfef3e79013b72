// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.io.IOException;

/** Why a worker refuses a request or ends an attempt. */
final class WorkerErrors {
    private WorkerErrors() {}

    static StoreException busy(String id, int maxWaiting) {
        return new StoreException(
                Kind.BUSY,
                "compaction.worker.busy",
                "worker " + id + " is full, and " + maxWaiting + " jobs wait already: try later, or another one");
    }

    static StoreException displaced(String id) {
        return new StoreException(
                Kind.BUSY,
                "compaction.worker.displaced",
                "worker " + id + " is full, and had more jobs of this store waiting than of another that came: try"
                        + " later, or another one");
    }

    static StoreException leaving(String id) {
        return new StoreException(
                Kind.CLOSED, "compaction.worker.stopping", "worker " + id + " is stopping: go to another one");
    }

    static StoreException stopped() {
        return new StoreException(
                Kind.CLOSED, "compaction.worker.stopped", "the attempt was stopped, as was asked for");
    }

    static StoreException overdue(long timeoutMs) {
        return new StoreException(
                Kind.TIMED_OUT,
                "compaction.worker.deadline",
                "the attempt took longer than its " + timeoutMs + " ms and was ended: give more time");
    }

    static StoreException orphaned(long millis) {
        return new StoreException(
                Kind.CLOSED,
                "compaction.worker.orphan",
                "nobody has asked for the attempt for " + millis + " ms: it was ended");
    }

    static StoreException unknownToken() {
        return new StoreException(
                Kind.NOT_FOUND,
                "compaction.worker.token",
                "no attempt here has that token: it ended long ago, or the worker was started anew; submit again");
    }

    static StoreException root(String uri) {
        return StoreException.invalid(
                "compaction.worker.root",
                "storage " + uri
                        + " is not below a root of this worker: let its owner add one, or correct hoster_root");
    }

    static StoreException noStorage(String uri, IOException cause) {
        return new StoreException(
                Kind.NOT_FOUND,
                "compaction.worker.storage",
                "storage " + uri + " is not to be found on this worker: " + cause.getMessage()
                        + "; mount it, or correct hoster_root",
                cause);
    }

    static StoreException tenant(String instanceName) {
        return StoreException.invalid(
                "compaction.worker.tenant",
                "the secret is not that of instance " + instanceName
                        + ": correct instance_name, or the store's secret_file");
    }

    static StoreException request(String problem) {
        return StoreException.invalid("compaction.worker.request", problem);
    }

    static StoreException noLog() {
        return new StoreException(
                Kind.NOT_FOUND, "compaction.worker.log", "there is no such log here: it is not kept, or not any more");
    }

    static StoreException notStoppable() {
        return StoreException.invalid(
                "compaction.worker.stop",
                "this worker is not to be stopped over HTTP: start it with a secret and with leave for that, or stop its"
                        + " process");
    }

    static StoreException foreignForm() {
        return StoreException.invalid(
                "compaction.worker.form",
                "the form was not on a page of this worker since it was started: load the page anew");
    }

    static StoreException unauthorised() {
        return StoreException.invalid(
                "compaction.worker.unauthorised", "the request does not carry this worker's secret as a bearer token");
    }

    /** What ended an attempt, as its store is to see it. */
    static StoreException of(Throwable failure) {
        return failure instanceof IOException e
                ? StoreException.wrap("compaction.worker.io", e)
                : new StoreException(
                        Kind.REMOTE,
                        "compaction.worker.failed",
                        "the worker met an error of its program; its log has the details: " + failure,
                        failure);
    }
}
