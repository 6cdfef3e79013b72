// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/**
 * A file that pages need: style, script, picture. Which there are stands here; none is looked up by a name from outside. Immutable.
 */
public final class Asset {
    private static final Map<String, Asset> ALL = Map.of(
            "page.css", read("page.css", "text/css;charset=utf-8"),
            "frame.js", read("frame.js", "text/javascript;charset=utf-8"),
            "frames.js", read("frames.js", "text/javascript;charset=utf-8"),
            "icon.svg", read("icon.svg", "image/svg+xml"),
            "favicon.ico", read("icon.svg", "image/svg+xml")); // asked for where there is no page to name another

    private final String mediaType;
    private final byte[] contents;

    private Asset(String mediaType, byte[] contents) {
        this.mediaType = mediaType;
        this.contents = contents;
    }

    private static Asset read(String name, String mediaType) {
        try (InputStream in = Asset.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not in the jar");
            }
            return new Asset(mediaType, in.readAllBytes());
        } catch (IOException e) {
            throw new IllegalStateException(name + " can't be read from the jar", e);
        }
    }

    /** All, by the names under which pages know them. */
    public static Map<String, Asset> all() {
        return ALL;
    }

    /** The media type. */
    public String mediaType() {
        return mediaType;
    }

    /** A copy of its bytes. */
    public byte[] contents() {
        return contents.clone();
    }
}
