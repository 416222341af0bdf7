package org.mmard.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.mmard.failure.InputError;
import org.mmard.failure.Printable;
import org.mmard.files.RegularFile;

/**
 * HOCON files on any Hadoop filesystem. An include is taken relative to the file that includes it, and must be there: HOCON itself would
 * pass over a mistyped one in silence. It must lie in the folder of the configuration or below, and nothing is fetched from elsewhere: who
 * takes a configuration from a stranger does not want it to read other files, or to call home.
 */
final class HoconFiles {
    private static final int DEEPEST_INCLUDE = 20;
    private static final int MOST_FILES = 100;

    private final Configuration hadoop;

    HoconFiles(Configuration hadoop) {
        this.hadoop = hadoop;
    }

    /** @throws InputError naming the file, and the line where there is one */
    ConfigObject parse(String uri) {
        try {
            Path file = new Path(uri);
            return new Reading(file.getFileSystem(hadoop).makeQualified(file).getParent()).parse(file, 0);
        } catch (IllegalArgumentException e) {
            throw new InputError(uri + ": not a path or URI of a configuration file", e);
        } catch (IOException e) {
            throw new InputError(uri + ": cannot be read (" + firstLine(e) + ")", e);
        }
    }

    /**
     * Parses what is data: a text in which nothing is included.
     *
     * @param origin of the text, for complaints
     * @throws InputError naming the origin, and the line where there is one
     */
    static ConfigObject parseData(String text, String origin) {
        HoconText.requireReadable(text, origin, HoconText.Contents.NONE);
        return parse(text, origin, new NoIncludes(origin));
    }

    private static ConfigObject parse(String text, String origin, ConfigIncluder includer) {
        try {
            return ConfigFactory.parseString(text, ConfigParseOptions.defaults()
                    .setSyntax(ConfigSyntax.CONF).setOriginDescription(origin).setIncluder(includer)).root();
        } catch (ConfigException e) {
            throw new InputError(firstLine(e), e);
        } catch (StackOverflowError e) {
            throw new InputError(origin + ": too deep to be read; no configuration is", e);
        }
    }

    private static String firstLine(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage().lines().findFirst().orElse("");
    }

    /** A configuration with all that it includes. */
    private final class Reading {
        private final Path root;
        private int files;
        private HoconText.Contents contents = HoconText.Contents.NONE;

        /** @param root the qualified folder that includes must not lead out of */
        Reading(Path root) {
            this.root = root;
        }

        ConfigObject parse(Path file, int depth) throws IOException {
            if (depth > DEEPEST_INCLUDE) {
                throw new InputError(file + ": includes itself, through one file or more");
            }
            if (++files > MOST_FILES) {
                throw new InputError(
                        file + ": is the " + files + "th file that the configuration includes; " + MOST_FILES + " are too many");
            }
            String text = text(file);
            contents = HoconText.requireReadable(text, file.toString(), contents);
            return HoconFiles.parse(text, file.toString(), new Relative(this, file, depth));
        }

        private String text(Path file) throws IOException {
            try {
                FileSystem filesystem = file.getFileSystem(hadoop);
                FileStatus status = filesystem.getFileStatus(file);
                if (status.isDirectory()) {
                    throw new InputError(file + ": a folder, where a configuration file is wanted");
                }
                try (InputStream in = RegularFile.open(filesystem, file)) {
                    byte[] content = in.readNBytes(HoconText.LARGEST + 1);
                    if (content.length > HoconText.LARGEST) {
                        throw new InputError(file + ": larger than " + (HoconText.LARGEST >> 10) + " KiB; no configuration is");
                    }
                    return HoconText.of(content);
                }
            } catch (FileNotFoundException e) {
                throw new InputError(file + ": there is no such configuration file"
                        + (firstLine(e).endsWith("(Permission denied)") ? " that may be read" : ""), e);
            }
        }

        /** @throws InputError where a file lies elsewhere, be it by a link */
        void requireWithin(Path file, String what, String includer) throws IOException {
            FileSystem filesystem = file.getFileSystem(hadoop);
            Path qualified = new Path(filesystem.makeQualified(file).toUri().normalize());
            boolean within = isBelow(qualified.toString(), root.toString());
            if (within && isLocal(filesystem)) {
                java.nio.file.Path real = local(filesystem, file);
                within = !Files.exists(real) || real.toRealPath().startsWith(local(filesystem, root).toRealPath());
            }
            if (!within) {
                throw new InputError(
                        includer + ": include \"" + Printable.value(what) + "\" leads out of the configuration's folder " + root
                                + "; copy the file into that folder");
            }
        }

        private static boolean isLocal(FileSystem filesystem) {
            return "file".equals(filesystem.getUri().getScheme());
        }

        private static boolean isBelow(String file, String folder) {
            return file.startsWith(folder.endsWith("/") ? folder : folder + "/") && !file.contains("/../");
        }

        private static java.nio.file.Path local(FileSystem filesystem, Path file) {
            return java.nio.file.Path.of(filesystem.makeQualified(file).toUri().getPath());
        }
    }

    private static final class Relative extends NoIncludes {
        private final Reading reading;
        private final Path includer;
        private final int depth;

        private Relative(Reading reading, Path includer, int depth) {
            super(includer.toString());
            this.reading = reading;
            this.includer = includer;
            this.depth = depth;
        }

        @Override
        public ConfigObject include(ConfigIncludeContext context, String what) {
            if (what.matches("(?s)[A-Za-z][\\w+.-]*:.*")) {
                throw refusal("\"" + Printable.value(what) + "\"");
            }
            try {
                Path file = includer.getParent() == null ? new Path(what) : new Path(includer.getParent(), what);
                reading.requireWithin(file, what, includer.toString());
                return reading.parse(file, depth + 1);
            } catch (IllegalArgumentException e) {
                throw new InputError(includer + ": include \"" + Printable.value(what) + "\": not a path", e);
            } catch (IOException e) {
                throw new InputError(includer + ": include \"" + Printable.value(what) + "\": cannot be read (" + firstLine(e) + ")", e);
            }
        }

        @Override
        public ConfigObject includeFile(ConfigIncludeContext context, File what) {
            return include(context, what.getPath());
        }
    }

    /** Refuses whatever a text wants to include. */
    private static class NoIncludes implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {
        private final String origin;

        NoIncludes(String origin) {
            this.origin = origin;
        }

        InputError refusal(String what) {
            return new InputError(origin + ": include " + what
                    + " is refused: a configuration includes files of its own folder alone, by include \"NAME\"");
        }

        @Override
        public ConfigIncluder withFallback(ConfigIncluder fallback) {
            return this;
        }

        @Override
        public ConfigObject include(ConfigIncludeContext context, String what) {
            throw new InputError(origin + ": include \"" + Printable.value(what) + "\" is refused: nothing is included here");
        }

        @Override
        public ConfigObject includeFile(ConfigIncludeContext context, File what) {
            return include(context, what.getPath());
        }

        @Override
        public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
            throw refusal("url(\"" + Printable.value(what.toString()) + "\")");
        }

        @Override
        public ConfigObject includeResources(ConfigIncludeContext context, String what) {
            throw refusal("classpath(\"" + Printable.value(what) + "\")");
        }
    }
}
