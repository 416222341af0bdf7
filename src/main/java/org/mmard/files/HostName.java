package org.mmard.files;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/** The name of this machine. */
public final class HostName {
    private HostName() {}

    /** Its name; nothing where the machine does not know one that resolves. */
    public static Optional<String> own() {
        try {
            return Optional.of(InetAddress.getLocalHost().getHostName());
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }
}
