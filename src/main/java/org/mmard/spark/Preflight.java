package org.mmard.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.mmard.config.InputError;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/** Looks, before training starts, whether each host has room for what will be written there: a full one ends processes without a word. */
final class Preflight {
    /** Buffers that Aeron has for one direction of one connection. */
    private static final int BUFFERS = 3;
    /** Of updates, parameters and results on their way, beside the images. */
    private static final long DISK_RESERVE = 64 << 20;

    private Preflight() {}

    /** One task per executor, all at once: no executor gets two. */
    private static final class Look extends AbstractFunction1<Iterator<Integer>, Iterator<Room>> implements Serializable {
        private static final long serialVersionUID = 1L;

        @Override
        public Iterator<Room> apply(Iterator<Integer> partition) {
            PromptExit.arm();
            return JavaConverters.asScalaIterator(List.of(Room.here()).iterator());
        }
    }

    /**
     * @param executors that will train; @param shared whether they share their updates directly; @param images bytes of all images
     * @throws InputError naming the first host without enough room
     */
    static void check(JavaSparkContext spark, int executors, boolean shared, long images) {
        requireDisk(Room.here(), images);
        if (spark.sc().isLocal()) {
            return;
        }
        List<Integer> shards = IntStream.range(0, executors).boxed().toList();
        List<Room> rooms = new ArrayList<>(spark.parallelize(shards, executors).rdd().barrier()
                .mapPartitions(new Look(), false, ClassTag$.MODULE$.<Room>apply(Room.class)).toJavaRDD().collect());
        rooms.forEach(room -> requireDisk(room, images));
        if (shared && executors > 1) {
            requireMemory(rooms);
        }
    }

    private static void requireDisk(Room room, long images) {
        if (room.disk() < images + DISK_RESERVE) {
            throw new InputError(room.folder() + " on " + room.host() + ": " + mebibytes(room.disk()) + " free for Spark's temporary files, "
                    + mebibytes(images + DISK_RESERVE) + " may be needed: make room, or set spark.local.dir to another disk");
        }
    }

    /** @param rooms of all executors */
    static void requireMemory(List<Room> rooms) {
        Map<String, List<Room>> byHost = rooms.stream().collect(Collectors.groupingBy(Room::host, TreeMap::new, Collectors.toList()));
        byHost.forEach((host, there) -> {
            // Each sends to every other, and hears from every other.
            long needed = there.stream().mapToLong(room -> 2L * (rooms.size() - 1) * BUFFERS * room.buffer()).sum();
            long free = there.stream().mapToLong(Room::memory).min().orElseThrow();
            if (free < needed) {
                throw new InputError("shared memory of " + host + ": " + mebibytes(free) + " free in " + SharedMemory.parent() + ", "
                        + mebibytes(needed) + " needed for the connections of " + there.size() + " of " + rooms.size()
                        + " executors: enlarge it (docker run --shm-size, a larger tmpfs), or lower cluster.executors");
            }
        });
    }

    private static String mebibytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }
}
