package org.mmard.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
import org.mmard.files.HostName;
import org.mmard.files.JsonFields;
import org.mmard.files.ProcessIdentity;

/**
 * Who holds a run directory: the content of {@code run.lock}.
 *
 * @param id of this taking of the lock, random
 * @param machine within which process numbers mean something
 * @param since, beat when it was
 *     taken, and last written
 */
record LockHolder(String id, String host, @Nullable String machine, ProcessIdentity process, String since, String beat) {
    private static final ObjectMapper JSON = JsonMapper.builder().disable(MapperFeature.AUTO_DETECT_IS_GETTERS).build();

    static LockHolder self() {
        String now = Instant.now().toString();
        return new LockHolder(UUID.randomUUID().toString(), hostName(), thisMachine(), ProcessIdentity.self(), now, now);
    }

    byte[] now() {
        try {
            return JSON.writeValueAsBytes(new LockHolder(id, host, machine, process, since, Instant.now().toString()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Nothing where the file is not one of ours, or not written yet. */
    static Optional<LockHolder> parse(byte[] content) {
        try {
            JsonFields fields = JsonFields.of("run.lock", content);
            JsonFields process = fields.section("process");
            return Optional.of(new LockHolder(fields.text("id"), Printable.value(fields.text("host")), fields.textOrNull("machine"),
                    new ProcessIdentity(process.whole("pid", 1, Long.MAX_VALUE), process.whole("start", 0, Long.MAX_VALUE)),
                    Printable.value(fields.text("since")), fields.text("beat")));
        } catch (InputError e) {
            return Optional.empty();
        }
    }

    boolean onThisMachine() {
        return machine != null && machine.equals(thisMachine());
    }

    @Override
    public String toString() {
        return "process " + process.pid() + " on " + host + ", since " + since;
    }

    /** Within which process numbers mean something: this boot of this kernel, and the space of numbers that a container has of its own. */
    private static @Nullable String thisMachine() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip() + " " + ProcessIdentity.space();
        } catch (IOException e) {
            return null;
        }
    }

    private static String hostName() {
        return HostName.own().orElse("unknown host");
    }
}
