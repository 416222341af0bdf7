package org.mmard.model;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDateTime;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.deeplearning4j.nn.api.Updater;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.jspecify.annotations.Nullable;
import org.mmard.data.ImageSet;
import org.mmard.data.ImageShape;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
import org.mmard.failure.Reason;
import org.mmard.files.HadoopChannel;
import org.mmard.files.RegularFile;
import org.mmard.files.ZipEntries;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A model on disk: the zip that DL4J's {@code ModelSerializer} writes (configuration.json, coefficients.bin, updaterState.bin), so that
 * plain DL4J loads it, and one entry more, {@code mmard.json}, that says what the model is. The same model gives the same bytes.
 */
public final class ModelFile {
    /** In a model's provenance: the SHA-256 of the file that it was imported from. */
    public static final String IMPORTED_SHA256 = "imported-sha256";

    private static final String METADATA = "mmard.json";
    private static final List<String> OWN =
            List.of(ModelSerializer.CONFIGURATION_JSON, ModelSerializer.COEFFICIENTS_BIN, ModelSerializer.UPDATER_BIN, METADATA);
    private static final List<String> REQUIRED = List.of(METADATA, ModelSerializer.CONFIGURATION_JSON, ModelSerializer.COEFFICIENTS_BIN);
    /** The student's own weights, beside an average of them: of the further entries the only one that may be large. */
    public static final String RAW = "raw.bin";
    private static final long LARGEST_TEXT = 1 << 20;
    private static final long LARGEST_CONFIGURATION = 16 << 20;
    private static final long MOST_AROUND = 1000;
    /** Bytes. */
    private static final int PIECE = 1 << 16;
    private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private ModelFile() {}

    /**
     * What a model is and where it came from.
     *
     * @param architecture name in the zoo
     * @param shape of the images it is for; 3 x 32 x 32 where an older file does not say
     * @param classNames one per class, in label order
     * @param data what it was trained on
     * @param provenance seed, versions, checksums and the like, by name
     */
    public record Metadata(String architecture, ImageShape shape, List<String> classNames, String data, Map<String, String> provenance) {
        public Metadata {
            require(architecture != null, "architecture is missing");
            require(data != null, "data is missing");
            require(classNames != null && classNames.stream().noneMatch(Objects::isNull), "classNames is missing, or a name among them");
            require(classNames.size() >= 2 && classNames.size() <= Short.MAX_VALUE,
                    "classNames has " + classNames.size() + " names; a classifier has 2 to " + Short.MAX_VALUE);
            require(provenance != null, "provenance is missing");
            shape = shape == null ? ImageShape.CIFAR : shape;
            classNames = List.copyOf(classNames);
            provenance = new TreeMap<>(provenance);
        }

        private static void require(boolean right, String otherwise) {
            if (!right) {
                throw new IllegalArgumentException(otherwise);
            }
        }

        /** The same in words that can be printed: a file may hold any. */
        private Metadata printable() {
            require(provenance.values().stream().noneMatch(Objects::isNull), "a value of provenance is missing");
            Map<String, String> shown = new TreeMap<>();
            provenance.forEach((name, value) -> shown.put(Printable.line(name), Printable.line(value)));
            return new Metadata(Printable.line(architecture), shape, classNames.stream().map(Printable::line).toList(),
                    Printable.line(data),
                    shown);
        }
    }

    /**
     * @param updaterState the optimiser's state at the time of writing, or null; it is not installed in the graph
     * @param extras all further entries of the zip, by name
     */
    public record Model(ComputationGraph graph, Metadata metadata, @Nullable INDArray updaterState, Map<String, byte[]> extras) {
        /**
         * @param model, data their URIs, for complaints
         * @throws InputError in one line with both sides, where these images have another shape than the model is for, or other classes
         */
        public void requireFit(String model, ImageSet images, String data) {
            if (metadata.classNames().size() != images.classes()) {
                throw new InputError(
                        model + " tells " + metadata.classNames().size() + " classes apart, " + data + " has " + images.classes());
            }
            if (!metadata.shape().equals(images.shape())) {
                throw new InputError(model + " is for images of " + metadata.shape() + ", those of " + data + " are " + images.shape()
                        + "; choose a model or data of the other's shape");
            }
        }
    }

    /**
     * Writes the graph, with its updater's state if it has one, and leaves the stream open. The caller sees to it that a half-written file
     * never stands under the model's name.
     *
     * @param extras further entries, by names other than the zip's own
     */
    public static void write(OutputStream out, ComputationGraph graph, Metadata metadata, Map<String, byte[]> extras) throws IOException {
        ZipOutputStream zip = new ZipOutputStream(out);
        deflate(zip, ModelSerializer.CONFIGURATION_JSON, graph.getConfiguration().toJson().getBytes(StandardCharsets.UTF_8));
        put(zip, ModelSerializer.COEFFICIENTS_BIN, graph.params());
        Updater updater = graph.getUpdater(false);
        if (updater != null && updater.getStateViewArray() != null) {
            put(zip, ModelSerializer.UPDATER_BIN, updater.getStateViewArray());
        }
        put(zip, METADATA, JSON.writeValueAsBytes(metadata));
        for (Map.Entry<String, byte[]> extra : new TreeMap<>(extras).entrySet()) {
            if (OWN.contains(extra.getKey())) {
                throw new IllegalArgumentException("entry name " + extra.getKey() + " is taken");
            }
            put(zip, extra.getKey(), extra.getValue());
        }
        zip.finish();
    }

    /**
     * Reads a model from any Hadoop URI.
     *
     * @throws InputError naming the URI, and the entry where there is one, when the file is missing, damaged or no model
     */
    public static Model read(String uri, Configuration hadoop) {
        if (TorchFile.isOne(uri, hadoop)) {
            throw new InputError(uri + ": PyTorch weights; mmard model import makes a model file of them");
        }
        try (HadoopChannel file = HadoopChannel.open(uri, hadoop)) {
            return read(uri, file);
        } catch (FileNotFoundException e) {
            throw new InputError(uri + ": there is no such model file", e);
        } catch (IOException e) {
            throw new InputError(uri + ": cannot be read (" + e.getMessage() + ")", e);
        } catch (InputError e) {
            throw OtherFile.kind(uri, hadoop).map(kind -> new InputError(uri + ": " + kind, e)).orElse(e);
        }
    }

    /**
     * Reads a model from an open file of {@code length} bytes.
     *
     * @param uri for complaints
     * @throws InputError naming the URI, and the entry where there is one, when the content is damaged or no model
     * @throws IOException when the content cannot be read
     */
    public static Model read(String uri, FSDataInputStream in, long length) throws IOException {
        return read(uri, new HadoopChannel(in, length));
    }

    private static Model read(String uri, HadoopChannel file) throws IOException {
        try (ZipEntries entries = ZipEntries.open(file)) {
            return model(uri, entries);
        } catch (IOException e) {
            file.rethrowFailure();
            throw new InputError(uri + ": " + e.getMessage(), e);
        }
    }

    /**
     * Checks that an open file of {@code length} bytes is a whole zip, every entry of it.
     *
     * @throws InputError as {@link #read} does
     * @throws IOException when the content cannot be read
     */
    public static void requireWhole(String uri, FSDataInputStream in, long length) throws IOException {
        HadoopChannel file = new HadoopChannel(in, length);
        try (ZipEntries entries = ZipEntries.open(file)) {
            entries.requireWhole();
        } catch (IOException e) {
            file.rethrowFailure();
            throw new InputError(uri + ": " + e.getMessage(), e);
        }
    }

    /**
     * Nothing is unpacked before the entries behind it are known to be of a size that makes sense, and no array before the network that it
     * is for.
     */
    private static Model model(String uri, ZipEntries entries) throws IOException {
        for (String entry : REQUIRED) {
            if (!entries.has(entry)) {
                throw new IOException("not a model file of mmard: entry " + entry + " is missing");
            }
        }
        for (String entry : entries.names()) {
            if (!OWN.contains(entry) && !entry.equals(RAW) && entries.size(entry) > LARGEST_TEXT) {
                throw new IOException("entry " + entry + " of " + entries.size(entry) + " bytes is none that a model has");
            }
        }
        Metadata metadata = metadata(uri, entries.bytes(METADATA, LARGEST_TEXT));
        ComputationGraphConfiguration configuration =
                configuration(uri, metadata, entries.bytes(ModelSerializer.CONFIGURATION_JSON, LARGEST_CONFIGURATION));
        MemoryDemand.require(uri, configuration, metadata.shape());
        ComputationGraph graph = new ComputationGraph(configuration);
        Outline outline = Outline.of(configuration, metadata.shape());
        graph.init(array(uri, entries, ModelSerializer.COEFFICIENTS_BIN, outline.trainable() + outline.statistics()), false);
        requirePositive(uri, graph);
        INDArray updaterState =
                entries.has(ModelSerializer.UPDATER_BIN) ? array(uri, entries, ModelSerializer.UPDATER_BIN, outline.trainable()) : null;
        Map<String, byte[]> extras = new TreeMap<>();
        for (String entry : entries.names()) {
            if (!OWN.contains(entry)) {
                extras.put(entry, entries.bytes(entry, Math.max(LARGEST_TEXT, entries.size(ModelSerializer.COEFFICIENTS_BIN))));
            }
        }
        return new Model(graph, metadata, updaterState, extras);
    }

    /**
     * SHA-256 of a model file's bytes, in lower-case hexadecimal.
     *
     * @throws InputError naming the URI, where it cannot be read
     */
    public static String checksum(String uri, Configuration hadoop) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            Path path = new Path(uri);
            FileSystem files = path.getFileSystem(hadoop);
            FileSystem raw = files instanceof LocalFileSystem local ? local.getRawFileSystem() : files;
            try (InputStream in = new DigestInputStream(RegularFile.open(raw, path), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        } catch (IOException e) {
            throw new InputError(uri + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static Metadata metadata(String uri, byte[] content) {
        try {
            Metadata metadata = JSON.readValue(content, Metadata.class);
            if (metadata == null) {
                throw bad(uri, METADATA, "is null", null);
            }
            return metadata.printable();
        } catch (IllegalArgumentException e) {
            throw bad(uri, METADATA, Reason.of(e), e);
        } catch (ValueInstantiationException e) {
            throw bad(uri, METADATA, Reason.of(e.getCause() == null ? e : e.getCause()), e);
        } catch (IOException e) {
            throw bad(uri, METADATA, e instanceof JsonProcessingException json ? json.getOriginalMessage() : Reason.of(e), e);
        }
    }

    private static ComputationGraphConfiguration configuration(String uri, Metadata metadata, byte[] content) {
        try {
            return Agreement.configuration(metadata.architecture(), metadata.shape(), metadata.classNames().size(), content);
        } catch (InputError e) {
            throw bad(uri, METADATA, e.getMessage(), e);
        } catch (IOException e) {
            throw bad(uri, ModelSerializer.CONFIGURATION_JSON, Reason.of(e), e);
        }
    }

    private static INDArray array(String uri, ZipEntries entries, String entry, long numbers) throws IOException {
        long bytes = entries.size(entry);
        // Its header is far shorter than that.
        if (bytes < Float.BYTES * numbers || bytes > Float.BYTES * numbers + MOST_AROUND) {
            throw bad(uri, entry,
                    "does not fit the configuration: " + bytes + " bytes, where the network has " + numbers + " numbers of 4 bytes", null);
        }
        try {
            return fitting(uri, entry, entries.read(entry, in -> StoredArray.read(in, bytes)), numbers);
        } catch (ZipEntries.BadContent e) {
            throw bad(uri, entry, Reason.of(e), e);
        }
    }

    private static INDArray fitting(String uri, String entry, INDArray array, long numbers) {
        if (array.length() != numbers) {
            throw bad(uri, entry, "does not fit the configuration: " + array.length() + " numbers, where the network has " + numbers, null);
        }
        return array;
    }

    /** The root of a variance below zero is no number, and nor are the logits behind it. */
    private static void requirePositive(String uri, ComputationGraph graph) {
        graph.paramTable().forEach((name, values) -> {
            if (name.endsWith("_var") && values.minNumber().floatValue() < 0) {
                throw bad(uri, ModelSerializer.COEFFICIENTS_BIN, name + " has a variance of " + values.minNumber(), null);
            }
        });
    }

    /** An array in the form of a model file's entry, for an extra of {@link #write}. */
    public static byte[] bytes(INDArray array) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            write(bytes, array);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * The array of such an extra.
     *
     * @param numbers that it has to have
     * @throws InputError naming file and entry, where it is none, or of
     * another length
     */
    public static INDArray array(String uri, String entry, byte[] content, long numbers) {
        try {
            return fitting(uri, entry, StoredArray.read(new ByteArrayInputStream(content), content.length), numbers);
        } catch (IOException e) {
            throw bad(uri, entry, e instanceof ZipEntries.BadContent ? Reason.of(e) : "no array as ND4J stores it", e);
        }
    }

    private static InputError bad(String uri, String entry, String what, @Nullable Exception cause) {
        return new InputError(uri + ": entry " + entry + ": " + what, cause);
    }

    /** What {@link Nd4j#write} writes, to the byte: that hands a stream one value at a time, of a copy off the heap. */
    private static void write(OutputStream out, INDArray array) throws IOException {
        DataOutputStream data = new DataOutputStream(out);
        array.shapeInfoDataBuffer().write(data);
        data.writeUTF(array.data().allocationMode().name());
        data.writeLong(array.length());
        data.writeUTF(array.dataType().name());
        FlatVector.use(array, bytes -> {
            FloatBuffer values = bytes.asFloatBuffer();
            ByteBuffer piece = ByteBuffer.allocate(PIECE);
            for (int from = 0; from < values.capacity(); from += PIECE / Float.BYTES) {
                int length = Math.min(values.capacity() - from, PIECE / Float.BYTES);
                piece.asFloatBuffer().put(values.slice(from, length));
                data.write(piece.array(), 0, length * Float.BYTES);
            }
        });
        data.flush();
    }

    private static void deflate(ZipOutputStream zip, String name, byte[] content) throws IOException {
        zip.putNextEntry(entry(name));
        zip.write(content);
        zip.closeEntry();
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        store(zip, name, out -> out.write(content));
    }

    private static void put(ZipOutputStream zip, String name, INDArray array) throws IOException {
        store(zip, name, out -> write(out, array));
    }

    /**
     * Writes an entry uncompressed: deflating weights takes most of the time of a checkpoint, and takes 7 % off its size.
     *
     * @param content written twice, for such an entry says its length and checksum first
     */
    private static void store(ZipOutputStream zip, String name, Content content) throws IOException {
        CRC32 checksum = new CRC32();
        DataOutputStream counted = new DataOutputStream(new CheckedOutputStream(OutputStream.nullOutputStream(), checksum));
        content.writeTo(counted);
        ZipEntry entry = entry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(counted.size());
        entry.setCrc(checksum.getValue());
        zip.putNextEntry(entry);
        content.writeTo(zip);
        zip.closeEntry();
    }

    private static ZipEntry entry(String name) {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(NO_TIME);
        return entry;
    }

    /** Writes the same bytes each time. */
    @FunctionalInterface
    private interface Content {
        void writeTo(OutputStream out) throws IOException;
    }
}
