// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The floors of this module: a package may use those above it in the list, never those below. */
@AnalyzeClasses(packages = "io.sluice.store", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String ROOT = "io.sluice.store";
    private static final List<List<String>> FLOORS = List.of(
            List.of("base"),
            List.of("memory", "storage"),
            List.of("iterator"),
            List.of("memtable", "wal", "sst", "cache", "options"),
            List.of("write", "manifest"),
            List.of("job"),
            List.of("flush", "compaction"),
            List.of("engine"));

    @ArchTest
    static void shouldUseOnlyFloorsAbove(com.tngtech.archunit.core.domain.JavaClasses classes) {
        List<String> below = new ArrayList<>();
        below.add(ROOT);
        for (int floor = FLOORS.size() - 1; floor >= 0; floor--) {
            String[] here = packages(FLOORS.get(floor).stream());
            noClasses()
                    .that()
                    .resideInAnyPackage(here)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(below.toArray(new String[0]))
                    .allowEmptyShould(true)
                    .check(classes);
            below.addAll(List.of(here));
        }
    }

    @ArchTest
    static final ArchRule shouldKeepAgronaOutOfThePublicApi = noMethods()
            .that()
            .areDeclaredInClassesThat(new DescribedPredicate<JavaClass>("public API") {
                @Override
                public boolean test(JavaClass type) {
                    return type.getPackageName().equals(ROOT)
                            && type.getModifiers().contains(JavaModifier.PUBLIC);
                }
            })
            .and()
            .arePublic()
            .should(new com.tngtech.archunit.lang.ArchCondition<JavaMethod>("mention org.agrona") {
                @Override
                public void check(JavaMethod method, com.tngtech.archunit.lang.ConditionEvents events) {
                    boolean mentions = Stream.concat(
                                    method.getRawParameterTypes().stream(), Stream.of(method.getRawReturnType()))
                            .anyMatch(type -> type.getPackageName().startsWith("org.agrona"));
                    events.add(
                            new com.tngtech.archunit.lang.SimpleConditionEvent(method, mentions, method.getFullName()));
                }
            });

    @ArchTest
    static final ArchRule shouldStartNoProcess = noClasses()
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(Runtime.class, ProcessBuilder.class)
            .because("no shell anywhere");

    private static String[] packages(Stream<String> names) {
        return names.map(name -> ROOT + "." + name + "..").toArray(String[]::new);
    }
}
