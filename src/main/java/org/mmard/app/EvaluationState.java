package org.mmard.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mmard.attack.Attacks;
import org.mmard.attack.Ledger;
import org.mmard.attack.Outcome;
import org.mmard.data.ImageSet;
import org.mmard.failure.InputError;
import org.mmard.files.Folder;
import org.mmard.files.JsonFields;
import org.mmard.files.Sha256;

/**
 * What an evaluation has found out so far, saved part by part beside where its results will go, so that the same command goes on after
 * a stop. Its folder's name is made of what the outcomes depend on: another model, other images or another seed have another folder. A part
 * is one JSON file, put in place whole; its adversarial images, where they are wanted, lie in a file beside it that is written before.
 */
final class EvaluationState implements Ledger {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PREFIX = "evaluation-state-";
    private static final String PART = ".json";
    private static final String IMAGES = ".f32";
    private static final String IDENTITY = "identity.txt";
    /** As {@link #add} names a part: its attack as {@link #inFileNames}, and its first record. */
    private static final Pattern NAME = Pattern.compile("([a-z0-9][a-z0-9@._-]*)-(\\d{1,9})\\.json");
    private static final int LARGEST = 1 << 26;
    private static final double LONGEST = 1e12;

    private final Folder directory;
    private final String folder;
    private final boolean images;
    private final int examples;
    private final int classes;
    private final Map<String, Outcome> outcomes = new HashMap<>();
    /** Where the adversarial image of a record lies: attack, record, file. */
    private final Map<String, Map<Integer, Place>> places = new HashMap<>();
    private @Nullable String read;
    private ByteBuffer lastRead = ByteBuffer.allocate(0);

    /** One part as it is saved. */
    private record Part(String attack, Outcome outcome, boolean images) {}

    /**
     * @param file name of the part
     * @param at the image's number in it
     */
    private record Place(String file, int at) {}

    private EvaluationState(Folder directory, String folder, int examples, int classes, boolean images) {
        this.directory = directory;
        this.folder = folder;
        this.examples = examples;
        this.classes = classes;
        this.images = images;
    }

    /**
     * All that outcomes depend on, besides the attack.
     *
     * @param model SHA-256 of its file
     */
    static String identity(String model, ImageSet images, double epsilon, long seed) {
        return String.join("\n", "model " + model, "images " + images.checksum(), "epsilon " + epsilon, "seed " + seed);
    }

    /**
     * The same for corrupted images, whose parts are called by their checksums.
     *
     * @param examples of each severity
     */
    static String identity(String model, int examples) {
        return String.join("\n", "model " + model, "corrupted images " + examples);
    }

    /**
     * The state of this evaluation, with what an earlier call has left.
     *
     * @param identity as {@link #identity} makes it
     * @param examples how many there are; their record ids are below it
     * @param classes that a prediction can be of
     * @param images whether adversarial images are wanted; parts saved without them are done again then
     * @throws InputError where the directory cannot be written, or holds something else under one of the state's names
     */
    static EvaluationState open(Folder directory, String identity, int examples, int classes, boolean images) {
        EvaluationState state = new EvaluationState(directory, PREFIX + Sha256.of(identity).substring(0, 12), examples, classes, images);
        try {
            for (String name : directory.names(state.folder)) {
                Matcher part = NAME.matcher(name);
                if (part.matches()) {
                    state.load(name, part.group(1), Integer.parseInt(part.group(2)));
                }
            }
            directory.write(state.folder + "/" + IDENTITY, identity.getBytes(StandardCharsets.UTF_8));
        } catch (UncheckedIOException e) {
            throw new InputError(e.getMessage() + "; choose another --out", e);
        }
        return state;
    }

    /** How an attack is called in names of files: {@code pgd20@2_255} for {@code pgd20@2/255}. */
    static String inFileNames(String attack) {
        return attack.replace('/', '_');
    }

    private void load(String name, String called, int first) {
        String file = directory.uri(folder + "/" + name) + ": no part of an evaluation, remove it";
        JsonFields fields = JsonFields.of(file, directory.read(folder + "/" + name, LARGEST).orElseThrow(() -> new InputError(file)));
        String attack = fields.text("attack");
        if (!inFileNames(attack).equals(called)) {
            throw fields.refusal("attack", "'" + called + "'");
        }
        JsonFields found = fields.section("outcome");
        int[] records = found.counts("records", 0, examples - 1);
        int[] right = found.flags("correct");
        Outcome outcome =
                new Outcome(records, sized(found, "predictions", found.counts("predictions", 0, classes - 1), records.length),
                        correct(sized(found, "correct", right, records.length)), found.number("seconds", 0, LONGEST));
        if (records.length == 0 || records[0] != first) {
            throw found.refusal("records", "a list that begins with " + first);
        }
        Set<Integer> known = IntStream.of(known(attack).records()).boxed().collect(Collectors.toSet());
        if (!IntStream.of(records).allMatch(known::add)) {
            throw found.refusal("records", "a list of which no other part has one, and none is twice,");
        }
        boolean withImages = fields.flag("images");
        if (withImages || !images) {
            remember(new Part(attack, outcome, withImages), name);
        }
    }

    private static int[] sized(JsonFields fields, String key, int[] list, int size) {
        if (list.length != size) {
            throw fields.refusal(key, "a list of " + size);
        }
        return list;
    }

    private static boolean[] correct(int[] ones) {
        boolean[] correct = new boolean[ones.length];
        for (int i = 0; i < ones.length; i++) {
            correct[i] = ones[i] == 1;
        }
        return correct;
    }

    private void remember(Part part, String name) {
        outcomes.merge(part.attack, part.outcome, Outcome::with);
        Map<Integer, Place> ofAttack = places.computeIfAbsent(part.attack, attack -> new HashMap<>());
        for (int i = 0; i < part.outcome.records().length; i++) {
            ofAttack.put(part.outcome.records()[i], new Place(name.replace(PART, IMAGES), i));
        }
    }

    /** How many outcomes it holds, over all attacks. */
    int size() {
        return outcomes.values().stream().mapToInt(outcome -> outcome.records().length).sum();
    }

    @Override
    public Outcome known(String attack) {
        return outcomes.getOrDefault(attack, new Outcome(new int[0], new int[0], new boolean[0], 0));
    }

    @Override
    public void add(String attack, Outcome outcome, float @Nullable [] pixels) {
        String name = inFileNames(attack) + "-" + outcome.records()[0] + PART;
        if (pixels != null) {
            ByteBuffer bytes = ByteBuffer.allocate(pixels.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(pixels);
            directory.write(folder + "/" + name.replace(PART, IMAGES), bytes.array());
        }
        Part part = new Part(attack, outcome, pixels != null || attack.equals(Attacks.CLEAN));
        try {
            directory.write(folder + "/" + name, JSON.writeValueAsBytes(part));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        remember(part, name);
    }

    @Override
    public boolean wantsImages() {
        return images;
    }

    /** Fills {@code pixels}, one image's, with x' of a record under an attack. Only for a state that was opened for images. */
    void image(String attack, int record, float[] pixels) {
        Place place = Objects.requireNonNull(places.getOrDefault(attack, Map.of()).get(record), "no image of this record was kept");
        if (!place.file.equals(read)) {
            lastRead = ByteBuffer.wrap(directory.read(folder + "/" + place.file).orElse(new byte[0])).order(ByteOrder.LITTLE_ENDIAN);
            read = place.file;
        }
        if (lastRead.capacity() < (place.at + 1L) * pixels.length * Float.BYTES) {
            throw new InputError(
                    directory.uri(folder + "/" + place.file) + ": missing or cut short; remove it and its .json, and they are made again");
        }
        lastRead.asFloatBuffer().get(place.at * pixels.length, pixels);
    }

    /** Removes what this and earlier calls have saved: the evaluation is done. What else lies in the folder stays. */
    void delete() {
        for (String name : directory.names(folder)) {
            if (name.equals(IDENTITY) || NAME.matcher(name.replace(IMAGES, PART)).matches()) {
                directory.delete(folder + "/" + name);
            }
        }
        directory.deleteFolderIfEmpty(folder);
    }
}
