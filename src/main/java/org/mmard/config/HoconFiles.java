package org.mmard.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * HOCON files on any Hadoop filesystem. An include is taken relative to the file that includes it, and must be there: HOCON itself would pass
 * over a mistyped one in silence.
 */
final class HoconFiles {
    private static final int DEEPEST_INCLUDE = 20;

    private final Configuration hadoop;

    HoconFiles(Configuration hadoop) {
        this.hadoop = hadoop;
    }

    /** @throws InputError naming the file, and the line where there is one */
    ConfigObject parse(String uri) {
        try {
            return parse(new Path(uri), 0);
        } catch (IllegalArgumentException e) {
            throw new InputError(uri + ": not a path or URI of a configuration file", e);
        }
    }

    private ConfigObject parse(Path file, int depth) {
        if (depth > DEEPEST_INCLUDE) {
            throw new InputError(file + ": includes itself, through one file or more");
        }
        try {
            FileStatus status = file.getFileSystem(hadoop).getFileStatus(file);
            if (status.isDirectory()) {
                throw new InputError(file + ": a folder, where a configuration file is wanted");
            }
            try (Reader reader = new InputStreamReader(file.getFileSystem(hadoop).open(file), StandardCharsets.UTF_8)) {
                return ConfigFactory.parseReader(reader, ConfigParseOptions.defaults()
                        .setSyntax(ConfigSyntax.CONF).setOriginDescription(file.toString()).setIncluder(new Relative(file, depth))).root();
            }
        } catch (FileNotFoundException e) {
            throw new InputError(file + ": there is no such configuration file", e);
        } catch (ConfigException e) {
            throw new InputError(firstLine(e), e);
        } catch (IOException e) {
            throw new InputError(file + ": cannot be read (" + firstLine(e) + ")", e);
        }
    }

    private static String firstLine(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage().lines().findFirst().orElse("");
    }

    private final class Relative implements ConfigIncluder, ConfigIncluderFile {
        private final Path includer;
        private final int depth;

        private Relative(Path includer, int depth) {
            this.includer = includer;
            this.depth = depth;
        }

        @Override
        public ConfigIncluder withFallback(ConfigIncluder fallback) {
            return this;
        }

        @Override
        public ConfigObject include(ConfigIncludeContext context, String what) {
            return parse(includer.getParent() == null ? new Path(what) : new Path(includer.getParent(), what), depth + 1);
        }

        @Override
        public ConfigObject includeFile(ConfigIncludeContext context, File what) {
            return include(context, what.getPath());
        }
    }
}
