package org.mmard.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * All that is said about a key of a configuration. The component that it stands on gives the rest: its name is the key's
 * ({@code stepSize} is {@code step-size}), its type is what the key takes. Reader, refusals, {@code reference.conf} and what a resume may
 * change follow from it.
 */
@Documented
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface Key {
    /** What it is, as a phrase without a full stop. */
    String meaning();

    /** Its unit, where the meaning does not count something: {@code seconds}. */
    String unit() default "";

    /** Its value where nobody sets it, as a configuration writes it. */
    String usual() default "null";

    /** Which real numbers it takes, or each element of a list of them. */
    Range range() default Range.FINITE;

    /** The least whole number that it takes. */
    int least() default 0;

    /** What a text or a list must be: completes "give ...". */
    String takes() default "";

    /** What 0 stands for, where that is not what the meaning says: completes "0 ...". */
    String whenZero() default "";

    /** What null stands for: completes "null ...". Where nothing is said here, null is refused. */
    String whenNull() default "";

    /** More about it, in whole sentences. */
    String note() default "";

    /** Whether a resumed run may have another value, and why. */
    Resume resume() default Resume.FIXED;
}
