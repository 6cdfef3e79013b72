@NullMarked
package io.sluice.compaction.hoster;

import org.jspecify.annotations.NullMarked;
