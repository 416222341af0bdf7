package org.mmard.ml;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mmard.data.ImageSet;
import org.mmard.data.Shapes;
import org.mmard.engine.Classifier;
import org.mmard.engine.TorchNetwork;
import org.mmard.failure.InputError;
import org.mmard.model.ModelFile;
import py4j.Gateway;
import py4j.ReturnObject;

/** The estimator as Spark's users have it: over a DataFrame, in a pipeline, saved and loaded. */
class RobustDistillationTest {
    private static final StructType BYTES = new StructType().add("image", DataTypes.BinaryType).add("label", DataTypes.IntegerType);
    private static final int ROWS = 64;

    private static SparkSession spark;
    private static ImageSet images;
    private static Dataset<Row> rows;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        spark = SparkSession.builder().master("local[2]").config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "1")
                .getOrCreate();
        images = Shapes.train(ROWS, 1);
        List<Row> all = new ArrayList<>();
        for (int record = 0; record < ROWS; record++) {
            all.add(RowFactory.create(bytes(record), images.label(record)));
        }
        rows = spark.createDataFrame(all, BYTES);
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static byte[] bytes(int record) {
        byte[] pixels = new byte[images.shape().size()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) images.value(record, i);
        }
        return pixels;
    }

    private RobustDistillation estimator() {
        return new RobustDistillation().setRunDirectory(folder.resolve("run").toString()).setMethod("trades").setStudent("cnn-4-8")
                .setEpochs(1).setBatch(16).setSeed(3)
                .setSettings(new String[] {"validation.examples=16", "validation.steps=1", "attack.steps=1"});
    }

    @Test
    void fitsInAPipelineAndAnswersAsTheModelFileDoes() throws Exception {
        Pipeline pipeline = new Pipeline().setStages(new PipelineStage[] {estimator()});
        PipelineModel fitted = pipeline.fit(rows);
        RobustDistillationModel model = (RobustDistillationModel) fitted.stages()[0];
        assertTrue(Files.exists(folder.resolve("run/metrics.jsonl")));

        List<Row> answered = fitted.transform(rows).collectAsList();
        assertEquals(List.of("image", "label", "rawPrediction", "prediction"), List.of(answered.get(0).schema().fieldNames()));
        try (Classifier classifier = TorchNetwork.frozen(ModelFile.read(model.modelFile(), new Configuration()).graph())) {
            for (int record : new int[] {0, ROWS - 1}) {
                float[] pixels = new float[images.shape().size()];
                images.floats(record, pixels, 0);
                double[] expected = classifier.logits(images.shape(), pixels).values();
                Vector logits = answered.get(record).getAs("rawPrediction");
                assertArrayEquals(expected, logits.toArray(), 1e-4);
                assertEquals(logits.argmax(), (int) answered.get(record).<Double>getAs("prediction").doubleValue());
            }
        }

        fitted.write().save(folder.resolve("saved").toString());
        List<Row> again = PipelineModel.load(folder.resolve("saved").toString()).transform(rows).collectAsList();
        assertEquals(answered, again);
    }

    /** Every call from Python, {@code spark._jvm} among them, comes through this gateway, which finds methods by their arguments. */
    @Test
    void theLinesOfThePageRunThroughPySparksGateway() {
        Gateway gateway = new Gateway(null);
        gateway.startup();
        try {
            String estimator = gateway.invoke("org.mmard.ml.RobustDistillation", List.of()).getName();
            estimator = call(gateway, estimator, "setRunDirectory", folder.resolve("run").toString());
            estimator = call(gateway, estimator, "setMethod", "trades");
            estimator = call(gateway, estimator, "setStudent", "cnn-4-8");
            estimator = call(gateway, estimator, "setExecutors", 1);
            estimator = call(gateway, estimator, "setEpochs", 1);
            estimator = call(gateway, estimator, "setBatch", 16);
            estimator = call(gateway, estimator, "setSeed", 3);
            estimator = call(gateway, estimator, "setClassNames", new ArrayList<>(images.classNames()));
            estimator = call(gateway, estimator, "setSettings",
                    new ArrayList<>(List.of("validation.examples=16", "validation.steps=1", "attack.steps=1")));
            String model = call(gateway, estimator, "fit", rows);
            @SuppressWarnings("unchecked")
            Dataset<Row> answers = (Dataset<Row>) gateway.getObject(call(gateway, model, "transform", rows));
            assertEquals(ROWS, answers.count());
            assertArrayEquals(new String[] {"image", "label", "rawPrediction", "prediction"}, answers.columns());
        } finally {
            gateway.shutdown();
        }
    }

    private static String call(Gateway gateway, String target, String method, Object argument) {
        ReturnObject returned = gateway.invoke(method, target, List.of(argument));
        assertTrue(returned.isReference(), method);
        return returned.getName();
    }

    @Test
    void anEstimatorIsSavedWithItsParameters() throws Exception {
        estimator().setTeacher("hdfs:///teacher.zip").save(folder.resolve("estimator").toString());
        RobustDistillation loaded = RobustDistillation.load(folder.resolve("estimator").toString());
        assertEquals("trades", loaded.getOrDefault(loaded.method()));
        assertEquals("hdfs:///teacher.zip", loaded.getOrDefault(loaded.teacher()));
        assertEquals(16, loaded.getOrDefault(loaded.batch()));
    }

    @Test
    void sparksOwnImagesGiveTheSameStudentAsTheirBytes() {
        RobustDistillationModel ofBytes = estimator().fit(rows);
        List<Row> structs = new ArrayList<>();
        for (int record = 0; record < ROWS; record++) {
            byte[] planes = bytes(record);
            int plane = images.shape().plane();
            byte[] interleaved = new byte[planes.length];
            for (int at = 0; at < plane; at++) {
                for (int colour = 0; colour < 3; colour++) {
                    interleaved[3 * at + 2 - colour] = planes[colour * plane + at];
                }
            }
            structs.add(RowFactory.create(
                    RowFactory.create("", images.shape().height(), images.shape().width(), 3, 16, interleaved), images.label(record)));
        }
        Dataset<Row> ofImages = spark.createDataFrame(structs,
                new StructType().add("image", ImageSchema.columnSchema()).add("label", DataTypes.IntegerType));
        RobustDistillationModel ofStructs = estimator().setRunDirectory(folder.resolve("structs").toString()).fit(ofImages);
        assertEquals(predictions(ofBytes.transform(rows)), predictions(ofStructs.transform(ofImages)));
    }

    private static List<Object> predictions(Dataset<Row> answered) {
        return answered.select("rawPrediction").collectAsList().stream().map(row -> row.get(0)).toList();
    }

    @Test
    void mistakesAreToldInOneLine() {
        refused("the data has no column 'picture': it has image, label; name the one with images by imageCol",
                () -> estimator().setImageCol("picture").fit(rows));
        refused("column 'label' is of type int, not images: give bytes, or Spark's image struct",
                () -> estimator().setImageCol("label").fit(rows));
        refused("cluster.executors = 2, but the Spark context's master local[2] is one process: give 1, or a context on a cluster",
                () -> estimator().setExecutors(2).fit(rows));
        refused("settings has 'attack.steps': give each as key=value",
                () -> estimator().setSettings(new String[] {"attack.steps"}).fit(rows));
        refused("classNames has 1 names, column 'label' the label 9; name every class",
                () -> estimator().setClassNames(new String[] {"circle"}).fit(rows));
    }

    private static void refused(String message, Runnable call) {
        assertEquals(message, assertThrows(InputError.class, call::run).getMessage());
    }
}
