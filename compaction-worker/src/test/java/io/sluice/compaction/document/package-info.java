@NullMarked
package io.sluice.compaction.document;

import org.jspecify.annotations.NullMarked;
