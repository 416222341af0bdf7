package org.mmard.verify;

import java.util.List;
import org.mmard.engine.CompilePasses;

/** Something to carry out and compare, whose arrays have all been read and found well-formed. */
interface Check {
    /** The frozen programs to try: as training runs them by default, and the plain one. Both must agree with the fixture. */
    List<CompilePasses> PROGRAMS = List.of(CompilePasses.ALL, CompilePasses.NONE);

    List<Comparison> carryOut();
}
