# Sourced by ./guts, ./test and .ci/run: finds a JDK 25 or newer and sets JAVA_HOME. Reads the `release` file of each
# candidate and starts no Java, so it costs milliseconds.

jdk_feature() { # DIR: prints the feature version of the JDK in DIR, or nothing
    [ -r "$1/release" ] && [ -x "$1/bin/javac" ] || return 0
    while IFS= read -r line; do
        case $line in
            JAVA_VERSION=*)
                line=${line#JAVA_VERSION=\"}
                line=${line%%[!0-9]*}
                printf '%s' "$line"
                return 0
                ;;
        esac
    done <"$1/release"
}

find_jdk() {
    local candidate feature javac
    javac=$(command -v javac 2>/dev/null) && javac=$(readlink -f "$javac") || javac=
    for candidate in "${JAVA_HOME:-}" "${javac%/bin/javac}" /usr/lib/jvm/* "$HOME"/.sdkman/candidates/java/* \
        "$HOME"/.jdks/* /Library/Java/JavaVirtualMachines/*/Contents/Home /opt/jdk* /opt/java*; do
        [ -n "$candidate" ] || continue
        feature=$(jdk_feature "$candidate")
        if [ -n "$feature" ] && [ "$feature" -ge 25 ]; then
            export JAVA_HOME=$candidate
            return 0
        fi
    done
    echo "error: Guts needs a JDK 25 or newer and found none in JAVA_HOME, on the PATH or in the usual places." >&2
    echo "hint: install one (for example the package temurin-25-jdk or openjdk-25-jdk) or set JAVA_HOME to it." >&2
    return 1
}
