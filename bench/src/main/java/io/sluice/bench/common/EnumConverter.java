// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.common;

import java.util.Arrays;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads an enum's constants as their {@code toString} tells them. */
public abstract class EnumConverter<E extends Enum<E>> implements ITypeConverter<E> {
    private final E[] constants;

    /** For an enum with these constants. */
    protected EnumConverter(E[] constants) {
        this.constants = constants.clone();
    }

    @Override
    public E convert(String text) {
        return Arrays.stream(constants)
                .filter(constant -> constant.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException(
                        "expected one of " + Arrays.toString(constants) + ", found '" + text + "'"));
    }
}
