// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.sluice.transport.rdma", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule ONLY_VERBS_USES_DISNI = noClasses()
            .that()
            .resideOutsideOfPackage("io.sluice.transport.rdma.verbs")
            .and()
            .doNotHaveSimpleName("DisniLoader") // names it to find its jar
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.ibm.disni..");

    /** They would be other classes than those that the loader loads. */
    @ArchTest
    static final ArchRule NOBODY_NAMES_CLASSES_OF_VERBS = noClasses()
            .that()
            .resideOutsideOfPackage("io.sluice.transport.rdma.verbs")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.sluice.transport.rdma.verbs");

    @ArchTest
    static final ArchRule ONLY_THE_NAMED_LIBRARIES = noClasses()
            .should()
            .dependOnClassesThat()
            .resideOutsideOfPackages(
                    "java..",
                    "io.sluice.transport..",
                    "com.ibm.disni..",
                    "org.agrona..",
                    "org.slf4j..",
                    "org.jspecify..",
                    "com.google.errorprone.annotations..");
}
