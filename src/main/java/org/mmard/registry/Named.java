package org.mmard.registry;

/** Something that users name in a configuration or on a command line. */
public interface Named {
    /** The name: lower case, digits and hyphens, such as {@code pgd20}. A kind that takes a family of names has that of the family. */
    String name();
}
