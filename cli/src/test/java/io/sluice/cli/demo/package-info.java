@NullMarked
package io.sluice.cli.demo;

import org.jspecify.annotations.NullMarked;
