// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.sluice.transport.tcp", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule ONLY_SOCKETS_BENEATH_THE_ENGINE = noClasses()
            .should()
            .dependOnClassesThat()
            .resideOutsideOfPackages(
                    "java..",
                    "javax.crypto..",
                    "javax.naming..",
                    "javax.net.ssl..",
                    "javax.security.auth.x500..",
                    "io.sluice.transport",
                    "io.sluice.transport.engine",
                    "io.sluice.transport.tcp",
                    "org.slf4j..",
                    "org.jspecify..");
}
