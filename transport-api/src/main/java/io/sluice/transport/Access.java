// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

/** What a peer may do with memory of this side. */
public enum Access {
    /** Nothing: a class of peers in {@link RdmaSettings} that reach no memory here. No region is exposed with it. */
    NONE(0),
    /** One-sided reads. */
    READ(1),
    /** One-sided writes. */
    WRITE(2),
    /** Both. */
    READ_WRITE(3);

    private final int bits;

    Access(int bits) {
        this.bits = bits;
    }

    /** The wire's form: bit 0 read, bit 1 write. */
    public int bits() {
        return bits;
    }

    /** Whether everything that {@code wanted} allows is allowed. */
    public boolean allows(Access wanted) {
        return (bits & wanted.bits) == wanted.bits;
    }

    /**
     * The access of the wire's form.
     *
     * @throws IllegalArgumentException for other bits
     */
    public static Access ofBits(int bits) {
        return switch (bits) {
            case 1 -> READ;
            case 2 -> WRITE;
            case 3 -> READ_WRITE;
            default -> throw new IllegalArgumentException("access bits=" + bits + ", expected 1 to 3");
        };
    }
}
