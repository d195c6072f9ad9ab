#!/usr/bin/env bash
. /tmp/relay-run/env.sh
exec timeout 300 $JAVA_HOME/bin/java -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Djava.util.logging.config.file=/tmp/relay-run/log.properties -cp "$CP" RunTests "$@"
