package org.mmard.model;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.mmard.failure.Printable;
import org.mmard.files.HadoopChannel;
import org.mmard.files.ZipEntries;

/** Tells what a file is that somebody took for a model, by its first bytes: what a failed download leaves, or another framework's. */
final class OtherFile {
    private static final int HEAD = 512;
    private static final int TAR_MAGIC = 257;
    private static final Pattern WEIGHTS = Pattern.compile("\\.(pt|pth|pth\\.tar|safetensors|t7|ckpt)$");

    /**
     * @param begins its first bytes, as Latin-1
     * @param what it is, and what to do
     */
    private record Kind(String begins, String what) {}

    private static final List<Kind> KINDS = List.of(
            new Kind("version https://git-lfs", "a pointer of Git LFS, not the file that it stands for: git lfs pull brings that"),
            new Kind("\u0089HDF",
                    "an HDF5 file, as Keras writes it: this reads weights of PyTorch (.pt, .pth), safetensors and mmard's own zip"),
            new Kind("\u0093NUMPY", "an array of NumPy: this reads weights of PyTorch (.pt, .pth), safetensors and mmard's own zip"),
            new Kind("\u001f\u008b", "compressed by gzip: unpack it first"),
            new Kind("\u00fd7zXZ", "compressed by xz: unpack it first"),
            new Kind("BZh", "compressed by bzip2: unpack it first"),
            new Kind("7z\u00bc\u00af", "an archive of 7-Zip: unpack it first"),
            new Kind("Rar!", "an archive of RAR: unpack it first"));

    private OtherFile() {}

    /** What a file is that is no model, to follow its name; nothing where nobody knows. */
    static Optional<String> kind(String uri, Configuration hadoop) {
        try (HadoopChannel file = HadoopChannel.open(uri, hadoop)) {
            return kind(file);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Whether a zip file is a program. */
    static boolean isTorchScript(ZipEntries zip) {
        return zip.names().stream().anyMatch(name -> name.endsWith("/constants.pkl"));
    }

    private static Optional<String> kind(HadoopChannel file) throws IOException {
        if (file.size() == 0) {
            return Optional.of("an empty file; copy or download it again");
        }
        file.position(0);
        String head = new String(file.stream().readNBytes(HEAD), StandardCharsets.ISO_8859_1);
        file.position(0);
        String text = head.replace("\u00ef\u00bb\u00bf", "").stripLeading().toLowerCase(Locale.ROOT);
        if (text.startsWith("<!doctype html") || text.startsWith("<html") || text.startsWith("<?xml") || text.startsWith("<head")) {
            return Optional.of("a web page, not the file behind it: open the address in a browser, and download what it offers");
        }
        for (Kind kind : KINDS) {
            if (head.startsWith(kind.begins)) {
                return Optional.of(kind.what);
            }
        }
        if (head.startsWith("ustar", TAR_MAGIC)) {
            return Optional.of("a tar archive: unpack it first");
        }
        if (head.length() > 2 && head.charAt(0) == 8 && head.charAt(1) < 16 && (head.charAt(2) == 0x12 || head.charAt(2) == ':')) {
            return Optional
                    .of("a protocol buffer, such as ONNX: this reads weights of PyTorch (.pt, .pth), safetensors and mmard's own zip");
        }
        if (head.startsWith("PK")) {
            return zip(file);
        }
        if (head.chars().allMatch(letter -> letter == '\n' || letter == '\r' || letter == '\t' || (letter >= ' ' && letter != 0x7f))) {
            return Optional.of("text, not weights; look into it, a download that failed may say why");
        }
        return Optional.empty();
    }

    private static Optional<String> zip(HadoopChannel file) throws IOException {
        ZipEntries entries;
        try {
            entries = ZipEntries.open(file);
        } catch (IOException e) {
            // Not a whole zip file: whoever reads it says what is wrong.
            return Optional.empty();
        }
        if (isTorchScript(entries)) {
            return Optional
                    .of("a program of TorchScript (torch.jit.save): nothing in a file is ever run; in PyTorch, save model.state_dict()");
        }
        if (entries.has("model.weights.h5")) {
            return Optional.of("a model of Keras: this reads weights of PyTorch (.pt, .pth), safetensors and mmard's own zip");
        }
        if (!entries.names().isEmpty() && entries.names().stream().allMatch(name -> name.endsWith(".npy"))) {
            return Optional.of("arrays of NumPy (.npz): this reads weights of PyTorch (.pt, .pth), safetensors and mmard's own zip");
        }
        return entries.names().stream().filter(name -> WEIGHTS.matcher(name).find()).findFirst()
                .map(name -> "a zip archive that holds " + Printable.line(name) + ": unpack it first");
    }
}
