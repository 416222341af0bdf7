package org.mmard.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.attack.Attack;
import org.mmard.attack.Attacks;
import org.mmard.attack.Evaluation;
import org.mmard.attack.Evaluator;
import org.mmard.config.Settings;
import org.mmard.config.SettingsReader;
import org.mmard.data.DataSources;
import org.mmard.data.ImageSet;
import org.mmard.engine.Classifier;
import org.mmard.engine.CompilePasses;
import org.mmard.engine.LibTorch;
import org.mmard.engine.TorchNetwork;
import org.mmard.failure.InputError;
import org.mmard.method.Method;
import org.mmard.method.Methods;
import org.mmard.method.TrainingProgress;
import org.mmard.model.Architectures;
import org.mmard.step.DistillationStep;
import org.mmard.step.Schedule;
import org.mmard.step.Step;
import org.mmard.step.Toys;

/** A jar that somebody compiled against ours and put beside it: its loss, attack, network and schedule are found by their names. */
class JarBesideTest {
    private static final Path SOURCES = Path.of("src/test/resources/org/mmard/registry");
    private static final Map<String, String> SERVICES = Map.of(
            "org.mmard.method.OuterLoss", "org.example.SquaredLogits", "org.mmard.method.InnerObjective", "org.example.ClimbSquaredLogits",
            "org.mmard.attack.AttackFactory", "org.example.Darken", "org.mmard.model.Architecture", "org.example.TwoConvolutions",
            "org.mmard.step.RateSchedule", "org.example.Linear");

    @TempDir
    private static Path folder;

    private static Path classes;

    private final ClassLoader before = Thread.currentThread().getContextClassLoader();

    private URLClassLoader loader;

    @BeforeAll
    static void compile() throws IOException {
        LibTorch.threads(1);
        classes = Files.createDirectories(folder.resolve("classes"));
        List<String> arguments = new ArrayList<>(List.of("-d", classes.toString(), "-cp", System.getProperty("java.class.path")));
        try (Stream<Path> sources = Files.list(SOURCES)) {
            sources.filter(file -> file.toString().endsWith(".java")).map(Path::toString).forEach(arguments::add);
        }
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new)));
    }

    @BeforeEach
    void putBeside() throws IOException {
        beside(SERVICES);
    }

    @AfterEach
    void takeAway() throws IOException {
        Thread.currentThread().setContextClassLoader(before);
        loader.close();
    }

    @Test
    void itsLossTrainsAStudentThatIsItsNetwork() {
        Map<String, String> settings = Map.of("method.inner", "climb-squared-logits", "method.outer", "squared-logits + triangle",
                "method.alpha", "0.5", "method.b", "0.25");
        Method method = Methods.of(SettingsReader.method(settings, "test"), TrainingProgress.end(1));
        assertEquals("0.5 |S(x')-T(x')|^2 + 0.25 triangle", method.outer().toString());
        assertTrue(method.needsTeacher());
        ComputationGraph student = Architectures.network("two-convolutions", 10, 1);
        Settings.Attack attack = SettingsReader.attack(Map.of("attack.steps", "2"), "test");
        try (DistillationStep step = new DistillationStep(student, frozen("two-convolutions"), epoch -> method, attack,
                CompilePasses.ALL)) {
            ImageSet images = Toys.images(8, 1);
            float[] pixels = new float[8 * images.shape().size()];
            IntStream.range(0, 8).forEach(record -> images.floats(record, pixels, record * images.shape().size()));
            Step.Result result = step.gradient(new Step.Batch(images.shape(), pixels, IntStream.range(0, 8).map(images::label).toArray(),
                    IntStream.range(0, 8).toArray(), 1, 0));
            assertTrue(result.terms().get("|S(x')-T(x')|^2") > 0, result.toString());
            assertTrue(student.getGradientsViewArray().norm2Number().doubleValue() > 0);
        }
    }

    @Test
    void itsAttackEvaluatesANetwork() throws Exception {
        ImageSet images = Toys.images(20, 1);
        try (Classifier model = frozen("cnn-4-8")) {
            Evaluation evaluation = Evaluator.local(model, images, 10, 5)
                    .evaluate(Map.of(), Attacks.named("darken,pgd20", 0.1), (attack, done, total, atMost) -> {});
            assertEquals(List.of("darken", "pgd20"), List.copyOf(evaluation.attacks().keySet()));
            float[] darkened = Attacks.single("darken", 0.1).perturb(model, images, 5);
            assertEquals(Math.max(images.value(0, 0) / 255f - 0.1f, 0), darkened[0], 1e-6);
        }
        assertEquals("attack 'darkenx3': nothing in it is random, so restarts change nothing",
                assertThrows(InputError.class, () -> Attacks.named("darkenx3", 0.1)).getMessage());
        assertTrue(assertThrows(InputError.class, () -> Attacks.named("no", 0.1)).getMessage().contains("square, darken, autoattack"));
    }

    @Test
    void itsAttackAndItsScheduleTravelAsSparkSendsThem() throws Exception {
        Attack attack = (Attack) copy(Attacks.single("darken", 0.1));
        assertEquals(0.1, attack.epsilon());
        Schedule schedule = (Schedule) copy(new Schedule(scheduled("linear"), 10));
        assertEquals(0.1 * (1 - 1.5 / 3), schedule.at(1, 5), 1e-12);
    }

    @Test
    void itsScheduleIsAskedWhetherItsSettingsFit() {
        Settings.Training milestones = training("linear", List.of(1.0));
        assertEquals("training.milestones is [1.0]: give [], a linear schedule has none",
                assertThrows(InputError.class, () -> new Schedule(milestones, 10)).getMessage());
    }

    @Test
    void withoutTheJarItsNamesAreUnknown() {
        Thread.currentThread().setContextClassLoader(before);
        assertThrows(InputError.class, () -> Architectures.of("two-convolutions", 10, 1));
        assertThrows(InputError.class, () -> Attacks.single("darken", 0.1));
        assertThrows(InputError.class, () -> new Schedule(scheduled("linear"), 10));
        Settings.Method method = SettingsReader.method(Map.of("method.outer", "squared-logits"), "test");
        assertFalse(assertThrows(InputError.class, () -> Methods.of(method, TrainingProgress.end(1))).getMessage().contains(", squared"));
    }

    @Test
    void aJarWhoseClassIsMissingOrOfAnotherKindIsRefusedInOneLine() throws IOException {
        for (String wrong : new String[] {"org.example.Missing", "org.example.Linear"}) {
            loader.close();
            beside(Map.of("org.mmard.attack.AttackFactory", wrong));
            String message = assertThrows(InputError.class, () -> Attacks.single("pgd20", 0.1)).getMessage();
            assertTrue(message.startsWith("a class that a jar on the class path brings as attack cannot be used: "), message);
            assertTrue(message.contains(wrong), message);
            assertEquals(1, message.lines().count());
        }
    }

    @Test
    void whatAClassThrowsIsToldWithItsNameAndPlace() throws IOException {
        loader.close();
        Map<String, String> services = new TreeMap<>(SERVICES);
        services.replaceAll((service, name) -> "org.example.Unfinished");
        services.put("org.mmard.data.DataFormat", "org.example.Unfinished");
        beside(services);
        Settings.Method outer = SettingsReader.method(Map.of("method.outer", "unfinished"), "test");
        Settings.Method inner = SettingsReader.method(Map.of("method.inner", "unfinished"), "test");
        Schedule schedule = new Schedule(scheduled("unfinished"), 10);
        for (Executable asked : List.<Executable>of(() -> Methods.of(outer, TrainingProgress.end(1)),
                () -> Attacks.single("unfinished", 0.1), () -> Architectures.of("unfinished", 10, 1), () -> schedule.at(0, 0),
                () -> DataSources.open(folder.toString(), new Configuration(false)))) {
            String message = assertThrows(InputError.class, asked).getMessage();
            assertTrue(message.matches("org\\.example\\.Unfinished failed with java\\.lang\\.IndexOutOfBoundsException: "
                    + "Index 3 out of bounds for length 3 at Unfinished\\.java:\\d+; mend or remove it"), message);
        }
        String message = assertThrows(InputError.class, () -> Methods.of(inner, TrainingProgress.end(1))).getMessage();
        assertTrue(message.startsWith("org.example.Unfinished failed with java.lang.NullPointerException"), message);
    }

    @Test
    void anAttackThatGivesSomethingElseThanImagesIsRefused() throws IOException {
        loader.close();
        beside(Map.of("org.mmard.attack.AttackFactory", "org.example.Misshapen"));
        assertEquals("attack 'misshapen' (org.example.Misshapen$Made) gives images of shape [3, 32, 32] and type Float, "
                + "where shape [10, 3, 32, 32] and type Float is wanted, as examples.images() has it", refusal("misshapen"));
        assertEquals("org.example.Misshapen$Made failed with java.lang.NullPointerException: it gives no images; mend or remove it",
                refusal("misshapenx2"));
        assertTrue(refusal("misshapenx3").contains("gives images of shape [10, 3, 32, 32] and type Double, where "),
                refusal("misshapenx3"));
    }

    private static String refusal(String attack) {
        try (Classifier model = frozen("cnn-4-8")) {
            Evaluator evaluator = Evaluator.local(model, Toys.images(20, 1), 10, 5);
            return assertThrows(InputError.class, () -> evaluator.outcome(Attacks.single(attack, 0.1))).getMessage();
        }
    }

    private static Settings.Training scheduled(String schedule) {
        return training(schedule, List.of());
    }

    private static Settings.Training training(String schedule, List<Double> milestones) {
        return new Settings.Training(3, 50, 0.1, 0.9, 2e-4, schedule, milestones, List.of(), 0.1, 0, true, 0, 0.5,
                Settings.Averaging.NONE, Settings.WeightPerturbation.NONE);
    }

    private static Classifier frozen(String architecture) {
        return TorchNetwork.frozen(Architectures.network(architecture, 10, 5));
    }

    /** What Java serialization makes of an object in a process that has the jar, as an executor does. */
    private Object copy(Object object) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())) {
            @Override
            protected Class<?> resolveClass(ObjectStreamClass description) throws ClassNotFoundException {
                return Class.forName(description.getName(), false, loader);
            }
        }) {
            return in.readObject();
        }
    }

    /** Packs the classes and these services into a jar of their own, and puts it on the class path of this thread. */
    private void beside(Map<String, String> services) throws IOException {
        Path jar = Files.createTempFile(folder, "beside", ".jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar)); Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                out.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                Files.copy(file, out);
            }
            for (Map.Entry<String, String> service : new TreeMap<>(services).entrySet()) {
                out.putNextEntry(new JarEntry("META-INF/services/" + service.getKey()));
                out.write((service.getValue() + "\n").getBytes());
            }
        }
        loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, before);
        Thread.currentThread().setContextClassLoader(loader);
    }
}
