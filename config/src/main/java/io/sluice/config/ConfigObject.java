// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.config;

/**
 * One named object of a {@link ConfigFile}.
 *
 * @param name its name in the namespace
 * @param type its {@code class}
 * @param params its {@code params}; missing where it has none
 */
public record ConfigObject(String name, String type, ConfigValue params) {}
