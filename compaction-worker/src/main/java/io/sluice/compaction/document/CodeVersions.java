// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which releases of store and worker may work together, beside the version of the documents, which must be the same. */
public enum CodeVersions {
    /** The same release. */
    SAME,
    /** Releases that differ in the last of their three numbers, or behind it; the default. */
    COMPATIBLE,
    /** Any. */
    ANY;

    private static final Pattern RELEASE = Pattern.compile("([0-9]{1,9}\\.[0-9]{1,9})\\.[0-9]{1,9}(?:[-+.].*)?");
    private static final String CURRENT = load();

    /** This release's version. */
    public static String current() {
        return CURRENT;
    }

    /**
     * Refuses another release.
     *
     * @param peer who has it, for the message
     * @throws StoreException {@code NOT_SUPPORTED} {@code compaction.document.code-version}
     */
    public void check(String peer, String version) throws StoreException {
        boolean fits = switch (this) {
            case SAME -> version.equals(CURRENT);
            case COMPATIBLE -> version.equals(CURRENT) || line(version).equals(line(CURRENT));
            case ANY -> true;
        };
        if (!fits) {
            throw new StoreException(
                    Kind.NOT_SUPPORTED,
                    "compaction.document.code-version",
                    peer + " has release " + version + ", here is " + CURRENT + ", and "
                            + name().toLowerCase(Locale.ROOT) + " releases are asked for: run one that fits");
        }
    }

    /** Major and minor number; of what is no release, all of it. */
    private static String line(String version) {
        Matcher release = RELEASE.matcher(version);
        return release.matches() ? release.group(1) : version;
    }

    private static String load() {
        Properties properties = new Properties();
        try (InputStream in = CodeVersions.class.getResourceAsStream("version.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new IllegalStateException("version.properties of this jar can't be read", e);
        }
        return properties.getProperty("version");
    }
}
