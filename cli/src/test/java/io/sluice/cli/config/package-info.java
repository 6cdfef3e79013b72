@NullMarked
package io.sluice.cli.config;

import org.jspecify.annotations.NullMarked;
