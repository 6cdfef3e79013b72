// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.storage.hadoop;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.StorageErrors;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.ParentNotDirectoryException;
import org.apache.hadoop.fs.PathIsNotEmptyDirectoryException;
import org.apache.hadoop.hdfs.protocol.AlreadyBeingCreatedException;
import org.apache.hadoop.hdfs.protocol.QuotaExceededException;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.ipc.StandbyException;
import org.apache.hadoop.security.AccessControlException;

/** The store's names for Hadoop's errors. */
final class HadoopErrors {
    /** Errors of the NameNode whose classes are not in Hadoop's client. */
    static final String LEASE_EXPIRED = "LeaseExpiredException";

    static final String RECOVERY_IN_PROGRESS = "RecoveryInProgressException";

    private HadoopErrors() {}

    /** Whether an error is of this class, here or where it came from. */
    static boolean is(IOException e, String simpleClassName) {
        String name = e instanceof RemoteException remote
                ? remote.getClassName()
                : e.getClass().getName();
        return name != null && name.endsWith("." + simpleClassName);
    }

    static StoreException translate(String action, String file, IOException raw) {
        if (raw instanceof StoreException named) {
            return named;
        }
        IOException e = raw instanceof RemoteException remote ? remote.unwrapRemoteException() : raw;
        if (e instanceof FileAlreadyExistsException
                || e instanceof AlreadyBeingCreatedException
                || e instanceof PathIsNotEmptyDirectoryException) {
            return StorageErrors.exists(action, file, e);
        }
        if (e instanceof ParentNotDirectoryException) {
            return StorageErrors.notFound(action, file, e);
        }
        if (e instanceof QuotaExceededException) {
            return StorageErrors.noSpace(action, file, e);
        }
        if (e instanceof AccessControlException) {
            return new StoreException(
                    Kind.IO,
                    "storage.access-denied",
                    "cannot " + action + " " + file + ": permission denied: " + firstLine(e),
                    e);
        }
        if (is(e, LEASE_EXPIRED)) {
            return new StoreException(
                    Kind.FENCED,
                    "storage.lease-lost",
                    "cannot " + action + " " + file
                            + ": the file was taken from this process (its lease was recovered) or deleted: "
                            + firstLine(e),
                    e);
        }
        if (isUnreachable(e)) {
            return new StoreException(
                    Kind.IO,
                    "storage.unreachable",
                    "cannot " + action + " " + file + ": the NameNode or DataNodes can't be reached: " + firstLine(e)
                            + "; check that HDFS is up, and fs.defaultFS",
                    e);
        }
        return StorageErrors.translate(action, file, e);
    }

    private static boolean isUnreachable(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException
                    || cause instanceof NoRouteToHostException
                    || cause instanceof SocketTimeoutException
                    || cause instanceof SocketException
                    || cause instanceof UnknownHostException
                    || cause instanceof EOFException
                    || cause instanceof StandbyException) {
                return true;
            }
        }
        return false;
    }

    private static String firstLine(Throwable e) {
        String text = String.valueOf(e.getMessage());
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }
}
