#!/usr/bin/env bash
# Fuzzes all that parses the bytes of remotes, by Jazzer: every @FuzzTest, each in a JVM of its own, two at a time. Fails
# if anything is found, and says where the input lies: put it beside the seeds, in src/test/resources, once it is mended.
#
#     scripts/fuzz.sh [SECONDS [WORD...]]     so long each; only targets that have one of the words in their names
#     scripts/fuzz.sh 3600                    the long run
#     scripts/fuzz.sh 60 Yamux record
#
# What it learns (target/fuzz/.cifuzz-corpus in each module) is used by the next run.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/find-jdk.sh
find_jdk
export JAVA_HOME

seconds=${1:-10}
shift || true
modules=(core libp2p dht gossip sync)
at_once=2

built() { # true if no source is newer than what the last build has left
    local module
    for module in "${modules[@]}"; do
        [ -r "$module/target/fuzz.classpath" ] || return 1
        [ -z "$(find "$module/src" "$module/pom.xml" -newer "$module/target/fuzz.classpath" -print -quit)" ] || return 1
    done
}

targets() { # MODULE: prints class#method of each
    (cd "$1/src/test/java" && find . -name '*FuzzTest.java' | sort) | while read -r file; do
        local class=${file#./}
        class=${class%.java}
        sed -n '/@FuzzTest/,/void/s/.*void \([a-zA-Z]*\)(.*/\1/p' "$1/src/test/java/$file" |
            sed "s|^|${class//\//.}#|"
    done
}

wanted() { # NAME WORD...: true if there are no words, or the name has one of them
    local name=$1 word
    shift
    [ $# -gt 0 ] || return 0
    for word in "$@"; do
        case $name in *"$word"*) return 0 ;; esac
    done
    return 1
}

fuzz() { # MODULE CLASS#METHOD: one target; prints one line, and the log if something was found
    local module=$1 class=${2%#*} method=${2#*#} folder log status=0 runs
    folder=$PWD/$module/target/fuzz
    mkdir -p "$folder"
    log=$folder/$class.$method.log
    # The heap is part of the test: whoever asks for more than an input is worth runs out of it.
    (cd "$folder" && "$JAVA_HOME/bin/java" -Xmx400m -XX:+UseSerialGC -XX:+EnableDynamicAgentLoading \
        --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
        -cp "../test-classes:../classes:$(cat ../fuzz.classpath)" com.code_intelligence.jazzer.Jazzer \
        --target_class="$class" --target_method="$method" --instrumentation_includes='network.guts.**' \
        -max_total_time="$seconds" -timeout=25 -rss_limit_mb=1500 >"$log" 2>&1) || status=$?
    runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$log" | tail -n 1)
    if [ $status -ne 0 ] || [ -z "$runs" ]; then
        echo "$class#$method: FOUND something, or failed (exit code $status); $log ends with"
        grep -v 'Loaded .* hooks\|Uses:' "$log" | tail -n 60
        return 1
    fi
    printf '%12d inputs  %s#%s\n' "$runs" "$class" "$method"
}

if ! built; then
    ./mvnw -q -pl "$(IFS=,; echo "${modules[*]}")" -am -DskipTests test-compile
    for module in "${modules[@]}"; do
        touch "$module/target/fuzz.classpath"
    done
fi

results=$(mktemp -d)
trap 'rm -r "$results"' EXIT
count=0
for module in "${modules[@]}"; do
    for target in $(targets "$module"); do
        wanted "$target" "$@" || continue
        count=$((count + 1))
        while [ "$(jobs -pr | wc -l)" -ge $at_once ]; do
            wait -n || true
        done
        { fuzz "$module" "$target" || touch "$results/$target"; } 2>&1 | tee -a "$results/lines" &
    done
done
wait
[ $count -gt 0 ] || { echo "error: no target has such a name" >&2; exit 2; }
awk '/ inputs /{ all += $1 } END { printf "%12d inputs in all\n", all }' "$results/lines"
rm "$results/lines"
[ -z "$(ls "$results")" ]
