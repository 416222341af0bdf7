package org.mmard.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.mmard.failure.InputError;

/** What of CUDA there is: in this build, on this host. */
public final class Cuda {
    private static final Map<Integer, Card> CARDS = new ConcurrentHashMap<>();
    private static final String UNKNOWN = "unknown";

    private Cuda() {}

    /**
     * A GPU, as {@code nvidia-smi} describes it.
     *
     * @param driver version of the driver
     * @param capability compute capability, such as 9.0
     * @param mebibytes of memory. Each is "unknown"
     *     where nvidia-smi says nothing
     */
    public record Card(String name, String driver, String capability, String mebibytes) {
        boolean computesBfloat16() {
            return !capability.equals(UNKNOWN) && Double.parseDouble(capability) >= 8;
        }
    }

    /** Whether this build's LibTorch has CUDA, whatever this host has. */
    public static boolean built() {
        return Natives.forGpus();
    }

    /**
     * @param index of a GPU, from 0
     * @param asked who asks for it
     * @throws InputError where it cannot be used: this build has no CUDA, or libraries of CUDA are missing, or there is no such GPU
     */
    static void require(int index, String asked) {
        if (!built()) {
            throw new InputError(asked + ", but this build has no CUDA: make one that has with ./mmard --cuda build");
        }
        List<String> missing = Natives.missing();
        if (!missing.isEmpty()) {
            throw new InputError(asked + ", but CUDA libraries are missing on this host: " + String.join(", ", missing)
                    + "; install CUDA and cuDNN, or name their folders in LD_LIBRARY_PATH");
        }
        // Loads LibTorch, where that was not done yet.
        int gpus = LibTorch.gpus();
        if (gpus == 0) {
            throw new InputError(asked
                    + ", but there is no GPU: CUDA finds none on this host; nvidia-smi has to list one, with a driver new enough for "
                    + "this build");
        }
        if (index >= gpus) {
            throw new InputError(asked + ", but there is no GPU " + index + ": CUDA finds " + gpus + ", counted from 0");
        }
    }

    /** @param index among the GPUs that the process sees */
    public static Card card(int index) {
        return CARDS.computeIfAbsent(index, Cuda::ask);
    }

    private static Card ask(int index) {
        List<String> said = smi(index, "--query-gpu=name,driver_version,compute_cap,memory.total");
        String[] fields = said.isEmpty() ? new String[0] : said.get(0).split(", *");
        return fields.length == 4 ? new Card(fields[0], fields[1], fields[2], fields[3])
                : new Card("unknown GPU", UNKNOWN, UNKNOWN, UNKNOWN);
    }

    /** Memory of a GPU that is in use, by all processes, in MiB; -1 where nvidia-smi does not say. */
    public static long mebibytesInUse(int index) {
        List<String> said = smi(index, "--query-gpu=memory.used");
        return said.size() == 1 && said.get(0).matches("\\d+") ? Long.parseLong(said.get(0)) : -1;
    }

    /** nvidia-smi counts the host's GPUs; a process may have been told to see some of them only. */
    private static List<String> smi(int index, String query) {
        String visible = System.getenv("CUDA_VISIBLE_DEVICES");
        String[] shown = visible == null || visible.isBlank() ? new String[0] : visible.split(",");
        String id = index < shown.length ? shown[index].trim() : String.valueOf(index);
        List<String> lines = new ArrayList<>();
        try {
            Process process =
                    new ProcessBuilder("nvidia-smi", query, "--format=csv,noheader,nounits", "-i", id).redirectErrorStream(true).start();
            try (BufferedReader reader = process.inputReader()) {
                reader.lines().forEach(lines::add);
            }
            return process.waitFor() == 0 ? lines : List.of();
        } catch (IOException e) {
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }
}
