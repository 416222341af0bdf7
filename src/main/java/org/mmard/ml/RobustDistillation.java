package org.mmard.ml;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.Estimator;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.mmard.app.TrainedStudent;
import org.mmard.app.Training;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.mmard.step.Teacher;

/**
 * Trains a compact classifier that resists attack, on a column of images and one of labels. For example:
 *
 * <pre>{@code
 * RobustDistillationModel model = new RobustDistillation().setRunDirectory("hdfs:///runs/first").setTeacher("hdfs:///teacher.zip")
 *         .setMethod("mmard").setStudent("mobilenetv2").setExecutors(4).fit(images);
 * }</pre>
 *
 * The images are collected on the driver and sent to the executors as bytes, as those of every run are: 3 KiB each at 32 x 32. Row n is
 * record n, so that the same rows in the same order train the same student. Every other setting is given by {@link #setSettings}.
 */
public final class RobustDistillation extends Estimator<RobustDistillationModel> implements DefaultParamsWritable {
    private static final long serialVersionUID = 1L;

    private final String uid;
    private final Param<String> imageCol;
    private final Param<String> labelCol;
    private final Param<String> predictionCol;
    private final Param<String> rawPredictionCol;
    private final Param<String> runDirectory;
    private final Param<String> configuration;
    private final Param<String> method;
    private final Param<String> teacher;
    private final Param<String> student;
    private final IntParam epochs;
    private final IntParam batch;
    private final IntParam executors;
    private final LongParam seed;
    private final StringArrayParam classNames;
    private final StringArrayParam settings;

    /** An estimator with an id of its own and the usual values: columns {@code image} and {@code label}, one executor. */
    public RobustDistillation() {
        this(Identifiable$.MODULE$.randomUID("robustDistillation"));
    }

    /**
     * An estimator with an id that is known.
     *
     * @param uid names it in Spark's pipelines, and in the provenance of the runs that it starts
     */
    public RobustDistillation(String uid) {
        this.uid = uid;
        // Spark asks each parameter for its owner, so that the name of this comes first.
        imageCol = new Param<>(this, "imageCol", "column of images: bytes of red, green and blue planes, or "
                + "Spark's image struct");
        labelCol = new Param<>(this, "labelCol", "column of labels: whole numbers from 0");
        predictionCol = new Param<>(this, "predictionCol", "column for the predicted label");
        rawPredictionCol = new Param<>(this, "rawPredictionCol", "column for the logits");
        runDirectory = new Param<>(this, "runDirectory", "URI where checkpoints and metrics of the run go");
        configuration = new Param<>(this, "configuration", "URI of a HOCON file with the settings of the run");
        method = new Param<>(this, "method", "name of the method, as method.name");
        teacher = new Param<>(this, "teacher", "URI of the teacher's model file, as teacher.model");
        student = new Param<>(this, "student", "name of the student's network, as student.architecture");
        epochs = new IntParam(this, "epochs", "as training.epochs");
        batch = new IntParam(this, "batch", "images per step and executor, as training.batch");
        executors = new IntParam(this, "executors", "executors that train, each with room for one task");
        seed = new LongParam(this, "seed", "as run.seed");
        classNames = new StringArrayParam(this, "classNames", "a name for each label; numbers without it");
        settings = new StringArrayParam(this, "settings", "further settings, each as key=value");
        setDefault(imageCol, "image");
        setDefault(labelCol, "label");
        setDefault(predictionCol, "prediction");
        setDefault(rawPredictionCol, "rawPrediction");
        setDefault(executors, 1);
    }

    @Override
    public String uid() {
        return uid;
    }

    /**
     * The column of images: bytes of red, green and blue planes, row by row, of square images; or Spark's image struct. {@code image}
     * where it is not set.
     */
    public Param<String> imageCol() {
        return imageCol;
    }

    /** The column of labels: whole numbers from 0 to 255, of any numeric type. {@code label} where it is not set. */
    public Param<String> labelCol() {
        return labelCol;
    }

    /** The column that the model adds for its answer, a label as a double. {@code prediction} where it is not set. */
    public Param<String> predictionCol() {
        return predictionCol;
    }

    /** The column that the model adds for the logits, a vector with one number of each class. {@code rawPrediction} where it is not set. */
    public Param<String> rawPredictionCol() {
        return rawPredictionCol;
    }

    /** Where checkpoints and metrics go, as {@code run.directory}: any Hadoop URI. Has to be set, here or in the configuration. */
    public Param<String> runDirectory() {
        return runDirectory;
    }

    /** A HOCON file with settings of the run, over which the other parameters go: any Hadoop URI. The usual settings where it is not set. */
    public Param<String> configuration() {
        return configuration;
    }

    /** The method, as {@code method.name}, such as {@code rslad}. */
    public Param<String> method() {
        return method;
    }

    /** The teacher's model file, as {@code teacher.model}: any Hadoop URI. Needed by methods that distil. */
    public Param<String> teacher() {
        return teacher;
    }

    /** The student's network, as {@code student.architecture}, such as {@code mobilenetv2}. */
    public Param<String> student() {
        return student;
    }

    /** How often every row is trained on, as {@code training.epochs}. */
    public IntParam epochs() {
        return epochs;
    }

    /** Images of one step of one executor, as {@code training.batch}. */
    public IntParam batch() {
        return batch;
    }

    /** How many executors train, as {@code cluster.executors}; each has room for one task. 1 where it is not set. */
    public IntParam executors() {
        return executors;
    }

    /** Source of all randomness of the run, as {@code run.seed}. */
    public LongParam seed() {
        return seed;
    }

    /** A name for each class, in the order of the labels; the labels themselves where it is not set. */
    public StringArrayParam classNames() {
        return classNames;
    }

    /** Further settings, each as {@code key=value}; they go over everything else. */
    public StringArrayParam settings() {
        return settings;
    }

    /** Sets {@link #imageCol}. */
    public RobustDistillation setImageCol(String name) {
        return (RobustDistillation) set(imageCol, name);
    }

    /** Sets {@link #labelCol}. */
    public RobustDistillation setLabelCol(String name) {
        return (RobustDistillation) set(labelCol, name);
    }

    /** Sets {@link #predictionCol}. */
    public RobustDistillation setPredictionCol(String name) {
        return (RobustDistillation) set(predictionCol, name);
    }

    /** Sets {@link #rawPredictionCol}. */
    public RobustDistillation setRawPredictionCol(String name) {
        return (RobustDistillation) set(rawPredictionCol, name);
    }

    /** Sets {@link #runDirectory}. */
    public RobustDistillation setRunDirectory(String uri) {
        return (RobustDistillation) set(runDirectory, uri);
    }

    /** Sets {@link #configuration}. */
    public RobustDistillation setConfiguration(String uri) {
        return (RobustDistillation) set(configuration, uri);
    }

    /** Sets {@link #method}. */
    public RobustDistillation setMethod(String name) {
        return (RobustDistillation) set(method, name);
    }

    /** Sets {@link #teacher}. */
    public RobustDistillation setTeacher(String uri) {
        return (RobustDistillation) set(teacher, uri);
    }

    /** Sets {@link #student}. */
    public RobustDistillation setStudent(String name) {
        return (RobustDistillation) set(student, name);
    }

    /**
     * Sets {@link #epochs}.
     *
     * @param number 1 or more
     */
    public RobustDistillation setEpochs(int number) {
        return (RobustDistillation) set(epochs, number);
    }

    /**
     * Sets {@link #batch}.
     *
     * @param images 1 or more
     */
    public RobustDistillation setBatch(int images) {
        return (RobustDistillation) set(batch, images);
    }

    /**
     * Sets {@link #executors}.
     *
     * @param number 1 or more
     */
    public RobustDistillation setExecutors(int number) {
        return (RobustDistillation) set(executors, number);
    }

    /** Sets {@link #seed}. */
    public RobustDistillation setSeed(long number) {
        return (RobustDistillation) set(seed, number);
    }

    /**
     * Sets {@link #classNames}.
     *
     * @param names as many as there are classes, or more
     */
    public RobustDistillation setClassNames(String[] names) {
        return (RobustDistillation) set(classNames, names);
    }

    /** As above, with what a list of Python's becomes. */
    public RobustDistillation setClassNames(List<String> names) {
        return setClassNames(names.toArray(String[]::new));
    }

    /**
     * Sets {@link #settings}.
     *
     * @param keyValues such as {@code training.learning-rate=0.1}
     */
    public RobustDistillation setSettings(String[] keyValues) {
        return (RobustDistillation) set(settings, keyValues);
    }

    /** As above, with what a list of Python's becomes. */
    public RobustDistillation setSettings(List<String> keyValues) {
        return setSettings(keyValues.toArray(String[]::new));
    }

    /**
     * Trains. Goes on with the run that {@code runDirectory} holds, where it was stopped.
     *
     * @throws InputError for the first thing that is missing or does not fit the rest
     */
    @Override
    public RobustDistillationModel fit(Dataset<?> dataset) {
        transformSchema(dataset.schema());
        ImageSet images = collect(dataset);
        Training training = isDefined(configuration) ? Training.of(getOrDefault(configuration)) : Training.usual();
        given(training, "run.directory", runDirectory);
        given(training, "method.name", method);
        given(training, "teacher.model", teacher);
        given(training, "student.architecture", student);
        given(training, "training.epochs", epochs);
        given(training, "training.batch", batch);
        given(training, "cluster.executors", executors);
        given(training, "run.seed", seed);
        if (isDefined(settings)) {
            for (String setting : getOrDefault(settings)) {
                String[] parts = setting.split("=", 2);
                if (parts.length != 2) {
                    throw new InputError("settings has '" + setting + "': give each as key=value");
                }
                training.with(parts[0].strip(), parts[1].strip());
            }
        }
        TrainedStudent trained = training.with("data.uri", "dataframe:" + uid).images(images).resume(true).startedBy("Spark ML, " + uid)
                .on(JavaSparkContext.fromSparkContext(dataset.sparkSession().sparkContext())).fit();
        Teacher model = Teacher.read(trained.best(), trained.directory().hadoop());
        RobustDistillationModel fitted = new RobustDistillationModel(uid, model, images.shape(), trained.best());
        fitted.setParent(this);
        copyValues(fitted, ParamMap.empty());
        return fitted;
    }

    private void given(Training training, String key, Param<?> param) {
        if (isDefined(param)) {
            training.with(key, getOrDefault(param));
        }
    }

    private ImageSet collect(Dataset<?> dataset) {
        ImageColumn column = new ImageColumn(getOrDefault(imageCol));
        String label = getOrDefault(labelCol);
        Iterator<Row> rows = dataset.toDF().select(getOrDefault(imageCol), label).toLocalIterator();
        ByteArrayOutputStream pixels = new ByteArrayOutputStream();
        List<Integer> labels = new ArrayList<>();
        ImageShape shape = null;
        while (rows.hasNext()) {
            Row row = rows.next();
            shape = shape == null ? column.shape(row) : shape;
            pixels.writeBytes(column.pixels(row, shape));
            labels.add(label(row, label));
        }
        if (shape == null) {
            throw new InputError("the data has no rows");
        }
        byte[] all = new byte[labels.size()];
        IntStream.range(0, all.length).forEach(i -> all[i] = labels.get(i).byteValue());
        return new ImageSet(shape, pixels.toByteArray(), all, names(labels.stream().mapToInt(Integer::intValue).max().orElseThrow() + 1));
    }

    private List<String> names(int classes) {
        if (!isDefined(classNames)) {
            return IntStream.range(0, Math.max(2, classes)).mapToObj(Integer::toString).toList();
        }
        List<String> names = Arrays.asList(getOrDefault(classNames));
        if (names.size() < classes) {
            throw new InputError("classNames has " + names.size() + " names, column '" + getOrDefault(labelCol) + "' the label "
                    + (classes - 1) + "; name every class");
        }
        return names;
    }

    private static int label(Row row, String column) {
        Object value = row.get(1);
        if (!(value instanceof Number number) || number.doubleValue() != number.intValue() || number.intValue() < 0
                || number.intValue() > 255) {
            throw new InputError("column '" + column + "' has " + value + ", where a label is wanted: a whole number from 0 to 255");
        }
        return number.intValue();
    }

    @Override
    public StructType transformSchema(StructType schema) {
        new ImageColumn(getOrDefault(imageCol)).check(schema);
        if (!Arrays.asList(schema.fieldNames()).contains(getOrDefault(labelCol))) {
            throw new InputError("the data has no column '" + getOrDefault(labelCol) + "': it has " + String.join(", ", schema.fieldNames())
                    + "; name the one with labels by labelCol");
        }
        return RobustDistillationModel.schema(schema, getOrDefault(rawPredictionCol), getOrDefault(predictionCol));
    }

    @Override
    public RobustDistillation copy(ParamMap extra) {
        return (RobustDistillation) defaultCopy(extra);
    }

    /** Reads what {@code save} wrote. */
    public static MLReader<RobustDistillation> read() {
        return new DefaultParamsReader<>();
    }

    /** Reads what {@code save} wrote. */
    public static RobustDistillation load(String path) {
        return read().load(path);
    }
}
