package org.mmard.spark.host;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.mmard.config.Settings;
import org.mmard.engine.Device;
import org.mmard.engine.LibTorch;
import org.mmard.failure.InputError;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/**
 * Where the executors of a run compute. Asked before the first step, so that a GPU that cannot be used is refused before anything long has
 * begun.
 */
@SuppressWarnings("NonApiType") // a result of a task is serialised, which a TreeMap says that it can be
public final class Devices {
    private static final String DEVICE = "device";
    private static final String REFUSAL = "refusal";

    private Devices() {}

    /** One executor's answer. It is asked as every other task of the run will be. */
    private static final class Ask extends AbstractFunction1<Iterator<Integer>, Iterator<TreeMap<String, String>>> implements Serializable {
        private static final long serialVersionUID = 1L;

        private final Settings.Engine engine;

        Ask(Settings.Engine engine) {
            this.engine = engine;
        }

        @Override
        public Iterator<TreeMap<String, String>> apply(Iterator<Integer> partition) {
            return JavaConverters.asScalaIterator(List.of(answer()).iterator());
        }

        /** A mistake is an answer, too: of a failure in a barrier stage Spark passes on the text alone. */
        private TreeMap<String, String> answer() {
            try {
                AssignedGpu.use(TaskContext.get(), engine);
                return here();
            } catch (RuntimeException | Error e) {
                Optional<InputError> mistake = InputError.in(e);
                if (mistake.isEmpty()) {
                    throw e;
                }
                return new TreeMap<>(Map.of(REFUSAL, mistake.get().getMessage()));
            }
        }
    }

    private static TreeMap<String, String> here() {
        TreeMap<String, String> here = new TreeMap<>(LibTorch.cudaVersions());
        here.put(DEVICE, Device.current().description());
        Device.current().card().ifPresent(card -> here.put("nvidia-driver", card.driver()));
        return here;
    }

    /**
     * Device, and versions of what it computes with, over all executors: where they differ, separated by commas.
     *
     * @throws InputError where an executor cannot use the GPU that it was given or told to use
     */
    public static Map<String, String> of(JavaSparkContext spark, int executors, Settings.Engine engine) {
        if (spark.sc().isLocal()) {
            Device.configure(engine, null);
            return here();
        }
        List<Integer> shards = IntStream.range(0, executors).boxed().toList();
        List<TreeMap<String, String>> answers = spark.parallelize(shards, executors).rdd().barrier()
                .mapPartitions(new Ask(engine), false, ClassTag$.MODULE$.<TreeMap<String, String>>apply(TreeMap.class)).toJavaRDD()
                .collect();
        answers.stream().map(answer -> answer.get(REFUSAL)).filter(Objects::nonNull).findFirst().ifPresent(refusal -> {
            throw new InputError(refusal);
        });
        Map<String, TreeSet<String>> values = new TreeMap<>();
        answers.forEach(answer -> answer.forEach((name, value) -> values.computeIfAbsent(name, any -> new TreeSet<>()).add(value)));
        Map<String, String> together = new TreeMap<>();
        values.forEach((name, different) -> together.put(name, String.join(", ", different)));
        return together;
    }
}
