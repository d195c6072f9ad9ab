#!/usr/bin/env bash
# The micro-benchmarks of libp2p (Noise records, Yamux frames, varints, signed envelopes), by JMH.
#
#     scripts/jmh.sh [JMH'S ARGUMENTS]        scripts/jmh.sh -f 1 -wi 3 -i 5 Record
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/find-jdk.sh
find_jdk
export JAVA_HOME

./mvnw -q -Pjmh -pl libp2p -am -DskipTests test-compile
exec "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED \
    -cp "libp2p/target/jmh-classes:libp2p/target/classes:$(cat libp2p/target/jmh.classpath)" org.openjdk.jmh.Main "$@"
