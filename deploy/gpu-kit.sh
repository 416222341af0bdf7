#!/usr/bin/env bash
# Packs what a bare x86-64 Linux host with an NVIDIA driver, CUDA and cuDNN, but no network and no JDK, needs to run mmard: a Java runtime, our jar, Spark's.
# In the checkout, after ./mmard --cuda build:
#
#   deploy/gpu-kit.sh [FOLDER]    writes FOLDER/mmard-gpu-kit.000, .001, ... of at most 60 MiB and FOLDER/unpack.sh (default: target/gpu-kit)
#
# On the host, with all of them in one folder: bash unpack.sh [COMMAND [ARGUMENT]...]    unpacks once, and runs mmard gpu check, or another command
#
# MMARD_KIT_LEVEL   zstd's level, 1 to 19; default 12
# MMARD_KIT_GZIP=1  for a host without zstd: the parts are then about twice as many
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
# shellcheck source=deploy/local/common.sh
. "$root/deploy/local/common.sh"
out=${1:-$root/target/gpu-kit}
jar=$root/target/mmard-train.jar
# Loaded with LibTorch and, without profiling, multi-host collectives and GPU storage, never called: empty ones will do where a host has none.
unused=(libcupti.so.12 libcupti.so.13 libnccl.so.2 libcufile.so.0)

use_java_17
[[ -x $JAVA_HOME/bin/jlink ]] || fail "$JAVA_HOME has no jlink: install a JDK 17 with its modules (Debian: openjdk-17-jdk-headless)"
[[ -f $jar && -d $root/target/spark-home/jars ]] || fail "$jar is not built: ./mmard --cuda build"
"$JAVA_HOME/bin/jar" tf "$jar" | grep -q '/linux-x86_64-gpu/libtorch_cuda.so$' || fail "$jar has no CUDA: ./mmard --cuda build"
command -v gcc > /dev/null || fail 'gcc is missing: install it (Debian: apt-get install gcc libc6-dev)'
pack=(gzip -1)
if [[ ${MMARD_KIT_GZIP:-} != 1 ]]; then
    command -v zstd > /dev/null || fail 'zstd is missing: install it, or set MMARD_KIT_GZIP=1'
    pack=(zstd -q -T0 "-${MMARD_KIT_LEVEL:-12}" --long=27)
fi

mkdir -p "$out"
rm -f "$out"/mmard-gpu-kit.*
kit=$(mktemp -d "$out/packing.XXXXXX")
trap 'rm -rf "$kit"' EXIT
mkdir -p "$kit/spark-home/bin" "$kit/conf" "$kit/unused"
"$JAVA_HOME/bin/jlink" --add-modules java.se,jdk.unsupported,jdk.management,jdk.zipfs,jdk.crypto.ec,jdk.security.jgss \
    --strip-debug --no-header-files --no-man-pages --output "$kit/jre"
cp -r "$root/target/spark-home/jars" "$kit/spark-home/jars"
cp "$root/src/main/resources/org/mmard/log4j2.properties" "$kit/conf/"
for library in "${unused[@]}"; do
    gcc -shared -nostdlib -x c /dev/null -Wl,-soname,"$library" -o "$kit/unused/$library"
done
if [[ ${pack[0]} == zstd ]]; then
    # Stored instead of deflated, for zstd to work on.
    mkdir "$kit/open"
    (cd "$kit/open" && "$JAVA_HOME/bin/jar" xf "$jar" && "$JAVA_HOME/bin/jar" cf0M ../mmard-train.jar .)
    rm -rf "$kit/open"
else
    cp "$jar" "$kit/mmard-train.jar"
fi
printf '#!/usr/bin/env bash\njava_openings=(%s)\n' "${java_openings[*]}" > "$kit/mmard"
cat >> "$kit/mmard" << 'RUN'
# mmard in this folder: any of its commands.
set -euo pipefail
kit=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" SPARK_HOME="$kit/spark-home" SPARK_SCALA_VERSION=2.12 SPARK_LOCAL_IP="${SPARK_LOCAL_IP:-127.0.0.1}"
export CUDA_DEVICE_ORDER="${CUDA_DEVICE_ORDER:-PCI_BUS_ID}"
mkdir -p "$kit/links" "$kit/logs"
for library in "$kit"/unused/*; do
    name=${library##*/}
    found=$(find -L /usr/local/cuda*/lib64 /usr/local/cuda*/extras/CUPTI/lib64 -maxdepth 1 -name "$name" 2> /dev/null | head -n 1 || true)
    if [[ -n $found ]]; then
        ln -sfn "$found" "$kit/links/$name"
    elif ! ldconfig -p 2> /dev/null | grep -q "$name "; then
        ln -sfn "$library" "$kit/links/$name"
    fi
done
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}/usr/local/cuda/lib64:$kit/links"
exec "$kit/jre/bin/java" -Xmx"${MMARD_DRIVER_MEMORY:-4g}" "${java_openings[@]}" -Djdk.reflect.useDirectMethodHandle=false \
    -Dorg.bytedeco.javacpp.cachedir="$kit/cache" -Dlog4j2.configurationFile="$kit/conf/log4j2.properties" -Dmmard.log="$kit/logs/mmard.log" \
    -Dmmard.command=mmard -cp "$kit/mmard-train.jar:$kit/spark-home/jars/*" org.mmard.cli.Mmard "$@"
RUN
chmod +x "$kit/mmard"
tar -C "$kit" -cf - . | "${pack[@]}" | split -b 60m -d -a 3 - "$out/mmard-gpu-kit."
cat > "$out/unpack.sh" << RUN
#!/usr/bin/env bash
# Unpacks the parts beside this script, once, and runs mmard: gpu check, or the command given.
set -euo pipefail
here=\$(dirname "\$(readlink -f "\${BASH_SOURCE[0]}")")
if [[ ! -x \$here/kit/mmard ]]; then
    command -v ${pack[0]} > /dev/null || { echo 'unpack.sh: ${pack[0]} is missing on this host: pack the kit with MMARD_KIT_GZIP=1' >&2; exit 1; }
    rm -rf "\$here/kit.part"
    mkdir "\$here/kit.part"
    cat "\$here"/mmard-gpu-kit.[0-9]* | ${pack[0]} -dc$([[ ${pack[0]} == gzip ]] || printf ' --long=27') | tar -C "\$here/kit.part" -xf -
    mv "\$here/kit.part" "\$here/kit"
fi
if ((\$# == 0)); then set -- gpu check; fi
exec "\$here/kit/mmard" "\$@"
RUN
chmod +x "$out/unpack.sh"
du -ch "$out"/mmard-gpu-kit.* | tail -n 1
