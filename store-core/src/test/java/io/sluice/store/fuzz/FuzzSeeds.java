// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.fuzz;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.support.ParameterDeclarations;
import org.junit.platform.commons.support.ReflectionSupport;

/** Gives Jazzer the seeds that a target makes. */
final class FuzzSeeds implements ArgumentsProvider {
    @Override
    public Stream<? extends Arguments> provideArguments(ParameterDeclarations parameters, ExtensionContext context)
            throws IOException {
        FuzzTarget target = (FuzzTarget) ReflectionSupport.newInstance(context.getRequiredTestClass());
        return target.seeds().stream().map(seed -> Arguments.of((Object) seed));
    }
}
