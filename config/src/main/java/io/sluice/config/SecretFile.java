// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * The shared secret that both sides of a connection prove to each other. It lies in a file that only its owner may read,
 * is never taken from the command line, where other users would see it, and never shown.
 */
public final class SecretFile {
    private static final int MIN_LENGTH = 16;
    private static final int MAX_LENGTH = 4096;
    private static final Set<PosixFilePermission> OTHERS = EnumSet.complementOf(EnumSet.of(
            PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE));

    private SecretFile() {}

    /**
     * Reads a secret; white space around it does not count.
     *
     * @throws ConfigException where the file is missing, open to others, too short or too long
     */
    public static byte[] read(Path path) {
        byte[] secret = readPassword(path);
        if (secret.length < MIN_LENGTH) {
            throw new ConfigException("secret file " + path + ": has " + secret.length + " bytes, expected at least "
                    + MIN_LENGTH + "; make one: (umask 077; openssl rand -hex 32 > " + path + ")");
        }
        return secret;
    }

    /**
     * Reads a secret that may be short, such as the password of another file; white space around it does not count.
     *
     * @throws ConfigException where the file is missing, open to others, or too long
     */
    public static byte[] readPassword(Path path) {
        refuseOpenToOthers(path);
        try {
            long length = Files.size(path);
            if (length > MAX_LENGTH) {
                throw new ConfigException(
                        "secret file " + path + ": has " + length + " bytes, expected at most " + MAX_LENGTH);
            }
            return Files.readString(path).strip().getBytes(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    /** Refuses a file that others than its owner may use, or that is missing. */
    public static void refuseOpenToOthers(Path path) {
        try {
            if (Files.getFileStore(path).supportsFileAttributeView("posix")) {
                Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
                if (permissions.stream().anyMatch(OTHERS::contains)) {
                    throw new ConfigException("secret file " + path + ": others may use it ("
                            + PosixFilePermissions.toString(permissions) + "); run: chmod 600 " + path);
                }
            }
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    private static ConfigException unreadable(Path path, IOException e) {
        return new ConfigException("secret file " + path + ": can't be read: " + e);
    }
}
